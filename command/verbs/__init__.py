"""One file for each kind of verb; `command.main` has the table of them."""

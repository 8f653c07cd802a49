"""One file per state of the workflow, and what they share."""

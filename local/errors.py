"""The errors that are meant for the person at the terminal."""


class UserError(Exception):
    """Something the user can put right; its text is one line and is all that is shown.

    `exit_code` is what the command ends with (command/exits.py has the table).
    """

    exit_code = 1


class OutOfReach(UserError):
    """There is no stack to ask, or nobody to be, or no answer."""

    exit_code = 4

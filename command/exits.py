"""What the exit codes of `retake` mean; `retake --help` and docs/command.md show this table."""

from enum import IntEnum


class Exit(IntEnum):
    """The end of a command, for scripts."""

    DONE = 0
    NOT_DONE = 1
    USAGE = 2
    REFUSED = 3
    OUT_OF_REACH = 4
    NEEDS_CONSENT = 5
    INTERRUPTED = 130


MEANINGS = {
    Exit.DONE: "done",
    Exit.NOT_DONE: "it ended without a result, or a check found something broken",
    Exit.USAGE: "the command was not typed as it wants to be",
    Exit.REFUSED: "refused before anything was sent or changed",
    Exit.OUT_OF_REACH: "no stack, no credentials, or no answer",
    Exit.NEEDS_CONSENT: "it costs money and nobody has agreed, or a person must approve it",
    Exit.INTERRUPTED: "Ctrl-C; what was started goes on",
}

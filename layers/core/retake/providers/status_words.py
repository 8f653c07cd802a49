"""One table of the words with which providers say how a task stands.

Providers share their upstream, their gateways and their habits, and change a word's form without
notice: `TASK_STATUS_SUCCEED`, `succeeded`, `Success`. So a word is read by its kind whatever its
case, separators and prefix. A word that is not here means that the task may still run.
"""

from enum import Enum, auto

from retake.domain.patterns import pattern
from retake.providers.contract import Verdict


class Kind(Enum):
    """What a status word says of a task."""

    QUEUED = auto()
    RUNNING = auto()
    SUCCEEDED = auto()
    FAILED = auto()
    UNKNOWN_TASK = auto()


VERDICTS = {
    Kind.QUEUED: Verdict.RUNNING,
    Kind.RUNNING: Verdict.RUNNING,
    Kind.SUCCEEDED: Verdict.SUCCEEDED,
    Kind.FAILED: Verdict.FAILED,
    Kind.UNKNOWN_TASK: Verdict.LOST,
}
WORDS = {
    Kind.QUEUED: """queued queue inqueue enqueued queueing queuing pending waiting submitted created
        accepted received scheduled notstart notstarted staged""",
    Kind.RUNNING: """running processing inprogress progress generating active started starting
        working executing rendering uploading finalizing postprocessing preparing retrying""",
    Kind.SUCCEEDED: """succeed succeeded success successful successfully completed complete done
        finished finish ok""",
    Kind.FAILED: """failed fail failure error errored canceled cancelled cancel timeout timedout
        expired rejected aborted terminated stopped killed crashed moderated contentmoderated
        requestmoderated nsfw""",
    Kind.UNKNOWN_TASK: "notfound notexist",
}
_KINDS = {word: kind for kind, words in WORDS.items() for word in words.split()}
_SEPARATORS = pattern(r"[\W_]+")
_PREFIX = pattern(r"^(?:task|job|request|generation|status|state)+(?=.)")


def squashed(name: str) -> str:
    """A name without case and separators, so that `taskId`, `task_id` and `Task-ID` are one."""
    return _SEPARATORS.sub("", name.casefold())


def plain(word: str) -> str:
    """A status word without what a platform puts around it: `TASK_STATUS_SUCCEED` is `succeed`."""
    return _PREFIX.sub("", squashed(word))


def says_that_it_failed(word: str) -> bool:
    """Whether a word for machines is a task's end: `TASK_FAILED`, `generation_failed`, `failed`.

    Not `Error`, which is every error's name, nor `timeout` alone, which may be the question's.
    """
    squeezed = squashed(word)
    is_of_the_task = squeezed != plain(word) and squeezed.startswith(("task", "job", "generation"))
    return kind_of(word) is Kind.FAILED and (is_of_the_task or squeezed == "failed")


def kind_of(word: object) -> Kind | None:
    """The kind of a status word; None for a word that is not in the table, and for no word."""
    return _KINDS.get(plain(word)) if isinstance(word, str) else None

"""The closed lists of words a record speaks: statuses, operations and reasons."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

Word = TypeVar("Word", bound=StrEnum)


def word(kind: type[Word]) -> Callable[[str], Word]:
    """How a stored word is read back. One that only a newer version knows stays what it is.

    It is none of the known ones, so that nothing is done to a record on its account.
    """

    def read(stored: str) -> Word:
        if stored in kind.__members__.values():
            return kind(stored)
        if not isinstance(stored, str):
            raise TypeError(f"{kind.__name__} is a word.")
        unknown = str.__new__(kind, stored)
        unknown._name_ = unknown._value_ = stored
        return unknown

    return read


class Status(StrEnum):
    """Where an edit stands. The last four are terminal and absorb every later write."""

    RECEIVED = "RECEIVED"
    SUBMITTING = "SUBMITTING"
    UNCERTAIN = "UNCERTAIN"
    RUNNING = "RUNNING"
    SAVING = "SAVING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


TERMINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.REJECTED, Status.CANCELLED})
OPEN = frozenset(Status) - TERMINAL


class Operation(StrEnum):
    """What is asked of the model: change a clip, or make a new one after references."""

    EDIT = "edit"
    REFERENCE = "reference"


class WaitsFor(StrEnum):
    """What an edit stands in line for before it may be sent."""

    SLOT = "SLOT"
    RATE = "RATE"
    NO_CREDIT = "NO_CREDIT"
    BAD_KEY = "BAD_KEY"
    OUTAGE = "OUTAGE"
    OVER_BUDGET = "OVER_BUDGET"
    APPROVAL = "APPROVAL"
    TWIN = "TWIN"  # an equal edit, that is being paid for
    SETTINGS = "SETTINGS"  # beside a clip that came without a prompt


class Priority(StrEnum):
    """Who goes first where edits wait in one line."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class SettingsSource(StrEnum):
    """The way on which the settings of an edit came; the first four belong to a clip."""

    METADATA = "metadata"
    SIDECAR = "sidecar"
    PRESET = "preset"
    DEFAULT = "default"
    REQUEST = "request"
    API = "api"


class Fit(StrEnum):
    """What may be done to a clip that the model would not take as it is."""

    TRIM = "trim"
    SCALE = "scale"
    AUTO = "auto"
    SPLIT = "split"  # edited in pieces, and put together again


class Consistency(StrEnum):
    """What holds the pieces of a long clip together."""

    ANCHOR = "anchor"  # a picture of the first edited piece is shown to all others
    CHAINED = "chained"  # and the last edited frame of the piece before, one after the other
    NONE = "none"  # all at once


class PieceFailure(StrEnum):
    """What becomes of a long clip when one of its pieces cannot be edited."""

    FAIL = "fail"
    KEEP_SOURCE = "keep_source"
    PARTIAL = "partial"  # all others are edited, and there is no film until that piece is


class Reason(StrEnum):
    """Why an edit did not succeed. Documented for readers in docs/messages.md."""

    # The upload cannot be edited (REJECTED, nothing sent).
    COMPANION_FILE = "COMPANION_FILE"
    EMPTY = "EMPTY"
    NOT_A_VIDEO = "NOT_A_VIDEO"
    TRUNCATED = "TRUNCATED"
    NO_VIDEO_TRACK = "NO_VIDEO_TRACK"
    UNREADABLE_VIDEO = "UNREADABLE_VIDEO"
    INPUT_GONE = "INPUT_GONE"
    INPUT_UNREADABLE = "INPUT_UNREADABLE"
    INPUT_ARCHIVED = "INPUT_ARCHIVED"
    SOURCE_UNREACHABLE = "SOURCE_UNREACHABLE"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    FRAME_TOO_SMALL = "FRAME_TOO_SMALL"
    FRAME_TOO_LARGE = "FRAME_TOO_LARGE"
    FRAME_RATE = "FRAME_RATE"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    FORMAT = "FORMAT"
    NOT_REPAIRABLE = "NOT_REPAIRABLE"
    # The request cannot be honoured (REJECTED, nothing sent).
    MISSING_PROMPT = "MISSING_PROMPT"
    PROMPT_TOO_LONG = "PROMPT_TOO_LONG"
    INVALID_REQUEST = "INVALID_REQUEST"
    UNKNOWN_MODEL = "UNKNOWN_MODEL"
    UNSUPPORTED_OPTION = "UNSUPPORTED_OPTION"
    UNKNOWN_REFERENCE = "UNKNOWN_REFERENCE"
    MISSING_SOURCE = "MISSING_SOURCE"
    MISSING_CLIP = "MISSING_CLIP"
    SETTINGS_UNUSED = "SETTINGS_UNUSED"
    IMAGE_MISSING = "IMAGE_MISSING"
    IMAGE_FORMAT = "IMAGE_FORMAT"
    IMAGE_TOO_LARGE = "IMAGE_TOO_LARGE"
    TOO_MANY_IMAGES = "TOO_MANY_IMAGES"
    # It may not be paid for (REJECTED, nothing sent); the first is also why an edit waits.
    OVER_BUDGET = "OVER_BUDGET"
    NOT_APPROVED = "NOT_APPROVED"
    PRICE_UNKNOWN = "PRICE_UNKNOWN"
    # The provider did not take it, or not finish it (FAILED).
    PROVIDER_REFUSED = "PROVIDER_REFUSED"
    MODERATION = "MODERATION"
    NO_CREDIT = "NO_CREDIT"
    BAD_KEY = "BAD_KEY"
    RATE_LIMITED = "RATE_LIMITED"
    MODEL_GONE = "MODEL_GONE"
    PROVIDER_UNREACHABLE = "PROVIDER_UNREACHABLE"
    SUBMIT_UNCERTAIN = "SUBMIT_UNCERTAIN"
    PROVIDER_FAILED = "PROVIDER_FAILED"
    TASK_LOST = "TASK_LOST"
    TIMED_OUT = "TIMED_OUT"
    BAD_RESULT = "BAD_RESULT"
    RESULT_EXPIRED = "RESULT_EXPIRED"
    STORAGE_ERROR = "STORAGE_ERROR"
    MISCONFIGURED = "MISCONFIGURED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    CANCELLED = "CANCELLED"

"""What Retake and a provider say to each other, in Retake's words."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from retake.catalog.schema import Model
from retake.domain.values import dataclass


class Verdict(StrEnum):
    """What an answer means. Closed: every provider's words are translated into these."""

    # of a submit
    ACCEPTED = "ACCEPTED"
    NOT_SENT = "NOT_SENT"
    AMBIGUOUS = "AMBIGUOUS"  # may have been accepted; never sent again
    # of either
    REFUSED = "REFUSED"
    NO_CREDIT = "NO_CREDIT"
    BAD_KEY = "BAD_KEY"
    MODERATION = "MODERATION"
    RATE_LIMITED = "RATE_LIMITED"
    GONE = "GONE"  # the model or the route is not there
    # of a poll
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    LOST = "LOST"  # the provider does not know the task
    TRANSIENT = "TRANSIENT"  # says nothing about the task; ask again


class Cancellation(StrEnum):
    """What came of asking a provider to stop. The task may yet finish and be billed."""

    NOT_OFFERED = "NOT_OFFERED"  # no way to ask; all we can do is stop waiting
    REQUESTED = "REQUESTED"
    REMOVED = "REMOVED"  # taken out of the queue before it was begun
    TOO_LATE = "TOO_LATE"  # it had ended already
    UNKNOWN_TASK = "UNKNOWN_TASK"
    UNANSWERED = "UNANSWERED"


class DeletionOutcome(StrEnum):
    """What came of asking a provider to forget a task, its request and its result."""

    NOT_OFFERED = "NOT_OFFERED"
    FORGOTTEN = "FORGOTTEN"
    PARTLY = "PARTLY"  # some of its files are still there
    UNKNOWN_TASK = "UNKNOWN_TASK"
    REFUSED = "REFUSED"
    UNANSWERED = "UNANSWERED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A job at the provider: its id, the addresses the provider gave for it, and the provider's
    own name for the model it was ordered from."""

    task_id: str
    provider_model: str | None = None
    urls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt's request in Retake's words; every address is presigned for this attempt.

    An element is `{"frontal": address, "references": [addresses]}`. `idempotency_key` names the
    edit: the same for every attempt to place it.
    """

    model: Model
    prompt: str
    video_url: str | None
    image_urls: tuple[str, ...] = ()
    elements: tuple[Mapping[str, Any], ...] = ()
    keep_audio: bool = True
    aspect_ratio: str | None = None
    duration_seconds: int | None = None
    resolution: str | None = None
    fast: bool = False
    callback_url: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSubmit:
    """A submit ready to be sent. It carries the key: it lives for one call and is never stored."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The answer to a submit."""

    verdict: Verdict
    task: Task | None = None
    retry_after_seconds: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What a provider says it took for a task, in its own unit.

    `usd` is None where no document gives the unit's price.
    """

    amount: float
    unit: str
    usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer to a poll. `video_url` is signed: it is used at once and never stored.

    SUCCEEDED without a `video_url` means that the provider calls the task done but gave no link to
    a video. A question that was refused says nothing about the task; its `http_status` and the
    provider's words tell how it was refused.
    """

    verdict: Verdict
    provider_status: str | None = None
    progress_percent: int | None = None
    eta_seconds: int | None = None
    video_url: str | None = None
    retry_after_seconds: int | None = None
    detail: str | None = None
    # The status of an answer outside 2xx; at fal the result's, once the status said COMPLETED.
    http_status: int | None = None
    # RUNNING, but not begun: this time is the provider's queue and not the edit's work.
    is_queued: bool = False
    # The provider has said that the task succeeded, whatever the rest of its answer was. With
    # TRANSIENT the result itself was refused: it is there, and may be asked for past any deadline.
    # The same refusal again and again, with the same status and words, is the result.
    says_done: bool = False
    # False: an end that no document words this way, or that came without a reason. It counts when
    # the next question brings the same verdict; until then the task may live.
    is_certain: bool = True
    # False: a failure that may be the question's, since it names no task, or another one. It must
    # be said for minutes before it counts.
    names_task: bool = True
    billed: Billed | None = None

"""The edit: what a record says, as frozen objects. No I/O here, and no AWS."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from retake.domain.pieces import Film
from retake.domain.source import Origin, Source
from retake.domain.stored import Part, Readers, required
from retake.domain.trouble import Trouble
from retake.domain.vocabulary import (
    TERMINAL,
    Consistency,
    Fit,
    Operation,
    PieceFailure,
    Reason,
    Status,
)

# How pydantic reads a form into the objects below; it is imported by retake.request.parsing only.
FORM: Mapping[str, Any] = {
    "extra": "forbid",
    "str_strip_whitespace": True,
    "hide_input_in_errors": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Element(Part):
    """A thing or person to put into the picture: a frontal view and one to three others, by key."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = FORM
    readers: ClassVar[Readers] = {"references": tuple}

    frontal: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Part):
    """What the user asked for, in the same words whatever the provider.

    `source`, `images` and the pictures of `elements` are keys in the inbox bucket. `keep_audio`
    is always sent, because the providers' own defaults differ; Retake keeps the sound. `fit` says
    what may be done to a clip that the model would not take as it is.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = FORM
    readers: ClassVar[Readers] = {
        "operation": Operation,
        "fit": Fit,
        "consistency": Consistency,
        "if_piece_fails": PieceFailure,
        "images": tuple,
        "elements": lambda stored: tuple(Element.from_mapping(each) for each in stored),
    }

    prompt: str
    operation: Operation | None = None
    model: str | None = None
    source: str | None = None
    images: tuple[str, ...] = ()
    elements: tuple[Element, ...] = ()
    keep_audio: bool = True
    aspect_ratio: str | None = None
    duration_seconds: int | None = None
    resolution: str | None = None
    fast: bool = False
    fit: Fit | None = None
    consistency: Consistency | None = None
    if_piece_fails: PieceFailure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion(Part):
    """How an edit ends, decided before Persist acts on it.

    `message` is one sentence for a person; `details` holds the rule, the value found and the
    value allowed; `provider_said` the provider's own words, cut and cleaned.
    """

    readers: ClassVar[Readers] = {"status": Status, "reason": Reason}

    status: Status
    reason: Reason | None = None
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    provider_said: str | None = None
    at_risk: bool = False  # the provider may bill although nothing was delivered
    is_doubted: bool = False  # nobody knows for certain that it ends so: a result may yet be there


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Part):
    """The edited video as it lies in the results bucket, and what lies beside it.

    `marked` says whether the file's own metadata call it AI-edited; `source_sha256` is of the clip
    that was edited. What could not be made has no key.
    """

    # The table keeps 5.0 as 5; a message must not change its type with the way it took.
    readers: ClassVar[Readers] = {"duration_seconds": float}

    bucket: str
    key: str
    manifest_key: str
    size_bytes: int
    sha256: str
    duration_seconds: float
    width: int
    height: int
    has_audio: bool
    poster_key: str | None = None
    page_key: str | None = None
    marked: bool = False
    source_sha256: str | None = None

    @property
    def media_keys(self) -> frozenset[str]:
        """The video and what was made of it, of what there is: all but the manifest."""
        names = (self.key, self.poster_key, self.page_key)
        return frozenset(key for key in names if key is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Part):
    """One edit as its record tells it. Times are ISO 8601 text, money is US dollars.

    `upload` is what was dropped: a clip, or a file that holds a request; an edit that was asked
    for through the API has none, but `inbox_bucket`. `source` is the clip to be edited, `pictures`
    the version of each picture that goes with it, by key. `sidecar_version_id` is that of the
    settings beside the clip that intake has announced, if it came in time. `source_url` is where
    the clip must still be fetched from: it may be signed, so it leaves the record as soon as it was
    used. Where `fit` had to mend the source, `fitted` is the repaired copy, `footage` what that
    holds and `repair` what was changed.

    A long clip becomes a `film`: its pieces are edits of their own, with it as their `parent_id`,
    to which pictures of other pieces are `shown`; `spent_usd` is what they have cost.

    `folder` is that of the caller who asked for it through the API, if the stack confines callers;
    `share_generation` counts how often links to its page were taken back.

    `trouble` is what keeps it from going on now; `said_done_at` when the provider first said that
    it is done; `provider_usage` what it says it took. Time in the provider's queue moves
    `deadline_at`, so that `work_seconds` are left for the work. A result that came after the edit
    had failed makes it `late`, and its message `supersedes` the one about the failure.

    A callback raises `callback_seq` and says of which attempt it is; a poll that begins after it
    sets `polled_seq` to the same.
    `version` counts the writes and guards each one; `attempt_id` fences a submit, so that a
    worker thought dead cannot write over its successor.
    """

    readers: ClassVar[Readers] = {
        "status": Status,
        "operation": Operation,
        "reason": Reason,
        "parked_reason": Reason,
        "upload": Source.from_mapping,
        "source": Source.from_mapping,
        "fitted": Source.from_mapping,
        "request": Request.from_mapping,
        "settings_from": Origin.from_mapping,
        "conclusion": Conclusion.from_mapping,
        "trouble": Trouble.from_mapping,
        "result": Result.from_mapping,
        "film": Film.from_mapping,
        "shown": lambda stored: tuple(Source.from_mapping(each) for each in stored),
        "spent_usd": float,
        "warnings": tuple,
        "attempts": tuple,
        "tags": tuple,
        "erasure": tuple,
        "quoted_usd": float,
        "billed_usd": float,
        "at_risk_usd": float,
    }

    edit_id: str
    status: Status
    created_at: str
    updated_at: str
    version: int = 0
    expires_at: int | None = None
    operation: Operation = Operation.EDIT
    upload: Source | None = None
    inbox_bucket: str | None = None
    source_url: str | None = field(default=None, repr=False)
    body_sha256: str | None = None
    tags: tuple[str, ...] = ()
    reference: str | None = None
    folder: str | None = None
    share_generation: int = 0
    retry_of: str | None = None
    batch_id: str | None = None
    batch_index: int | None = None
    parent_id: str | None = None
    piece_index: int | None = None
    shown: tuple[Source, ...] = ()
    film: Film | None = None
    spent_usd: float | None = None
    source: Source | None = None
    fit_planned_at: str | None = None
    fitted: Source | None = None
    repair: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    footage: Mapping[str, Any] | None = None
    request: Request | None = None
    settings_from: Origin | None = None
    sidecar_version_id: str | None = None
    model: str | None = None
    provider: str | None = None
    warnings: tuple[str, ...] = ()
    quoted_usd: float | None = None
    billed_usd: float | None = None
    at_risk_usd: float | None = None
    attempt: int = 0
    attempt_id: str | None = None
    attempt_mark: str | None = None
    attempts: tuple[Mapping[str, Any], ...] = ()
    submit_not_before: str | None = None
    parked_reason: Reason | None = None
    parked_since: str | None = None
    restarts: int = 0
    validated_at: str | None = None
    submit_started_at: str | None = None
    submitted_at: str | None = None
    deadline_at: str | None = None
    work_seconds: int | None = None
    provider_task_id: str | None = None
    provider_urls: Mapping[str, str] = field(default_factory=dict)
    listens: bool = False
    callback_seq: int = 0
    polled_seq: int = 0
    called_back_task_id: str | None = None
    called_back_attempt: int | None = None
    wake_token: str | None = None
    cancel_asked_at: str | None = None
    cancel_outcome: str | None = None
    provider_status: str | None = None
    progress_percent: int = 0
    polls: int = 0
    poll_failures: int = 0
    trouble: Trouble | None = None
    said_done_at: str | None = None
    provider_usage: Mapping[str, Any] = field(default_factory=dict)
    conclusion: Conclusion | None = None
    saving_at: str | None = None
    save_tries: int = 0
    result: Result | None = None
    reason: Reason | None = None
    message: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    finished_at: str | None = None
    notification_id: str | None = None
    notified_at: str | None = None
    recovery_asked_at: str | None = None
    recoveries: int = 0
    late: bool = False
    supersedes: str | None = None
    erase_asked_at: str | None = None
    erased_at: str | None = None
    erasure: tuple[Mapping[str, Any], ...] = ()

    @property
    def bucket(self) -> str:
        """Where the keys of the request lie. Raises IncompleteRecord."""
        return self.upload.bucket if self.upload else required(self.inbox_bucket)

    @property
    def clip(self) -> Source | None:
        """What the provider is given: the source, or its repaired copy."""
        return self.fitted or self.source

    @property
    def is_finished(self) -> bool:
        return self.status in TERMINAL

    @property
    def is_decided(self) -> bool:
        """What is asked of it is on record, or why it is refused; later settings are too late."""
        return self.request is not None or self.must_be_concluded

    @property
    def must_be_concluded(self) -> bool:
        """Nothing is left to do but to close it."""
        return self.is_finished or self.conclusion is not None

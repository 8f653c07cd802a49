"""The edit: what a record says, as frozen objects. No I/O here, and no AWS."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, ClassVar

from retake.domain.approval import Approval
from retake.domain.charges import Charge
from retake.domain.pieces import Film
from retake.domain.provider_keys import key_of
from retake.domain.request import Request
from retake.domain.source import Origin, Source
from retake.domain.stored import Part, Readers, required
from retake.domain.trouble import Trouble
from retake.domain.values import dataclass
from retake.domain.vocabulary import TERMINAL, Operation, Reason, Status, WaitsFor, word
from retake.domain.webhooks import Delivery

WAITS, HOLDS = "waits#", "holds#"  # what `line` begins with; behind it a provider's key, or a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion(Part):
    """How an edit ends, decided before Persist acts on it.

    `message` is one sentence for a person; `details` holds the rule, the value found and the
    value allowed; `provider_said` the provider's own words, cut and cleaned.
    """

    readers: ClassVar[Readers] = {"status": word(Status), "reason": word(Reason)}

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
    to which pictures of other pieces are `shown`.

    `caller` is who asked for it through the API, and `folder` that of the caller, if the stack
    confines callers; `quoted_seconds` are those that the quote is of, `charges` what its attempts
    hold of the budgets. `share_generation` counts how often links to its page were taken back.

    `fingerprint` is the same for edits that ask for the same of the same bytes; one that was not
    bought again has a copy of `reused_result`, which is `reused_from` another edit.
    `webhook_url` is where its message goes besides the topic, and may hold a secret of the
    receiver's; `delivery` says what became of that.

    `key_name` says which of its provider's keys the attempt was made with: none is the default.

    `trouble` is what keeps it from going on now; `said_done_at` when the provider first said that
    it is done; `provider_usage` what it says it took. Time in the provider's queue moves
    `deadline_at`, so that `work_seconds` are left for the work. A result that came after the edit
    had failed makes it `late`, and its message `supersedes` the one about the failure.

    `line` says where among all others it stands since `line_since`: it waits in one, in the order
    of `line_place`, or it holds a slot at its provider. One that `waits_for` something does so
    since `waits_since`, until `waits_until` ends it by itself, and is woken by its `turn_token`. It
    `probes` a provider's key for all the others while that is held.

    Its erasure `erase_waits_for` another edit that still works on the same clip, and that knows
    whom it `holds_up`.

    A callback raises `callback_seq` and says of which attempt it is; a poll that begins after it
    sets `polled_seq` to the same. `version` counts the writes and guards each one; `attempt_id`
    fences a submit, so that a worker thought dead cannot write over its successor.
    """

    readers: ClassVar[Readers] = {
        "status": word(Status),
        "operation": word(Operation),
        "reason": word(Reason),
        "waits_for": word(WaitsFor),
        **dict.fromkeys(("upload", "source", "fitted"), Source.from_mapping),
        "request": Request.from_mapping,
        "settings_from": Origin.from_mapping,
        "conclusion": Conclusion.from_mapping,
        "trouble": Trouble.from_mapping,
        **dict.fromkeys(("result", "reused_result"), Result.from_mapping),
        "approval": Approval.from_mapping,
        "delivery": Delivery.from_mapping,
        "film": Film.from_mapping,
        "shown": lambda stored: tuple(Source.from_mapping(each) for each in stored),
        **dict.fromkeys(("warnings", "attempts", "tags", "erasure", "holds_up"), tuple),
        "charges": lambda stored: tuple(Charge.from_mapping(each) for each in stored),
        **dict.fromkeys(("quoted_usd", "billed_usd", "at_risk_usd"), float),
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
    webhook_url: str | None = field(default=None, repr=False)
    folder: str | None = None
    caller: str | None = None
    share_generation: int = 0
    retry_of: str | None = None
    fingerprint: str | None = None
    reused_from: str | None = None
    reused_result: Result | None = None
    batch_id: str | None = None
    batch_index: int | None = None
    parent_id: str | None = None
    piece_index: int | None = None
    shown: tuple[Source, ...] = ()
    film: Film | None = None
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
    quoted_seconds: int | None = None
    billed_usd: float | None = None
    at_risk_usd: float | None = None
    charges: tuple[Charge, ...] = ()
    approval: Approval | None = None
    attempt: int = 0
    attempt_id: str | None = None
    attempt_mark: str | None = None
    key_name: str | None = None
    attempts: tuple[Mapping[str, Any], ...] = ()
    submit_not_before: str | None = None
    line: str | None = None
    line_place: str | None = None
    line_since: str | None = None
    waits_for: WaitsFor | None = None
    waits_since: str | None = None
    waits_until: str | None = None
    turn_token: str | None = None
    probes: str | None = None
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
    delivery: Delivery | None = None
    recovery_asked_at: str | None = None
    recoveries: int = 0
    late: bool = False
    supersedes: str | None = None
    erase_asked_at: str | None = None
    erase_waits_for: str | None = None
    holds_up: tuple[str, ...] = ()
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

    def told_at(self, stack_url: str) -> str:
        """Where its webhook goes: to its own address, or the stack's; empty: nowhere."""
        return self.webhook_url or stack_url if self.is_told else ""

    @property
    def is_told(self) -> bool:
        """Whether anybody is told of its end: of a piece of a film only where that was asked."""
        return self.parent_id is None or bool(self.request and self.request.piece_messages)

    @property
    def provider_key(self) -> str:
        """The key that the attempt was made with: no other one can be asked about it."""
        return key_of(self.provider or "", self.key_name)

    @property
    def slot(self) -> str | None:
        """The provider's key of which it holds a slot: it may run there now, or is about to."""
        return _behind(HOLDS, self.line)

    @property
    def waits_in(self) -> str | None:
        """The line that it waits in, by what that leads to."""
        return _behind(WAITS, self.line)

    @property
    def is_finished(self) -> bool:
        return self.status in TERMINAL

    @property
    def is_decided(self) -> bool:
        """What is asked of it is on record, or why it is refused; later settings are too late."""
        return self.request is not None or self.must_be_concluded

    @property
    def leads_batch(self) -> bool:
        """Whether this is the first edit of a batch, and the one to start the others."""
        waits = self.upload is not None or (self.source_url is not None and self.must_be_concluded)
        return self.batch_index == 0 and waits and self.validated_at is None

    @property
    def must_be_concluded(self) -> bool:
        """Nothing is left to do but to close it."""
        return self.is_finished or self.conclusion is not None


def _behind(beginning: str, line: str | None) -> str | None:
    return line.removeprefix(beginning) if line and line.startswith(beginning) else None

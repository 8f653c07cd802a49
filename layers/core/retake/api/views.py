"""What callers get, each answer as one model. Fields without a value are left out."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from retake.api.cancel import SENTENCES, Outcome
from retake.api.part_views import (
    ObjectView,
    OriginView,
    RequestView,
    ResultView,
    View,
)
from retake.api.uploads import Upload
from retake.api.waiting import WaitingView
from retake.domain.billing import cost_told
from retake.domain.edit import Edit
from retake.domain.phases import EditPhase, doing_of, phase_of, progress_percent
from retake.domain.stored import moment, timestamp
from retake.domain.vocabulary import Operation, Reason, Status
from retake.domain.waits import Wait
from retake.domain.webhooks import DeliveryState
from retake.presentation.messages import trouble_of
from retake.records.standing import wait_of

TYPICAL_SECONDS = 180  # providers speak of one to five minutes; used until one tells its progress
TELLING_PERCENT = 5  # below it a provider's progress says nothing about the whole


class CancellationView(View):
    """A wish to cancel a submitted edit."""

    asked_at: str
    outcome: str | None = Field(
        None,
        description="What the provider said: AGREED, REMOVED (it had not begun), TOO_LATE, "
        "NOT_OFFERED; absent: nothing",
    )


class ReceiptLineView(View):
    """One thing that an edit left somewhere, and what became of it."""

    what: str = Field(examples=["clip"])
    where: str = Field(examples=["inbox"])
    fate: str = Field(description="ERASED, KEPT, or FAILED: it should have gone and could not")
    message: str | None = Field(None, description="One sentence for a person; it may change")
    reference: str | None = Field(
        None, description="By which a person can find what is still there, at the provider or here"
    )


class ErasureView(View):
    """A wish to erase an edit, and once it is done what became of each thing."""

    asked_at: str
    waits_for: str | None = Field(
        None,
        description="An edit that still works on the same version of the clip; this one is erased "
        "as soon as that has ended",
    )
    message: str | None = Field(None, description="One sentence for a person; it may change")
    receipt: list[ReceiptLineView] | None = Field(None, description="Absent until it is done")


class RepairView(View):
    """What was changed of a clip that the model would not take as it was."""

    changes: list[str] = Field(examples=[["cut from 14.2 s to 10 s"]])
    before: dict[str, Any] = Field(description="What the file held")
    after: dict[str, Any] = Field(description="What the provider was given")


class ApprovalView(View):
    """A question whether the edit may cost what it was quoted, and the answer."""

    quoted_usd: float
    asked_at: str
    expires_at: str = Field(description="Without an answer until then it ends as REJECTED")
    answer: str | None = Field(None, description="yes or no; absent: nothing was said yet")
    answered_at: str | None = None
    answered_by: str | None = Field(None, description="A caller, `link` or `command`")


class TroubleView(View):
    """What keeps an edit from its end: the last answer of its kind, since when, how often."""

    kind: str = Field(examples=["BAD_KEY"])
    message: str | None = None
    http_status: int | None = None
    since: str
    count: int


class WebhookView(View):
    """What became of telling the receiver: the state, and each attempt without its words."""

    state: DeliveryState
    host: str
    next_attempt_at: str | None = None
    ended_at: str | None = None
    log: list[dict[str, Any]] = Field(
        [],
        description="Each attempt: when (`at`), the `status`, or the `error` with its `message`, "
        "`milliseconds`. A redelivery counts from 1 again (`attempt`)",
    )


class EditView(View):
    """One edit. Times are ISO 8601 in UTC, money is US dollars."""

    edit_id: str = Field(examples=["e-4k2v9q7x0c1m8n3b5d6f"])
    status: Status
    reason: Reason | None = None
    message: str | None = None
    details: dict[str, Any] | None = None
    operation: Operation
    model: str | None = None
    provider: str | None = None
    key_name: str | None = Field(
        None, description="Which of its keys it was sent with; absent: the only or default one"
    )
    provider_task_id: str | None = Field(None, description="The job's id at the provider")
    provider_status: str | None = Field(None, description="The provider's own word")
    provider_usage: dict[str, Any] | None = Field(
        None, description="What the provider says it took, in its own unit"
    )
    trouble: TroubleView | None = Field(None, description="What keeps it from its end")
    waiting: WaitingView | None = Field(None, description="What it waits for before it is sent")
    recovery_asked_at: str | None = Field(
        None, description="Its result is looked for since then, although it has ended"
    )
    late: bool | None = Field(None, description="The result came after the edit had failed")
    request: RequestView | None = None
    settings_from: OriginView | None = None
    tags: list[str] = Field(default=[])
    reference: str | None = None
    retry_of: str | None = None
    reused_from: str | None = Field(
        None, description="The edit that asked for the same, whose result was copied"
    )
    batch_id: str | None = Field(None, description="What it was asked for together with")
    batch_index: int | None = Field(None, description="Its place there, from 0")
    upload: ObjectView | None = None
    source: ObjectView | None = None
    repair: RepairView | None = None
    warnings: list[str] = Field(default=[])
    attempt: int = Field(description="How often it was offered to a provider")
    phase: EditPhase | None = Field(
        None, description="What is done with it now; absent: a status of a newer version"
    )
    doing: str = Field(
        "", description="The same as a short sentence, with what the provider says; it may change"
    )
    progress_percent: int = Field(
        description="How much of its whole way is behind it; 100 once it has ended, however"
    )
    expected_finish_at: str | None = Field(None, description="A guess, while it is RUNNING")
    deadline_at: str | None = None
    cancellation: CancellationView | None = None
    approval: ApprovalView | None = Field(None, description="Somebody is asked before it is sent")
    caller: str | None = Field(None, description="Who asked for it through the API")
    cost: str | None = Field(
        None, description="What it has cost or may cost, as a sentence for a person; it may change"
    )
    quoted_usd: float | None = None
    billed_usd: float | None = None
    at_risk_usd: float | None = Field(
        None, description="Nothing was delivered, yet up to this much may be billed"
    )
    result: ResultView | None = None
    webhook: WebhookView | None = Field(None, description="Absent until one is sent")
    share_url: str | None = Field(
        None, description="Of one edit with a result: where anybody can look at it for a while"
    )
    created_at: str
    updated_at: str
    submitted_at: str | None = None
    finished_at: str | None = None
    erased_at: str | None = None
    erasure: ErasureView | None = None

    @classmethod
    def of(cls, edit: Edit, now: datetime, wait: Wait | None = None) -> "EditView":
        """What the caller may see of the record: no token, no link, no key of ours. `wait` is what
        it waits for, where somebody has looked for its place in line."""
        told = edit.to_mapping()
        for inner in ("source_url", "webhook_url", "wake_token", "turn_token", "conclusion"):
            told.pop(inner, None)
        told["waiting"] = WaitingView.of(wait or wait_of(edit))
        if edit.delivery is not None:
            told["webhook"] = {"state": edit.delivery.state, **edit.delivery.to_mapping()}
        if edit.cancel_asked_at is not None:
            told["cancellation"] = {
                "asked_at": edit.cancel_asked_at,
                "outcome": edit.cancel_outcome,
            }
        told.pop("erasure", None)
        if edit.approval is not None:
            told["approval"] = {**edit.approval.to_mapping(), "quoted_usd": edit.approval.usd}
        if edit.trouble is not None:
            told["trouble"] = trouble_of(edit)
        if edit.erase_asked_at is not None:
            told["erasure"] = _erasure(edit)
        return cls.model_validate(
            told
            | {
                "attempt": edit.attempt,
                "phase": phase_of(edit),
                "doing": doing_of(edit),
                "progress_percent": progress_percent(edit),
                "cost": cost_told(edit),
                "expected_finish_at": expected_finish(edit, now),
            }
        )


class EditPageView(View):
    """Some edits, newest first. There may be more behind `next_cursor`, even after an empty page;
    there are none when it is absent."""

    edits: list[EditView]
    next_cursor: str | None = None

    @classmethod
    def of(cls, edits: Sequence[Edit], cursor: str | None, now: datetime) -> "EditPageView":
        """One that cannot be shown is left out: a newer version may have written it."""
        return cls(edits=list(_shown(edits, now)), next_cursor=cursor)


def _erasure(edit: Edit) -> dict[str, Any]:
    told: dict[str, Any] = {"asked_at": edit.erase_asked_at, "receipt": edit.erasure or None}
    if edit.erase_waits_for is None or edit.erased_at is not None:
        return told
    said = (
        f"{edit.erase_waits_for} still works on the same clip; this one is erased as soon as that "
        "has ended. To have it at once, cancel that one."
    )
    return told | {"waits_for": edit.erase_waits_for, "message": said}


def _shown(edits: Iterable[Edit], now: datetime) -> Iterator[EditView]:
    for edit in edits:
        with suppress(ValueError, TypeError):
            yield EditView.of(edit, now)


class VideoLinkView(View):
    """Where the result can be fetched for a while. The link carries its own signature; do not send
    yours there."""

    url: str
    expires_at: str


class CancelView(View):
    """What became of the wish to cancel."""

    outcome: Outcome
    message: str
    edit: EditView

    @classmethod
    def of(cls, outcome: Outcome, edit: Edit, now: datetime) -> "CancelView":
        return cls(outcome=outcome, message=SENTENCES[outcome], edit=EditView.of(edit, now))


class UploadView(View):
    """A form for one file: POST it to `url` as multipart/form-data, all `fields` before the file,
    which is called `file`. Then name `key` in an edit."""

    key: str
    url: str
    fields: dict[str, str]
    largest_bytes: int
    expires_at: str

    @classmethod
    def of(cls, upload: Upload) -> "UploadView":
        told = asdict(upload)
        return cls.model_validate(told | told["form"])


def expected_finish(edit: Edit, now: datetime) -> str | None:
    """When a running edit should be done: by its progress so far, or as long as most take."""
    if edit.status is not Status.RUNNING or edit.submitted_at is None:
        return None
    began = moment(edit.submitted_at)
    whole = timedelta(seconds=TYPICAL_SECONDS)
    if TELLING_PERCENT <= edit.progress_percent < 100:
        whole = (moment(edit.updated_at) - began) * 100 / edit.progress_percent
    guess = max(began + whole, now)
    return timestamp(min(guess, max(moment(edit.deadline_at), now)) if edit.deadline_at else guess)

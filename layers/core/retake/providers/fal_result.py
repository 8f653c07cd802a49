"""What fal's `response_url` says once the status is COMPLETED: the video, or the model's error.

Sources: fal's documentation ('Errors', 'Queue'); what is marked (client) comes from the published
clients.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from retake.providers.answer_parsing import as_object, number, parsed
from retake.providers.contract import Billed, Report, Verdict
from retake.providers.error_body import ErrorBody, complaint_in, complaint_of_text
from retake.providers.error_table import is_about_the_content
from retake.providers.status_words import Kind, kind_of
from retake.providers.video_links import video_in

if TYPE_CHECKING:
    from retake.outbound.client import Reply

TYPE_HEADER = "x-fal-error-type"
# One page names the hint x-fal-needs-retry, another x-fal-retryable.
HINT_HEADERS = ("x-fal-needs-retry", "x-fal-retryable")
HINT = "fal says that another try may help"
UNITS_HEADER = "x-fal-billable-units"
NOT_READY = "still in progress"  # (client)
# Where a model's error is replayed with its type. The clients ask again on 429, 502, 503, 504 and a
# gateway's 500: without a type they say nothing about the model (client).
REPLAYED = frozenset({400, 422, 499, *range(500, 600)})
_OF_THE_RESULT = frozenset({Verdict.TRANSIENT, Verdict.MODERATION, Verdict.FAILED})
INPUT_ERROR = 422  # not every endpoint gives types yet, and a 422 is about the input anyway


def fal_complaint_in(body: bytes, headers: Mapping[str, str]) -> ErrorBody | None:
    """What an error says: its type may stand in a header, and beside it a hint to try again."""
    complaint = complaint_in(parsed(body)) or complaint_of_text(body)
    kind = headers.get(TYPE_HEADER)
    if complaint is None and kind is None:
        return None
    complaint = complaint or ErrorBody()
    is_hinted = any(headers.get(name) in ("1", "true") for name in HINT_HEADERS)
    return replace(
        complaint,
        words=(*complaint.words, *((kind,) if kind else ())),
        sentences=(*complaint.sentences, *((HINT,) if is_hinted else ())),
    )


def report_on_result(reply: "Reply", refusal: Report) -> Report:
    """What the answer means; `refusal` is what it would mean as the answer to any question."""
    complaint = fal_complaint_in(reply.body, reply.headers)
    if 200 <= reply.status < 300:
        report = _of_success(parsed(reply.body), complaint or ErrorBody())
    elif complaint is not None and _is_replayed(reply.status, complaint, refusal):
        # A 5xx with a type may yet be the gateway's own: it counts when it is said again.
        is_certain = bool(complaint.types) and reply.status < 500
        error = model_error(complaint, is_certain=is_certain)
        report = replace(error, http_status=reply.status)
    else:
        report = refusal
    units = number(reply.headers.get(UNITS_HEADER))
    return report if units is None else replace(report, billed=_billed(units))


def model_error(complaint: ErrorBody, *, is_certain: bool = True) -> Report:
    """What a type means; never the message, which may repeat the prompt."""
    moderated = is_about_the_content(complaint, sentences=False)
    return Report(
        verdict=Verdict.MODERATION if moderated else Verdict.FAILED,
        detail=complaint.summary,
        is_certain=is_certain,
    )


def _of_success(result: object, complaint: ErrorBody) -> Report:
    link = video_in(result)
    if link is not None:
        return Report(verdict=Verdict.SUCCEEDED, video_url=link)
    if not isinstance(result, dict | list):
        return Report(verdict=Verdict.TRANSIENT, detail="The result is not a JSON object.")
    if kind_of(as_object(result).get("status")) in (Kind.QUEUED, Kind.RUNNING):
        return Report(verdict=Verdict.TRANSIENT, detail="The result is not ready.")
    if complaint.types:
        return model_error(complaint, is_certain=False)
    return Report(verdict=Verdict.SUCCEEDED, detail=complaint.summary)


def _is_replayed(status: int, complaint: ErrorBody, refusal: Report) -> bool:
    if status not in REPLAYED or refusal.verdict not in _OF_THE_RESULT:
        return False
    if any(NOT_READY in sentence.casefold() for sentence in complaint.sentences):
        return False
    return bool(complaint.types) or status == INPUT_ERROR


def _billed(units: float) -> Billed:
    return Billed(amount=units, unit="billable units")

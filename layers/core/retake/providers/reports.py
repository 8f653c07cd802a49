"""A task's answer read as a Report: the same reading for every provider."""

from collections.abc import Mapping

from retake.providers.answer_parsing import (
    clamped_percent,
    cleaned,
    number,
    part,
    text,
    whole_seconds,
)
from retake.providers.contract import Billed, Report, Verdict
from retake.providers.error_body import ErrorBody, complaint_in
from retake.providers.error_table import (
    asks_to_wait,
    is_about_the_content,
    speaks_of_an_unknown_task,
)
from retake.providers.shapes import Fields, fields_of, names_task, status_in
from retake.providers.status_words import VERDICTS, Kind, kind_of
from retake.providers.video_links import video_in


def report_on(
    answer: object, task_id: str | None, *, credits_per_usd: float | None = None
) -> Report:
    """What an answer within 2xx says of a task, None for one whose id is not known.

    A link to a video is a success where no status says otherwise, and one that may yet be doubted
    beside a status that is in no table. A complaint without a status is an answer to the question
    only, and nothing else is one at all.
    """
    stated = status_in(answer)
    billed = billed_in(answer, credits_per_usd)
    if stated is None:
        return _without_status(answer, billed)
    word, fields = stated
    kind = kind_of(word)
    complaint = complaint_in(fields)
    if complaint is None or not complaint.summary:
        complaint = complaint_in(answer) or ErrorBody()
    names_it = task_id is not None and names_task(answer, task_id)
    verdict = VERDICTS[kind] if kind else Verdict.RUNNING
    link = video_in(answer) if kind in (None, Kind.SUCCEEDED) else None
    if kind is None and text(word) and fields.get("error"):
        verdict = Verdict.TRANSIENT  # `unknown` beside an error: the question failed, not the task
    elif kind is None and link is not None:
        verdict = Verdict.SUCCEEDED  # `completed_with_warnings`, `3`: not running, for all we know
    if verdict is Verdict.FAILED and is_about_the_content(complaint):
        verdict = Verdict.MODERATION
    elif verdict is Verdict.FAILED and not names_it and asks_to_wait(complaint):
        verdict = Verdict.RATE_LIMITED
    return Report(
        verdict=verdict,
        provider_status=cleaned(text(word)),
        # Novita's own examples show 0 on success, so a lower number is no news.
        progress_percent=clamped_percent(fields.get("progresspercent", fields.get("progress"))),
        eta_seconds=whole_seconds(fields.get("eta", _estimate(fields))),
        video_url=link if verdict is Verdict.SUCCEEDED else None,
        detail=complaint.summary,
        is_queued=kind is Kind.QUEUED,
        says_done=kind is Kind.SUCCEEDED,
        is_certain=_is_certain(kind, word, verdict, has_reason=names_it and _has_reason(complaint)),
        names_task=names_it or kind is not Kind.FAILED,
        billed=billed,
    )


def _is_certain(kind: Kind | None, word: object, verdict: Verdict, *, has_reason: bool) -> bool:
    """Whether one such answer is enough. A failure's is only where it names this very task and
    says why: an envelope's `{"id": "req-88", "status": "error"}` speaks of the question."""
    if kind is Kind.FAILED:
        return has_reason
    return verdict is not Verdict.SUCCEEDED or kind is Kind.SUCCEEDED or word in (None, "")


def _has_reason(complaint: ErrorBody) -> bool:
    return complaint.summary is not None and not asks_to_wait(complaint)


def _without_status(answer: object, billed: Billed | None) -> Report:
    link = video_in(answer)
    if link is not None:
        return Report(verdict=Verdict.SUCCEEDED, video_url=link, says_done=True, billed=billed)
    complaint = complaint_in(answer) or ErrorBody()
    is_unknown = speaks_of_an_unknown_task(complaint)
    return Report(
        verdict=Verdict.LOST if is_unknown else Verdict.TRANSIENT,
        detail=complaint.summary or "The answer holds no status.",
    )


def _estimate(fields: Fields) -> object:
    info = fields_of(fields.get("taskinfo"))
    return info.get("estimatedtime", fields.get("estimatedtime"))


def billed_in(answer: object, credits_per_usd: float | None) -> Billed | None:
    """What the answer says was taken for the task: `usage` beside the task, or within its `meta`.

    What is merely reserved does not count.
    """
    if not isinstance(answer, Mapping):
        return None
    usage = part(answer, "usage") or part(part(answer, "meta"), "usage")
    cost = part(usage, "cost")
    usd = number(cost.get("usd"))
    amount = number(usage.get("credits_used", cost.get("credits")))
    if amount is None or amount < 0:
        return Billed(amount=usd, unit="USD", usd=usd) if usd is not None and usd >= 0 else None
    if usd is None and credits_per_usd:
        usd = amount / credits_per_usd
    return Billed(amount=amount, unit="credits", usd=usd)

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
from retake.providers.error_table import (
    ErrorBody,
    complaint_in,
    is_about_the_content,
    speaks_of_an_unknown_task,
)
from retake.providers.shapes import TRACE_NAME, Fields, fields_of, status_in, task_id_in, video_in
from retake.providers.status_words import PLAIN_FAILURES, VERDICTS, Kind, kind_of, plain


def report_on(answer: object, *, credits_per_usd: float | None = None) -> Report:
    """What an answer within 2xx says of its task.

    Without any status a link to a video is a success, a complaint is an answer to the question
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
    verdict = VERDICTS[kind] if kind else Verdict.RUNNING
    if kind is None and text(word) and fields.get("error"):
        verdict = Verdict.TRANSIENT  # `unknown` beside an error: the question failed, not the task
    if verdict is Verdict.FAILED and is_about_the_content(complaint):
        verdict = Verdict.MODERATION
    return Report(
        verdict=verdict,
        provider_status=cleaned(text(word)),
        # Novita's own examples show 0 on success, so a lower number is no news.
        progress_percent=clamped_percent(fields.get("progresspercent", fields.get("progress"))),
        eta_seconds=whole_seconds(fields.get("eta", _estimate(fields))),
        video_url=video_in(answer) if verdict is Verdict.SUCCEEDED else None,
        detail=complaint.summary,
        is_queued=kind is Kind.QUEUED,
        says_done=kind is Kind.SUCCEEDED,
        is_certain=kind is not Kind.FAILED or _is_certain(answer, text(word), complaint),
        billed=billed,
    )


def _is_certain(answer: object, word: str, complaint: ErrorBody) -> bool:
    """Whether a failure is the task's: it names the task, and says why or plainly that it broke.

    `{"status": "error"}` alone may be an envelope's word for the question.
    """
    is_named = task_id_in(answer, TRACE_NAME) is not None
    return is_named and (plain(word) in PLAIN_FAILURES or complaint.summary is not None)


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

"""What a provider's accounts say of an edit that is done."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from retake.domain.edit import Edit
from retake.domain.errors import RetakeError
from retake.domain.stored import moment
from retake.providers.base import Provider, task_of
from retake.providers.contract import Report, Verdict


def with_bill(edit: Edit, report: Report, provider: Callable[[str], Provider]) -> Report:
    """The report of an edit that is done, with what its provider's accounts say it took."""
    is_known = report.billed is not None and report.billed.usd is not None
    if is_known or report.verdict is not Verdict.SUCCEEDED or edit.submit_started_at is None:
        return report
    with suppress(RetakeError):
        since = moment(edit.submit_started_at)
        billed = provider(edit.provider_key).billed_for(task_of(edit), since=since)
        if billed is not None:
            return replace(report, billed=billed)
    return report

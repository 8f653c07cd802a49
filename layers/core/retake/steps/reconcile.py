"""A submit whose answer was lost: looked for, and at the deadline given a verdict. Never re-sent.

Each attempt has two marks of its own: the address the provider may call, and the nonce in the
clip's signed address, by which a provider that lists its jobs shows whether it took this one.
"""

from collections.abc import Callable

from retake.catalog.models import MODELS
from retake.domain.billing import billing
from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.stored import moment, required
from retake.domain.trouble import Trouble
from retake.domain.vocabulary import Reason
from retake.providers.base import Provider, provider_model_of
from retake.providers.contract import Task, Verdict
from retake.records.store import Records
from retake.records.transitions import TaskTaken
from retake.steps.answers import NO_KEY
from retake.steps.outcome import Next, Step, closing, waiting

RETRY_ONCE = "retry_once"
KNOWN = frozenset({Verdict.RUNNING, Verdict.SUCCEEDED, Verdict.FAILED, Verdict.MODERATION})


def attempt_mark(edit: Edit, attempt: int, stack_mark: str = "") -> str:
    """The nonce that the clip's address carries in an attempt, and in no other.

    With the stack's own mark at its end, so that two stacks on one account never take each
    other's job for theirs, nor the first attempt the twelfth's.
    """
    return ".".join(filter(None, (edit.edit_id, str(attempt), stack_mark)))


def find_lost_task(edit: Edit, records: Records, provider: Callable[[str], Provider]) -> Edit:
    """The edit with its task, if a callback named it or the provider lists it.

    What a callback named must be known to the provider, asked with the account's own key; a task
    that belongs to another edit is left alone. Raises LostRace.
    """
    adapter = provider(edit.provider_key)
    task = lost_task(edit, adapter)
    if task is None:
        return edit
    try:
        return records.accept(edit, task.task_id, task.urls)
    except TaskTaken:
        return edit


def lost_task(edit: Edit, adapter: Provider) -> Task | None:
    """The task of an edit whose submit was never answered, as far as it can be told."""
    return _called_back(edit, adapter) or _listed(edit, adapter)


def still_uncertain(
    edit: Edit,
    records: Records,
    *,
    seconds_left: float,
    wait_seconds: int,
    on_uncertain: str,
    trouble: Trouble | None = None,
) -> Step:
    """Wait on, with what keeps it from being looked for; or give the verdict: failed with the
    amount at risk, or the one retry allowed."""
    if seconds_left > 0:
        edit = records.record_poll(edit, **({"trouble": trouble} if trouble else {}))
        return waiting(edit, max(1, min(wait_seconds, round(seconds_left))))
    was_retried = any(each["ended"] == edit.status for each in edit.attempts)
    if on_uncertain == RETRY_ONCE and not was_retried:
        return Step(records.try_again(edit).edit_id, Next.SUBMIT)
    said = edit.trouble.message if edit.trouble else None
    is_answer = edit.trouble is not None and edit.trouble.kind != NO_KEY
    answered = f" ({'to the submit came: ' * is_answer}{said.rstrip('.')})" if said else ""
    conclusion = failed(
        Reason.SUBMIT_UNCERTAIN,
        f"Whether {edit.provider} took the edit was never learnt{answered}, so it was not sent "
        f"again; {billing(edit)} for it.",
        provider_said=said,
        at_risk=True,
    )
    return closing(records.conclude(edit, conclusion))


def _called_back(edit: Edit, adapter: Provider) -> Task | None:
    if edit.called_back_task_id is None:
        return None
    if edit.called_back_attempt not in (None, edit.attempt):  # it came as the next one began
        return None
    task = Task(task_id=edit.called_back_task_id, provider_model=provider_model_of(edit))
    return task if adapter.poll(task).verdict in KNOWN else None


def _listed(edit: Edit, adapter: Provider) -> Task | None:
    if not MODELS[edit.model or ""].lists:
        return None
    since = moment(required(edit.submit_started_at))
    # A record from before marks were written down has the one that was made of its id alone.
    mark = edit.attempt_mark or attempt_mark(edit, edit.attempt)
    return adapter.find(mark, since=since, provider_model=provider_model_of(edit))

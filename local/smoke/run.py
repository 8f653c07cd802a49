"""The list of checks, in the order in which they are made, and how one becomes a finding."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from local.errors import UserError
from local.smoke import access as doors
from local.smoke import readiness as standing
from local.smoke.account import NOT_KNOWN, Account
from local.smoke.cleanup import Traces
from local.smoke.findings import Broken, CheckVerdict, Finding, LeftOut, Untold
from local.smoke.journey import Walk
from local.smoke.least import Least
from local.smoke.strain import Strain

T = TypeVar("T")
STANDING: tuple[Callable[[Account], str], ...] = (
    standing.the_stack_is_complete,
    standing.a_provider_has_a_key,
    standing.links_are_signed_with_a_secret_of_their_own,
    standing.buckets_are_closed_to_the_public_and_to_plain_http,
    standing.buckets_keep_versions,
    standing.buckets_forget_what_was_replaced,
    standing.only_the_inbox_tells_of_objects,
    standing.the_table_is_ready_and_forgets,
    standing.the_table_is_backed_up,
    standing.queues_refuse_plain_http,
    standing.everything_is_encrypted_at_rest,
    standing.keys_of_the_stack_are_in_use,
    standing.functions_run_and_open_no_loopback,
    standing.the_workflow_is_ready_and_logs_no_content,
    standing.intake_reads_its_queue,
    standing.logs_forget,
    doors.the_api_has_one_stage_with_limits_and_a_log,
    doors.calls_without_a_signature_are_refused,
    doors.signed_calls_are_answered,
    doors.the_providers_door_refuses_what_is_not_proven,
    doors.share_links_refuse_what_is_not_proven,
)
WALKING: tuple[Callable[[Walk], str], ...] = (
    Walk.a_queue_can_hear_the_topic,
    Walk.a_file_that_is_no_video_is_refused_by_message,
    Walk.the_refused_edit_is_seen_through_the_api,
    Walk.a_form_takes_a_clip_from_here,
    Walk.a_quote_is_given_for_it,
    Walk.one_edit_is_made_and_told_of,
    Walk.its_provider_called_back,
    Walk.a_call_woke_the_workflow,
    Walk.its_video_is_behind_a_link,
    Walk.its_page_is_behind_the_link_of_the_message,
    Walk.logs_have_lines_and_hold_no_secret,
    Walk.histories_hold_no_secret,
    Walk.what_was_edited_can_be_erased,
)
CALLING: tuple[Callable[[Least], str], ...] = (Least.execute_api_invoke_alone_opens_the_api,)
STRAINED: tuple[Callable[[Strain], str], ...] = (
    Strain.a_throttled_step_is_waited_for,
    Strain.the_sweep_runs_and_is_scheduled,
    Strain.dead_letters_can_be_redriven,
    Strain.alarms_are_armed,
)
AFTERWARDS: tuple[Callable[[Account], str], ...] = (
    standing.dead_letter_queues_are_empty,
    standing.no_alarm_is_raised,
)
# Said at the end of every run: nobody shall take a row of ticks for more than it is.
NOT_SEEN: Mapping[str, str] = {
    "whether lifecycle rules and the table's expiry run": "they are set; that they run, time tells",
    "what a network of yours does to calls that go out": "the functions are in none of yours",
    "whether an alarm reaches a person": "subscribe to AlarmTopicArn, and set one off by hand",
    "what AWS's quotas of this account are": "a flood waits in the queue; see Service Quotas",
    "what a provider does with what it was sent": "docs/models.md says what each has written down",
}
# What the engine of one machine keeps or enforces nothing of: it is not asked.
MEANINGLESS_HERE: Mapping[str, str] = {
    "calls_without_a_signature_are_refused": "the local engine takes every call",
    "execute_api_invoke_alone_opens_the_api": "the local engine takes every call",
    "everything_is_encrypted_at_rest": "the local engine encrypts nothing",
    "keys_of_the_stack_are_in_use": "the local engine encrypts nothing",
    "the_table_is_ready_and_forgets": "the local engine lets no record expire",
    "the_table_is_backed_up": "the local engine keeps no backups",
    "no_alarm_is_raised": "the local engine evaluates no alarms",
    "functions_run_and_open_no_loopback": "functions of the local engine run in its own process",
}
# What it keeps as it was told and does not enforce: asked, but no tick.
_AS_SET = "set so, and not enforced by the local engine"
ONLY_SET_HERE: Mapping[str, str] = {
    "buckets_are_closed_to_the_public_and_to_plain_http": _AS_SET,
    "queues_refuse_plain_http": _AS_SET,
    "logs_forget": _AS_SET,
    "signed_calls_are_answered": "the local engine takes any signature",
}


def run(account: Account, walk: Walk, traces: Traces) -> Iterator[Finding]:
    """Every finding as soon as it is there; what was made is removed also when nobody listens on.

    Raises UserError when there is no such stack.
    """
    account.described  # noqa: B018  # without a stack there is nothing to list
    try:
        for look in STANDING:
            yield finding(account, look, account)
        for call in CALLING:
            yield finding(account, call, Least(account, traces))
        for step in WALKING:
            yield finding(account, step, walk)
        strain = Strain(account, traces)
        for load in STRAINED:
            yield finding(account, load, strain)
        for look in AFTERWARDS:
            yield finding(account, look, account)
    finally:
        removed = finding(account, _removes(traces), account)
    yield removed


def finding(account: Account, check: Callable[[T], str], subject: T) -> Finding:
    """One line; nothing a check raises ends the list."""
    name = check.__name__
    sentence = name.replace("_", " ")
    if account.is_local and name in MEANINGLESS_HERE:
        return Finding(sentence, CheckVerdict.UNTOLD, MEANINGLESS_HERE[name])
    try:
        found = check(subject)
        if account.is_local and name in ONLY_SET_HERE:
            return Finding(sentence, CheckVerdict.UNTOLD, ONLY_SET_HERE[name])
        return Finding(sentence, CheckVerdict.HOLDS, found)
    except Broken as broken:
        return Finding(sentence, CheckVerdict.BROKEN, str(broken), broken.todo)
    except LeftOut as reason:
        return Finding(sentence, CheckVerdict.LEFT_OUT, str(reason))
    except Untold as reason:
        return Finding(sentence, CheckVerdict.UNTOLD, str(reason))
    except ClientError as error:
        return _by_code(sentence, account, error)
    except (BotoCoreError, UserError) as error:
        return Finding(sentence, CheckVerdict.UNTOLD, str(error))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        found = f"an answer lacks what it should hold ({type(error).__name__}: {error})"
        verdict = CheckVerdict.UNTOLD if account.is_local else CheckVerdict.BROKEN
        return Finding(sentence, verdict, found, "" if account.is_local else standing.DEPLOY)


def _by_code(sentence: str, account: Account, error: ClientError) -> Finding:
    code, verb = error.response["Error"]["Code"], error.operation_name
    if "AccessDenied" in code or code in ("AuthorizationError", "UnauthorizedOperation"):
        return Finding(sentence, CheckVerdict.UNTOLD, f"these credentials may not ask ({verb})")
    if account.is_local and (code in NOT_KNOWN or _status(error) in (404, 405, 501)):
        return Finding(sentence, CheckVerdict.UNTOLD, f"the local engine does not answer {verb}")
    return Finding(sentence, CheckVerdict.BROKEN, f"{verb} answered {code}", standing.DEPLOY)


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _removes(traces: Traces) -> Callable[[Account], str]:
    def everything_made_here_is_removed(_: Account) -> str:
        return traces.remove()

    return everything_made_here_is_removed

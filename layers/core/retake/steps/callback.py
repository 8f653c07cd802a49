"""A provider calls: proof first, then one flag on the record and a nudge to the workflow.

A callback is never believed. Poll asks the provider with the account's own key; the worst that a
forged, doubled, late or early callback can do is one question too many.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, Misconfigured, Unavailable
from retake.domain.signed_links import Signer
from retake.domain.stored import required
from retake.domain.values import dataclass
from retake.providers.base import Provider
from retake.providers.callbacks import BadCallback
from retake.records.callback_proof import CallbackProof
from retake.records.queries import UnknownEdit
from retake.records.recovery import MAX_RECOVERIES, is_recoverable, may_be_late
from retake.records.store import Records

PURPOSE = "callback"
BODY_BYTES = 256 * 1024
# A provider may still call after the edit's deadline; its answer must not look like an attack.
GRACE = timedelta(hours=24)

SETTLED, TOO_LARGE, REFUSED, LATER = 200, 413, 401, 503


@dataclass(frozen=True, slots=True)
class Call:
    """One call at the door: the path's parts, lower-case headers, and the body as it came."""

    provider: str
    edit_id: str
    attempt: str
    token: str
    headers: Mapping[str, str]
    body: bytes | None


def callback_url(public_url: str, edit: Edit, signer: Signer, records: Records) -> str:
    """The address a provider shall call about the next attempt of an edit."""
    attempt = str(edit.attempt + 1)
    until = records.now() + GRACE + GRACE
    token = signer.token(PURPOSE, edit.provider or "", edit.edit_id, attempt, until=until)
    return f"{public_url}/callbacks/{edit.provider}/{edit.edit_id}/{attempt}/{token}"


def take_call(
    call: Call,
    *,
    records: Records,
    signer: Signer,
    provider: Callable[[str], Provider],
    wake: Callable[[str], bool | None],
    proof: CallbackProof,
) -> int:
    """The HTTP status to answer with; the same few words whatever was wrong.

    200 for what is known or already settled, 401 for everything that is not proven, 413 for a
    body over 256 KB, 503 when the proof cannot be checked now, so that the sender comes again.
    """
    subject = (call.provider, call.edit_id, call.attempt)
    try:
        if not signer.holds(call.token, PURPOSE, *subject, now=records.now()):
            return REFUSED
        if call.body is None:
            return REFUSED
        if len(call.body) > BODY_BYTES:
            return TOO_LARGE
        return _proven(call, records, provider, wake, proof)
    except (Unavailable, Misconfigured):
        return LATER


def _proven(
    call: Call,
    records: Records,
    provider: Callable[[str], Provider],
    wake: Callable[[str], bool | None],
    proof: CallbackProof,
) -> int:
    try:
        said = provider(call.provider).read_callback(call.headers, call.body or b"")
        edit = records.get(call.edit_id)
    except (BadCallback, UnknownEdit):
        return REFUSED
    proof.note(call.provider)
    if str(edit.attempt) != call.attempt:
        return SETTLED  # another attempt has another task
    if edit.provider_task_id not in (None, said.task_id):
        return REFUSED
    if edit.is_finished and not _is_wanted(edit):
        return SETTLED
    waited = None if edit.is_finished else edit.wake_token
    try:
        records.note_callback(edit, said.task_id)
        if waited is not None and wake(waited):
            return SETTLED  # who waited goes on now, behind the flag
        edit = records.get(call.edit_id)
    except (LostRace, UnknownEdit):
        return SETTLED  # the record is forgotten
    if edit.wake_token not in (None, waited) and not edit.is_finished:
        wake(required(edit.wake_token))
    if _is_wanted(edit):
        records.recovery.hear(edit)
    return SETTLED


def _is_wanted(edit: Edit) -> bool:
    """Whether a call about an edit brings what it ended without: that is fetched."""
    end = edit.conclusion or Conclusion(status=edit.status, reason=edit.reason)
    is_late = is_recoverable(edit) and may_be_late(edit, end)
    return is_late and edit.recoveries < MAX_RECOVERIES

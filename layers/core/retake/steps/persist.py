"""The one way out: keep the result, close the record, say what to publish."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, NoReturn

from retake.domain.billing import billing
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, Misconfigured, NotDone, Unavailable
from retake.domain.stored import required, timestamp
from retake.domain.trouble import met
from retake.domain.vocabulary import Operation, Reason, Status
from retake.presentation.messages import message_about, notification_for
from retake.providers.base import task_of
from retake.providers.contract import Report, Verdict
from retake.records.recovery import is_recoverable, may_be_late
from retake.records.store import Records
from retake.steps.answers import facts_of_answer
from retake.steps.batching import Publish, end_in_batch, hand_on
from retake.steps.bills import with_bill
from retake.steps.pieces import stop_pieces, with_pieces_bill
from retake.steps.recover import recovered
from retake.steps.result_extras import SavedResult
from retake.steps.save_film import kept_film
from retake.steps.save_result import UNFETCHED, UNPLAYABLE, BadResult, FinalResult, ResultSaver


def persist(
    edit: Edit,
    *,
    records: Records,
    keeper: ResultSaver,
    publish: Publish,
    error: str | None = None,
    share_url: Callable[[Edit], str | None] = lambda edit: None,
    erase: Callable[[str], None] = lambda edit_id: None,
) -> dict[str, Any]:
    """Carry out what was decided and return the notification to publish.

    `error` names what ended an earlier step without a decision; `publish` takes the message about
    a batch, when this was the last of its edits; `erase` has those erased that waited for this one
    to end. Raises NotDone when a call led here before there is a result; Unavailable while the
    result cannot be fetched or stored; the workflow comes again, and what was stored meanwhile is
    found.
    """
    if edit.recovery_asked_at is not None and is_recoverable(edit):
        edit = recovered(edit, records=records, saver=keeper, error=error)
    else:
        if not edit.is_finished:
            edit = _finished(edit, records, keeper, error)
        edit = _called_meanwhile(edit, records)
    if edit.result is not None:
        manifest = json.dumps(manifest_of(edit), ensure_ascii=False, indent=2).encode()
        keeper.storage.put(keeper.bucket, edit.result.manifest_key, manifest, "application/json")
    records.enter_ended(edit)
    if edit.film is not None:
        stop_pieces(edit, records=records)
    end_in_batch(edit, records=records, publish=publish)
    hand_on(edit, erase)
    has_page = edit.result is not None and edit.parent_id is None
    shown_at = share_url(edit) if has_page else None
    return {"edit_id": edit.edit_id, "notification": notification_for(edit, shown_at)}


def _finished(edit: Edit, records: Records, keeper: ResultSaver, error: str | None) -> Edit:
    conclusion, kept = edit.conclusion, None
    if conclusion is None:
        edit, conclusion, kept = _concluded(edit, records, keeper, error)
    if edit.film is not None:
        edit, conclusion = with_pieces_bill(edit, conclusion, records)
    result = kept.result if kept else None
    try:
        return records.close(
            edit, conclusion, result=result, warnings=kept.warnings if kept else ()
        )
    except LostRace:
        edit = records.get(edit.edit_id)
        if not edit.is_finished:
            raise Unavailable("The record changed while it was being closed.") from None
        if kept is not None and is_recoverable(edit):
            # Given up meanwhile. The result is here, and paid for.
            return records.recovery.deliver(
                edit,
                task_id=required(edit.provider_task_id),
                result=kept.result,
                warnings=kept.warnings,
                details=kept.details,
            )
        # Closed by a run that made less, or to be erased: what the record does not name may not
        # lie in the results.
        named = edit.result.media_keys if edit.result else frozenset()
        for key in sorted(result.media_keys - named if result else ()):
            keeper.storage.delete(keeper.bucket, key)
        return edit


def _called_meanwhile(edit: Edit, records: Records) -> Edit:
    """A call that came after the end was decided and before it was written had nobody to hear it:
    its result is looked for now."""
    if edit.result is not None or edit.notified_at is not None or edit.conclusion is None:
        return edit
    if not (is_recoverable(edit) and may_be_late(edit, edit.conclusion)):
        return edit
    edit = records.get(edit.edit_id)
    if edit.callback_seq > edit.polled_seq and not edit.recoveries and is_recoverable(edit):
        with suppress(LostRace):
            return records.recovery.ask(edit)
    return edit


def _concluded(
    edit: Edit, records: Records, keeper: ResultSaver, error: str | None
) -> tuple[Edit, Conclusion, SavedResult | None]:
    """How an edit ends that nobody decided on: with its result, or with what went wrong."""
    if error is not None:
        # What an earlier run has stored was paid for and is delivered, whatever came after.
        is_saving = edit.status is Status.SAVING or bool(edit.film and edit.film.whole)
        kept = keeper.adopted(edit) if is_saving else None
        if kept is None:
            details = keeper.left_behind(edit) if is_saving else {}
            return edit, _broken_off(edit, error, details), None
        # Nothing is made here: it may be what the earlier run died of.
        return edit, _ready(kept), keeper.beside.found(kept)
    if edit.film is not None:
        # Put together and stored already; what it is made of was paid for piece by piece.
        whole = kept_film(edit, keeper, now=records.now().timestamp())
        return edit, _ready(whole), keeper.beside.made(edit, whole, timestamp(records.now()))
    report = None
    if _is_unanswered(edit):
        edit, report = _taken_up(edit, records=records, keeper=keeper)
    else:
        edit = records.begin_save(edit)
    is_last_try = keeper.is_last_try(edit.trouble, records.now())
    try:
        now = records.now().timestamp()
        kept = keeper.kept(edit, now=now, is_last_try=is_last_try, report=report)
    except BadResult as refusal:
        if isinstance(refusal, FinalResult) or is_last_try:
            return edit, _bad_result(edit, refusal, keeper), None
        _wait_out(edit, records, UNPLAYABLE, str(refusal))
    except Unavailable as failure:
        _wait_out(edit, records, UNFETCHED, str(failure))
    if edit.save_tries > EXTRAS_TRIES or edit.parent_id is not None:
        # Making the poster or the page may be what the runs before died of.
        return edit, _ready(kept), keeper.beside.found(kept)
    kept = keeper.beside.made(edit, kept, timestamp(records.now()))
    return edit, _ready(kept), kept


def _is_unanswered(edit: Edit) -> bool:
    """Whether somebody called since the last question, and nothing is decided."""
    is_open = not edit.must_be_concluded and edit.status is not Status.SAVING
    return is_open and edit.said_done_at is None and edit.callback_seq > edit.polled_seq


def _taken_up(edit: Edit, *, records: Records, keeper: ResultSaver) -> tuple[Edit, Report]:
    """The edit whose copy begins, and the answer that says where its result is.

    A call is no more believed here than anywhere: what is not a result for certain is for Poll to
    judge. Raises NotDone; LostRace when another worker wrote first.
    """
    if edit.status is not Status.RUNNING or edit.cancel_asked_at is not None:
        raise NotDone("Only Poll knows what to do about it.")
    try:
        report = keeper.provider(edit.provider_key).result(task_of(edit))
    except Misconfigured as error:
        raise NotDone(str(error)) from None
    is_there = report.verdict is Verdict.SUCCEEDED and report.video_url is not None
    if not is_there or not report.is_certain:
        raise NotDone(f"{edit.provider} was asked, and has no result yet ({report.verdict}).")
    report = with_bill(edit, report, keeper.provider)
    facts = facts_of_answer(edit, report, now=records.now(), cancelling=edit.cancel_outcome)
    return records.begin_save(edit, facts), report


def _ready(kept: SavedResult) -> Conclusion:
    return Conclusion(
        status=Status.SUCCEEDED, message="The edit is ready.", details=dict(kept.details)
    )


def _wait_out(edit: Edit, records: Records, kind: str, why: str) -> NoReturn:
    """Put what is wrong on record; the workflow comes again, for hours. Raises Unavailable."""
    records.note_trouble(edit, met(edit.trouble, kind, why, now=records.now()))
    raise Unavailable(why)


def _bad_result(edit: Edit, refusal: BadResult, keeper: ResultSaver) -> Conclusion:
    details = refusal.details() | keeper.left_behind(edit)
    where = details.get("delivered")
    kept = f" What came lies at s3://{where['bucket']}/{where['key']}." if where else ""
    return failed(refusal.reason, f"{refusal}{kept}", details=details, at_risk=True)


def _broken_off(edit: Edit, error: str, details: dict[str, Any]) -> Conclusion:
    if edit.status is Status.SAVING:
        why = f"{error}: {edit.trouble.message}" if edit.trouble else error
        return failed(
            Reason.STORAGE_ERROR,
            f"The finished result could not be fetched or stored ({why}); {billing(edit)}.",
            details=details,
            at_risk=True,
        )
    return failed(
        Reason.INTERNAL_ERROR,
        f"A step of this stack failed for good ({error}); {billing(edit)}. Its log says why.",
        at_risk=True,
    )


EXTRAS_TRIES = 5  # so often a poster and a page are tried; a result without them is one too
# IPTC NewsCodes, "Digital Source Type": how a picture came to be, for machines.
_SOURCE_TYPES = {
    Operation.EDIT: "compositeWithTrainedAlgorithmicMedia",
    Operation.REFERENCE: "trainedAlgorithmicMedia",
}
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def manifest_of(edit: Edit) -> dict[str, Any]:
    """The facts that lie beside the video: the message's, and what only the owner may read."""
    request = asdict(edit.request) if edit.request else {}
    return {
        **message_about(edit),
        "request": {k: v for k, v in request.items() if v not in (None, (), [])},
        "footage": dict(edit.footage or {}),
        "source_sha256": edit.result.source_sha256 if edit.result else None,
        "ai_edited": {
            "digital_source_type": _IPTC + _SOURCE_TYPES[edit.operation],
            "model": edit.model,
            "provider": edit.provider,
            "date": edit.finished_at,
            "marked_in_file": edit.result is not None and edit.result.marked,
        },
        "film": edit.film.to_mapping() if edit.film else None,
        "timings": {
            name: getattr(edit, name)
            for name in (
                "created_at",
                "validated_at",
                "submit_started_at",
                "submitted_at",
                "saving_at",
                "finished_at",
            )
        },
    }

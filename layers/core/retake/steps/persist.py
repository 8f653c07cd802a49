"""The one way out: keep the result, close the record, say what to publish."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from retake.domain.edit import Conclusion, Edit, Result
from retake.domain.errors import LostRace, Unavailable
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Operation, Reason, Status
from retake.presentation.messages import message_about, notification_for
from retake.records.store import Records, failed
from retake.steps.batching import Publish, end_in_batch
from retake.steps.result_extras import SavedResult
from retake.steps.save_result import BadResult, ResultSaver


def persist(
    edit: Edit,
    *,
    records: Records,
    keeper: ResultSaver,
    publish: Publish,
    error: str | None = None,
    share_url: Callable[[Edit], str | None] = lambda edit: None,
) -> dict[str, Any]:
    """Carry out what was decided and return the notification to publish.

    `error` names what ended an earlier step without a decision; `publish` takes the message about
    a batch, when this was the last of its edits. Raises Unavailable while the result cannot be
    fetched or stored; the workflow comes again, and what was stored meanwhile is found.
    """
    if not edit.is_finished:
        edit = _finished(edit, records, keeper, error)
    if edit.result is not None:
        manifest = json.dumps(manifest_of(edit), ensure_ascii=False, indent=2).encode()
        keeper.storage.put(keeper.bucket, edit.result.manifest_key, manifest, "application/json")
    end_in_batch(edit, records=records, publish=publish)
    shown_at = share_url(edit) if edit.result is not None else None
    return {"edit_id": edit.edit_id, "notification": notification_for(edit, shown_at)}


def _finished(edit: Edit, records: Records, keeper: ResultSaver, error: str | None) -> Edit:
    conclusion, kept = edit.conclusion, None
    if conclusion is None:
        edit, conclusion, kept = _concluded(edit, records, keeper, error)
    result = kept.result if kept else None
    try:
        return records.close(
            edit, conclusion, result=result, warnings=kept.warnings if kept else ()
        )
    except LostRace:
        edit = records.get(edit.edit_id)
        if not edit.is_finished:
            raise Unavailable("The record changed while it was being closed.") from None
        # Given up meanwhile, or closed by a run that made less: what the record does not name may
        # not lie in the results.
        for key in sorted(_keys(result) - _keys(edit.result)):
            keeper.storage.delete(keeper.bucket, key)
        return edit


def _keys(result: Result | None) -> set[str]:
    names = (result.key, result.poster_key, result.page_key) if result else ()
    return {key for key in names if key is not None}


def _concluded(
    edit: Edit, records: Records, keeper: ResultSaver, error: str | None
) -> tuple[Edit, Conclusion, SavedResult | None]:
    """How an edit ends that nobody decided on: with its result, or with what went wrong."""
    ready = Conclusion(status=Status.SUCCEEDED, message="The edit is ready.")
    if error is not None:
        # What an earlier run has stored was paid for and is delivered, whatever came after.
        kept = keeper.adopted(edit) if edit.status is Status.SAVING else None
        if kept is None:
            return edit, _broken_off(edit, error), None
        # Nothing is made here: it may be what the earlier run died of.
        return edit, ready, keeper.beside.found(kept)
    edit = records.begin_save(edit)
    try:
        kept = keeper.kept(edit, now=records.now().timestamp())
        return edit, ready, keeper.beside.made(edit, kept, timestamp(records.now()))
    except BadResult as refusal:
        bad = failed(refusal.reason, str(refusal), details=refusal.details(), at_risk=True)
        return edit, bad, None


def _broken_off(edit: Edit, error: str) -> Conclusion:
    sent = edit.submit_started_at is not None
    billing = (
        f"; at most ${edit.quoted_usd or 0:.2f} may be billed" if sent else "; nothing was sent"
    )
    if edit.status is Status.SAVING:
        return failed(
            Reason.STORAGE_ERROR,
            f"The finished result could not be fetched or stored ({error}){billing}.",
            at_risk=True,
        )
    return failed(
        Reason.INTERNAL_ERROR,
        f"A step of this stack failed for good ({error}){billing}. Its log says why.",
        at_risk=sent,
    )


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
        "provider_task_id": edit.provider_task_id,
        "source_sha256": edit.result.source_sha256 if edit.result else None,
        "ai_edited": {
            "digital_source_type": _IPTC + _SOURCE_TYPES[edit.operation],
            "model": edit.model,
            "provider": edit.provider,
            "date": edit.finished_at,
            "marked_in_file": edit.result is not None and edit.result.marked,
        },
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

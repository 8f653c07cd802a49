"""The one way out: keep the result, close the record, say what to publish."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from retake.catalog import MODELS
from retake.edits import Conclusion, Edit, Result, Source, edit_id_for, written
from retake.errors import Forbidden, LostRace, NotFootage, OutboundError, Refused, Unavailable
from retake.footage import Footage, Reader, probe
from retake.messages import message_about, notification_for
from retake.outbound import Outbound
from retake.providers.base import Provider, Verdict
from retake.reasons import Operation, Reason, Status
from retake.records import Records, failed
from retake.steps.poll import task_of
from retake.storage import ObjectReader, Saved, Storage

DOWNLOAD_SECONDS = 600.0  # inside the function's 900 s, with time left to probe and to close
RESULT_BYTES = 1024**3
KEY_BYTES = 1024  # S3's limit for a key in UTF-8
# The provider keeps to the clip's frames; a container's rounding and one frame at 24 frames/s.
LENGTH_TOLERANCE_SECONDS = 0.25
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")


class BadResult(Refused):
    """What the provider delivered is not the video it should be."""


def persist(
    edit: Edit,
    *,
    records: Records,
    storage: Storage,
    provider: Callable[[str], Provider],
    downloads: Outbound,
    bucket: str,
    error: str | None = None,
    look: Callable[[Reader], Footage] = probe,
) -> dict[str, Any]:
    """Carry out what was decided and return the notification for `Notify`.

    `error` names what ended an earlier step without a decision. Raises Unavailable while the
    result cannot be fetched or stored; the workflow comes again, and the copy starts anew.
    """
    if not edit.is_finished:
        edit = _finished(edit, records, storage, provider, downloads, bucket, error, look)
    if edit.result is not None:
        manifest = json.dumps(manifest_of(edit), ensure_ascii=False, indent=2).encode()
        storage.put(bucket, edit.result.manifest_key, manifest, "application/json")
    return {"edit_id": edit.edit_id, "notification": notification_for(edit)}


def _finished(
    edit: Edit,
    records: Records,
    storage: Storage,
    provider: Callable[[str], Provider],
    downloads: Outbound,
    bucket: str,
    error: str | None,
    look: Callable[[Reader], Footage],
) -> Edit:
    conclusion, result = edit.conclusion, None
    if conclusion is None and error is not None:
        conclusion = _broken_off(edit, error)
    if conclusion is None:
        edit = records.begin_save(edit)
        try:
            result = _kept(edit, storage, provider, downloads, bucket, look)
            conclusion = Conclusion(status=Status.SUCCEEDED, message="The edit is ready.")
        except BadResult as refusal:
            conclusion = failed(
                refusal.reason, str(refusal), details=refusal.details(), at_risk=True
            )
    try:
        edit = records.close(edit, conclusion, result=result)
    except LostRace:
        edit = records.get(edit.edit_id)
        if not edit.is_finished:
            raise Unavailable("The record changed while it was being closed.") from None
    return edit


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


def _kept(
    edit: Edit,
    storage: Storage,
    provider: Callable[[str], Provider],
    downloads: Outbound,
    bucket: str,
    look: Callable[[Reader], Footage],
) -> Result:
    """Copy the result and look into the copy. Raises BadResult, Unavailable."""
    # The link is asked for now and never stored: it is signed, and the last one may have expired.
    report = provider(edit.provider or "").poll(task_of(edit))
    if report.verdict is not Verdict.SUCCEEDED or report.video_url is None:
        raise Unavailable(f"{edit.provider} gave no link to the result ({report.verdict}).")
    key, manifest_key = result_keys(edit)
    saved = _copied(report.video_url, storage, downloads, bucket, key)
    try:
        clip = look(ObjectReader(storage, Source(bucket=bucket, key=key), saved.size_bytes))
        _check_length(edit, clip)
    except NotFootage as refusal:
        storage.delete(bucket, key)
        raise BadResult(
            Reason.BAD_RESULT,
            f"What {edit.provider} delivered is not a usable video: {refusal}",
            found=refusal.found,
        ) from None
    except BadResult:
        storage.delete(bucket, key)
        raise
    return Result(
        bucket=bucket,
        key=key,
        manifest_key=manifest_key,
        size_bytes=saved.size_bytes,
        sha256=saved.sha256,
        duration_seconds=clip.duration_seconds,
        width=clip.width,
        height=clip.height,
        has_audio=clip.has_audio,
    )


def _copied(url: str, storage: Storage, downloads: Outbound, bucket: str, key: str) -> Saved:
    try:
        with downloads.download(
            url, seconds=DOWNLOAD_SECONDS, maximum_bytes=RESULT_BYTES
        ) as download:
            if download.status != 200:
                raise Unavailable(f"The result's link answered HTTP {download.status}.")
            saved = storage.save(bucket, key, download.chunks, length=download.length)
    except Forbidden as error:
        raise BadResult(
            Reason.BAD_RESULT, f"The provider's link to the result is not followed: {error}"
        ) from None
    except OutboundError as error:
        raise Unavailable(f"The result could not be fetched: {error}") from None
    if saved.size_bytes == 0:
        storage.delete(bucket, key)
        raise BadResult(Reason.BAD_RESULT, "The provider delivered an empty file.", found=0)
    return saved


def _check_length(edit: Edit, clip: Footage) -> None:
    expected = _expected_seconds(edit)
    if all(abs(clip.duration_seconds - each) > LENGTH_TOLERANCE_SECONDS for each in expected):
        words = " or ".join(f"{each:.2f}" for each in expected)
        raise BadResult(
            Reason.BAD_RESULT,
            f"The result is {clip.duration_seconds:.2f} s long where {words} s were expected.",
            field="duration_seconds",
            found=round(clip.duration_seconds, 3),
            allowed=[round(each, 3) for each in expected],
        )


def _expected_seconds(edit: Edit) -> list[float]:
    """The lengths a result may have: an edit its clip's, a reference video the one asked for.

    No document says which of the two a reference video takes when a clip came with it.
    """
    lengths = [float(edit.footage["duration_seconds"])] if edit.footage else []
    if edit.operation is Operation.REFERENCE:
        model = MODELS[edit.model or ""]
        asked = written(edit.request).duration_seconds or model.default_duration_seconds
        lengths += [float(asked)] if asked else []
    return lengths


def result_keys(edit: Edit) -> tuple[str, str]:
    """Where the video and its manifest go: the clip's folder and name under `edited/`.

    Names are cut where S3's limit of 1,024 bytes would be passed; the edit id keeps them apart.
    """
    # Whoever asked through the API may have given no clip, so that there is nothing to mirror.
    upload = edit.upload or edit.source or Source(bucket=edit.bucket, key="video")
    folder = _UNSAFE.sub("_", upload.key).rpartition("/")[0]
    stem = _UNSAFE.sub("_", upload.stem) or "clip"
    ending = f".{edit.edit_id}.json"
    start = f"edited/{folder}/" if folder else "edited/"
    room = KEY_BYTES - len(ending) - len(start.encode())
    if room < 16:
        # The folder alone fills the key: its name becomes a digest.
        start = f"edited/{edit_id_for(folder)}/"
        room = KEY_BYTES - len(ending) - len(start.encode())
    base = start + stem.encode()[:room].decode(errors="ignore")
    return f"{base}.{edit.edit_id}.mp4", f"{base}{ending}"


def manifest_of(edit: Edit) -> dict[str, Any]:
    """The facts that lie beside the video: the message's, and what only the owner may read."""
    request = asdict(edit.request) if edit.request else {}
    return {
        **message_about(edit),
        "request": {k: v for k, v in request.items() if v not in (None, (), [])},
        "footage": dict(edit.footage or {}),
        "provider_task_id": edit.provider_task_id,
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

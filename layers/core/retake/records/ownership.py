"""Which objects an edit may call its own: those that this stack pinned for it, and used.

A record also names what others put there: a clip that a request file or a call only mentioned, a
preset, a picture. Naming is not owning: an edit that was refused after it named somebody else's
upload must not be able to have that erased.
"""

from collections.abc import Iterator

from retake.domain.edit import Edit
from retake.domain.folders import Walls
from retake.domain.source import (
    SHARED_BY_EDITS,
    Source,
    edit_id_for,
    sidecar_of,
    sidecars_of,
    upload_id,
)
from retake.domain.vocabulary import SettingsSource
from retake.records.batches import MAX_EDITS, variation_id

MAX_ATTEMPTS = 100  # by hand, one after the other; one more than any list of them will be


def named_objects(edit: Edit) -> Iterator[tuple[str, Source]]:
    """What a record says lies in the inbox for this edit; without a version: only mentioned."""
    clip = edit.source
    if clip is None and edit.request is not None and edit.request.source is not None:
        clip = Source(bucket=edit.bucket, key=edit.request.source)
    if clip is not None:
        yield "clip", clip
    upload = edit.upload
    if upload is not None and upload != clip and (upload.is_request_file or upload.is_sidecar):
        yield "settings file", upload
    for sidecar in _sidecars(edit):
        if sidecar != upload:
            yield "settings file", sidecar


def is_own(source: Source, edit: Edit, walls: Walls) -> bool:
    """Whether an object that the record names is the edit's own, in the version that it names.

    What started the edit is, and so are the settings beside it; any other clip once the edit was
    found fit to be sent with it. What many edits share never is. The record alone is not believed
    where there is a better witness: the edit's id is a digest of the upload that started it, and
    what such an edit may have used lies within the walls of that upload's folder.
    """
    below = source.key.removeprefix(walls.prefix)
    if source.version_id is None or below.startswith(SHARED_BY_EDITS):
        return False
    upload = edit.upload
    if upload is not None:
        if not is_started_by(edit, upload):
            return False
        if source == upload or source.key in sidecars_of(upload.key):
            return True
        if source.bucket != upload.bucket or not walls.lets(
            source.key, walls.folder_of(upload.key)
        ):
            return False
    if walls.is_for_all(source.key):
        return False
    is_used = edit.validated_at is not None or edit.fit_planned_at is not None
    return is_used or source != edit.source


def is_started_by(edit: Edit, upload: Source) -> bool:
    """Whether the edit's id was made of this upload: by itself, as one of its batch, or as a later
    attempt of one of these."""
    known = {variation_id(upload_id(upload), index) for index in range(MAX_EDITS)}
    for _ in range(MAX_ATTEMPTS):
        if edit.edit_id in known:
            return True
        known = {edit_id_for("retry", each) for each in known}
    return False


def is_fetched_for(edit: Edit, key: str) -> bool:
    """Whether this stack itself put a clip there, for this edit alone."""
    return f"/{key}".endswith(f"/sources/fetched/{edit.edit_id}.mp4")


def _sidecars(edit: Edit) -> Iterator[Source]:
    """The settings beside the clip, in the version that was used."""
    origin = edit.settings_from
    for each in (origin, *origin.topped_by) if origin else ():
        if each.road is SettingsSource.SIDECAR and each.key is not None:
            yield Source(bucket=edit.bucket, key=each.key, version_id=each.version_id)
    beside = sidecar_of(edit.upload.key) if edit.upload else None
    if origin is None and beside is not None and edit.sidecar_version_id is not None:
        # They were announced, and the edit was refused before they were used.
        yield Source(bucket=edit.bucket, key=beside, version_id=edit.sidecar_version_id)

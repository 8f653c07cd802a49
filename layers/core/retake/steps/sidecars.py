"""Settings dropped beside a clip (`clip.mp4.json`): they belong to it, whichever came first.

Validate reads what lies beside a clip when it decides. What intake does for the settings' own
event is to make that decision sure: it notes them on the record of the clip while nothing is
decided yet, under the same guard as the decision. So either the note comes first, and a Validate
that had not seen the settings loses its write and looks again; or the decision comes first, and
they were used by it or came too late. Exactly one of these is true.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from retake.domain.conclusions import rejection
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Refused
from retake.domain.source import Source, clip_of, upload_id
from retake.domain.spelling import spellings
from retake.domain.stored import required
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason, SettingsSource
from retake.steps.begin import Intake, Starter

if TYPE_CHECKING:
    from retake.aws.s3 import InboxObject

PATIENCE = 15  # times the settling time: a clip takes longer to upload than its settings
MAX_PATIENCE_SECONDS = 900  # the longest that SQS delays a message
NOTE_TRIES = 5
VERSIONS = 100  # of a clip that is uploaded over and over


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarMatcher(Starter):
    """What bringing settings and clip together needs.

    `listed` gives all versions of the objects whose keys begin with the one asked for, each
    object's newest first. Raises Unavailable.
    """

    listed: Callable[[str], Iterable["InboxObject"]]
    settle_seconds: int

    @property
    def patience_seconds(self) -> int:
        """How long settings wait for their clip."""
        return min(MAX_PATIENCE_SECONDS, PATIENCE * self.settle_seconds)

    def current(self, key: str) -> Source | None:
        """The version of an object that is there now."""
        return next((each.source for each in self._versions(key) if each.is_latest), None)

    def edits_of(self, key: str) -> Iterable[Edit]:
        """The edits of the latest versions of a clip, also of those that are deleted."""
        sources = [each.source for each in self._versions(key)]
        ids = [upload_id(each) for each in sources[:VERSIONS]]
        return self.records.get_many(ids).values() if ids else ()

    def _versions(self, key: str) -> Iterator["InboxObject"]:
        """Of the object under this key, in whatever Unicode form that is."""
        for spelled in spellings(key):
            yield from (each for each in self.listed(spelled) if each.source.key == spelled)

    def has(self, upload: Source) -> bool:
        """Whether this version of an object is the one that is there now."""
        there = self.current(upload.key)
        return there is not None and there.version_id == upload.version_id


def attach(
    sidecar: Source,
    *,
    age_seconds: float,
    sidecar_matcher: SidecarMatcher,
    put_back: Callable[[int], None],
) -> Intake:
    """Bring settings to their clip; `put_back` has the message come again after some seconds.

    Settings without a clip wait for it, by their age. What nobody can use any more becomes a
    record that says why. Raises Unavailable, and LostRace when the clip's record does not rest.
    """
    clip = sidecar_matcher.current(required(clip_of(sidecar.key)))
    if clip is not None:
        return _to(clip, sidecar, sidecar_matcher)
    left = int(sidecar_matcher.patience_seconds - max(0.0, age_seconds))
    if left > 0:
        # A clip that comes meanwhile finds its settings by itself: one look at the end is enough.
        put_back(left)
        return Intake(None, reason="its clip has not come yet")
    return _refused(sidecar, sidecar_matcher, _missing_clip(sidecar, sidecar_matcher))


def _to(clip: Source, sidecar: Source, sidecar_matcher: SidecarMatcher) -> Intake:
    # One more announcement of the clip: its own event may come later, or never.
    edit, is_new = sidecar_matcher.record_and_start(clip, source=clip)
    for _ in range(NOTE_TRIES):
        if edit.erased_at is not None or is_accounted_for(sidecar, edit):
            return Intake(edit.edit_id, is_new, "its clip has these settings")
        if edit.is_decided:
            return _too_late(sidecar, edit, sidecar_matcher)
        try:
            sidecar_matcher.records.note_sidecar(edit, _version(sidecar))
        except LostRace:
            edit = sidecar_matcher.records.get(edit.edit_id)
        else:
            return Intake(edit.edit_id, is_new, "settings for a clip that waits")
    raise LostRace(f"{edit.edit_id} does not rest.")


def is_accounted_for(sidecar: Source, edit: Edit) -> bool:
    """Whether the record of the clip tells what became of these settings."""
    is_noted = edit.sidecar_version_id == _version(sidecar)
    return is_noted or (edit.settings_from is not None and edit.settings_from.uses(sidecar))


def _version(upload: Source) -> str:
    # What S3 calls the version of an object that has none.
    return upload.version_id or "null"


def _too_late(sidecar: Source, edit: Edit, sidecar_matcher: SidecarMatcher) -> Intake:
    if _reason(edit) is not Reason.MISSING_PROMPT:
        return _refused(sidecar, sidecar_matcher, _unused(sidecar, edit))
    told = _told_elsewhere(sidecar, sidecar_matcher)
    if told is not None:
        return told
    # The clip was refused for want of what has come now: these settings are an edit of their own,
    # of the version of the clip that was refused. Nothing was sent for that one.
    late, is_new = sidecar_matcher.record_and_start(sidecar, source=edit.upload)
    return Intake(late.edit_id, is_new, "settings for a clip that was refused")


def _reason(edit: Edit) -> Reason | None:
    return edit.conclusion.reason if edit.conclusion else None


def _refused(sidecar: Source, sidecar_matcher: SidecarMatcher, why: Refused) -> Intake:
    told = _told_elsewhere(sidecar, sidecar_matcher)
    if told is not None:
        return told
    edit, is_new = sidecar_matcher.record_and_start(sidecar, conclusion=rejection(why))
    return Intake(edit.edit_id, is_new, str(why.reason))


def _told_elsewhere(sidecar: Source, sidecar_matcher: SidecarMatcher) -> Intake | None:
    """Settings need no record of their own when they were replaced, or used by another version."""
    if not sidecar_matcher.has(sidecar):
        return Intake(None, reason="another version stands in its place, or none")
    for edit in sidecar_matcher.edits_of(required(clip_of(sidecar.key))):
        if is_accounted_for(sidecar, edit):
            return Intake(edit.edit_id, reason="another version of its clip had these settings")
    return None


def _missing_clip(sidecar: Source, sidecar_matcher: SidecarMatcher) -> Refused:
    clip = clip_of(sidecar.key)
    return Refused(
        Reason.MISSING_CLIP,
        f"{sidecar.key} holds settings for {clip}, but no {clip} came within "
        f"{sidecar_matcher.patience_seconds} s. Drop it now and it will be edited with "
        "these settings.",
        field="clip",
        allowed=clip,
    )


_WENT_WITH = {
    SettingsSource.METADATA: "the settings in its own metadata",
    SettingsSource.SIDECAR: "an earlier version of these settings",
    SettingsSource.PRESET: "those of its folder ({key})",
    SettingsSource.DEFAULT: "the stack's DefaultPrompt",
}


_OTHERS = "other settings"


def _unused(sidecar: Source, edit: Edit) -> Refused:
    clip = clip_of(sidecar.key)
    went = edit.settings_from
    how = _WENT_WITH.get(went.road, _OTHERS).format(key=went.key) if went else _OTHERS
    reason = _reason(edit)
    ended = f" ended as {reason}" if reason else f" goes its way with {how}"
    return Refused(
        Reason.SETTINGS_UNUSED,
        f"{sidecar.key} came too late: {edit.edit_id}, the edit of {clip},{ended}. Upload {clip} "
        f"again to have it edited with these settings, or drop a NAME.request.json that names it.",
        field="settings",
        found=edit.edit_id,
        allowed="settings that come before their clip, or soon after it",
    )

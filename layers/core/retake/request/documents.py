"""What settings name in the inbox: small JSON documents, and clips."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from retake.aws.s3 import Head, Storage
from retake.domain.errors import Refused
from retake.domain.folders import Walls
from retake.domain.source import VIDEO_ENDINGS, Source, file_name
from retake.domain.spelling import spellings
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason
from retake.request.json_object import REQUEST_BYTES, object_from_json

Heads = Callable[[Source], Head]


@dataclass(frozen=True, slots=True)
class Document:
    """One version of an object that should hold a JSON object; it is read when asked for."""

    source: Source
    storage: Storage

    def fields(self) -> dict[str, Any]:
        """The JSON object. Raises Refused when it is none, or too large; Unavailable."""
        size = self.source.size_bytes
        if size > REQUEST_BYTES:
            raise Refused(
                Reason.INVALID_REQUEST,
                f"It has {size:,} bytes; {REQUEST_BYTES:,} are allowed.",
                field="request",
                found=size,
                allowed=REQUEST_BYTES,
            )
        return object_from_json(self.storage.read(self.source, 0, size) if size else b"")


def found(source: Source, storage: Storage) -> Document:
    """The document in its pinned version, or in the one that is there now. Raises as `head`."""
    head = storage.head(source)
    version_id = head.version_id or source.version_id
    return Document(replace(source, version_id=version_id, size_bytes=head.size_bytes), storage)


def first_found(bucket: str, keys: Iterable[str], storage: Storage) -> Document | None:
    """The first of these documents that is there; None where there is none. Raises as `head`."""
    for key in keys:
        try:
            return found(Source(bucket=bucket, key=key), storage)
        except Refused as refusal:
            if refusal.reason is not Reason.INPUT_GONE:
                raise
    return None


def head_of_what_is_there(clip: Source, head: Heads) -> Head:
    """The head of a pinned version whose object must still be there, in this version or a later.

    The bucket keeps versions, so what was deleted can still be read; but who deletes a clip does
    not want it edited. Raises Refused, as `head`, and Unavailable.
    """
    try:
        current = head(replace(clip, version_id=None))
    except Refused as refusal:
        if refusal.reason is not Reason.INPUT_GONE:
            raise
        raise Refused(
            Reason.INPUT_GONE,
            f"{clip.key} was deleted before it was read, so it is not edited.",
            field="source",
            found="deleted",
            allowed="a clip that stays until its edit is submitted",
        ) from None
    return current if current.version_id == clip.version_id else head(clip)


def within(walls: Walls, folder: str, head: Heads) -> Heads:
    """`head` for the settings of a folder: what lies behind its walls is not there.

    Settings are held against the walls as they are written; a key may be found in another Unicode
    form, and then its folder is another one.
    """

    def walled(source: Source) -> Head:
        if walls.lets(source.key, folder):
            return head(source)
        raise Refused(Reason.INPUT_GONE, f"There is no {source.key} in the inbox.", field="source")

    return walled


def named_clip(clip: Source, head: Heads) -> Source:
    """The clip that a request names, as it is there now, in whatever Unicode form its key has.

    Raises Refused, as `head`, and Unavailable.
    """
    for key in spellings(clip.key):
        try:
            found = head(replace(clip, key=key))
        except Refused as refusal:
            if refusal.reason is not Reason.INPUT_GONE:
                raise
        else:
            return replace(clip, key=key, version_id=found.version_id, size_bytes=found.size_bytes)
    meant = re.sub(rf"^(s3://{re.escape(clip.bucket)}/|(\./|/)+)", "", clip.key)
    near = f" Did you mean '{meant}'?" if meant not in ("", clip.key) else ""
    raise Refused(
        Reason.INPUT_GONE,
        f"There is no {clip.key} in the inbox.{near}",
        field="source",
        found=clip.key,
        allowed="the key of a clip in the inbox, such as sources/clip.mp4",
    )


def stray(key: str) -> Refused:
    """The refusal of a JSON file that is no settings of any kind."""
    name = file_name(key)[: -len(".json")]
    clip = name if name.lower().endswith(VIDEO_ENDINGS) else f"{name}.mp4"
    return Refused(
        Reason.NOT_A_VIDEO,
        f"{key} is neither a clip nor settings that belong to one. Call the settings of a clip as "
        f"the clip with .json behind it ({clip}.json for {clip}), a request by itself "
        f"{name}.request.json, and put presets into presets/.",
        field="upload",
        found=file_name(key),
        allowed=f"{clip}.json or {name}.request.json",
    )

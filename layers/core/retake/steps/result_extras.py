"""What lies beside a result: its poster, the before/after page, and the digest of its source.

All of it is worth having and none of it is worth a paid result: what cannot be made becomes a
warning. Whatever is written goes to the same key each time, so a second run changes nothing.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from retake.aws.s3 import ObjectReader, Storage
from retake.domain.edit import Edit, Result
from retake.domain.errors import RetakeError, Unavailable
from retake.domain.source import Source
from retake.media.poster import poster_of
from retake.media.ranged_reader import Reader
from retake.presentation.pages.compare import PLAYABLE, ComparedSide
from retake.presentation.pages.embedding import (
    HTML,
    MAX_MEDIA_BYTES,
    Clip,
    as_address,
    page_about,
)

JPEG = "image/jpeg"
# Of the function's 900 s the download may take 600; what is left after these closes the record.
SECONDS = 150.0
MAX_HASHED_BYTES = 1024**3
TOO_LARGE = (
    "The clips are too large to lie in this page, so it shows a frame of each; the result is the "
    "video beside it."
)


class TooSlow(RetakeError):
    """There is no time left for it."""


@dataclass(frozen=True, slots=True)
class SavedResult:
    """A result in its bucket, and what its owner should know about it: in sentences, and in
    `details` what is found and expected of each figure that differs."""

    result: Result
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Digest:
    """The SHA-256 of what passes."""

    chunks: Iterable[bytes]
    _digest: Any = field(default_factory=hashlib.sha256)

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self._digest.update(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        return str(self._digest.hexdigest())


@dataclass(frozen=True, slots=True)
class ExtrasMaker:
    """Makes what lies beside results. `picture` gives a JPEG of a stored video."""

    storage: Storage
    picture: Callable[[Reader], bytes] = poster_of
    most_media_bytes: int = MAX_MEDIA_BYTES
    clock: Callable[[], float] = time.monotonic

    def made(self, edit: Edit, kept: SavedResult, finished_at: str) -> SavedResult:
        """The result with its poster, page and source's digest, as far as they could be made."""
        return _Making(self, edit, kept, finished_at).done()

    def found(self, kept: SavedResult) -> SavedResult:
        """The result with what an earlier run has made; nothing is made. Raises Unavailable."""
        result = kept.result
        poster_key, page_key = keys_beside(result)
        has_poster, has_page = (
            bool(self.storage.size_of(result.bucket, key)) for key in (poster_key, page_key)
        )
        found = replace(
            result,
            poster_key=poster_key if has_poster else None,
            page_key=page_key if has_page else None,
        )
        return replace(kept, result=found)


class _Making:
    """One result's: the same clip is read, hashed and shown, so these share what they learn."""

    def __init__(self, tools: ExtrasMaker, edit: Edit, kept: SavedResult, finished_at: str) -> None:
        self._tools = tools
        self._storage = tools.storage
        self._edit = edit
        self._result = kept.result
        self._finished_at = finished_at
        self._warnings = list(kept.warnings)
        self._details = kept.details
        self._until = tools.clock() + SECONDS
        self._source_sha256: str | None = None

    def done(self) -> SavedResult:
        poster_key, page_key = keys_beside(self._result)
        poster = self._still("poster", self._shown, self._result.size_bytes)
        has_poster = (
            self._written("poster", poster_key, lambda: self._put(poster_key, poster))
            if poster
            else self._is_there(poster_key)
        )
        clip = self._clip()
        has_page = self._written(
            "before/after page", page_key, lambda: self._save_page(page_key, poster, clip)
        )
        if self._source_sha256 is None:
            self._hash_source()
        return SavedResult(
            replace(
                self._result,
                poster_key=poster_key if has_poster else None,
                page_key=page_key if has_page else None,
                source_sha256=self._source_sha256,
            ),
            tuple(self._warnings),
            self._details,
        )

    @property
    def _shown(self) -> Source:
        return Source(bucket=self._result.bucket, key=self._result.key)

    def _still(self, what: str, source: Source, size_bytes: int) -> bytes | None:
        try:
            return self._tools.picture(ObjectReader(self._storage, source, size_bytes))
        except Exception as error:  # libav has many, and none of them is worth a paid result
            self._warn(what, error)
            return None

    def _clip(self) -> Source | None:
        """The clip as the provider had it, with its size; None when there is none to show."""
        for clip in (self._edit.fitted, self._edit.source):
            if clip is not None:
                with suppress(RetakeError):
                    return replace(clip, size_bytes=self._storage.head(clip).size_bytes)
        if self._edit.source is not None:
            self._warnings.append(
                "The clip can no longer be read, so the before/after page shows only the result."
            )
        return None

    def _put(self, key: str, picture: bytes) -> None:
        self._storage.put(self._result.bucket, key, picture, JPEG)

    def _save_page(self, key: str, poster: bytes | None, clip: Source | None) -> None:
        warnings = [*self._edit.warnings, *self._warnings]
        still = as_address(poster) if poster else None
        after: Clip | ComparedSide = ComparedSide(poster_url=still)
        before: Clip | ComparedSide | None = None
        passing: Digest | None = None
        media_bytes = self._result.size_bytes + (clip.size_bytes if clip else 0)
        is_small = media_bytes <= self._tools.most_media_bytes
        if is_small:
            after = Clip(self._result.size_bytes, self._pieces(self._shown), still)
        else:
            warnings.append(TOO_LARGE)
        if clip is not None:
            still = self._still_before(clip, is_small)
            before = ComparedSide(poster_url=still)
            if is_small:
                passing = Digest(self._pieces(clip))
                before = Clip(clip.size_bytes, passing, still)
        edit = replace(
            self._edit,
            result=self._result,
            finished_at=self._finished_at,
            warnings=tuple(warnings),
        )
        length, pieces = page_about(edit, before=before, after=after)
        self._storage.save(self._result.bucket, key, pieces, length=length, content_type=HTML)
        if passing is not None and self._edit.fitted is None:
            self._source_sha256 = passing.sha256

    def _still_before(self, clip: Source, is_small: bool) -> str | None:
        """A frame of the clip, where the clip itself is not there or will not play everywhere."""
        codec = (self._edit.footage or {}).get("codec", "h264")
        if is_small and codec in PLAYABLE:
            return None
        picture = self._still("picture of the clip", clip, clip.size_bytes)
        return as_address(picture) if picture else None

    def _hash_source(self) -> None:
        """The digest of what was uploaded, read for that alone."""
        source = self._edit.source
        if source is None:
            return
        with suppress(RetakeError):
            if self._storage.head(source).size_bytes <= MAX_HASHED_BYTES:
                passing = Digest(self._pieces(source))
                for _ in passing:
                    pass
                self._source_sha256 = passing.sha256

    def _pieces(self, source: Source) -> Iterator[bytes]:
        return self._timed(self._storage.stream(source))

    def _timed(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._tools.clock() > self._until:
                raise TooSlow
            yield chunk

    def _written(self, what: str, key: str, write: Callable[[], None]) -> bool:
        try:
            try:
                write()
            except Unavailable:
                # Once more, to the same key: the write may still be on its way.
                write()
        except Exception as error:  # a page that cannot be made is not worth a paid result
            if self._is_there(key):
                return True
            self._warn(what, error)
            return False
        return True

    def _is_there(self, key: str) -> bool:
        """Whether an earlier run was luckier. What lies there must be named: an erasure asks."""
        with suppress(Unavailable):
            return bool(self._storage.size_of(self._result.bucket, key))
        return False

    def _warn(self, what: str, error: Exception) -> None:
        why = str(error) if isinstance(error, RetakeError) else type(error).__name__
        warning = f"No {what} could be made: {why}"
        if warning not in self._warnings:  # what is tried again may fail again
            self._warnings.append(warning)


def keys_beside(result: Result) -> tuple[str, str]:
    """Where the poster and the page of a result go: its own key with another ending."""
    base = result.key.removesuffix(".mp4")
    return f"{base}.jpg", f"{base}.html"

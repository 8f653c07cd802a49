"""What lies beside a result: its poster, the before/after page, and the digest of its source.

All of it is worth having and none of it is worth a paid result: what cannot be made becomes a
warning. Whatever is written goes to the same key each time, so a second run changes nothing.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import field, replace
from typing import Any

from retake.aws.s3 import ObjectReader, Storage
from retake.domain.edit import Edit, Result
from retake.domain.errors import RetakeError, Unavailable
from retake.domain.source import Source
from retake.domain.values import dataclass
from retake.media.poster import poster_of
from retake.media.ranged_reader import Reader
from retake.presentation.pages.compare import ComparedSide, page_beside
from retake.presentation.pages.document import HTML

JPEG = "image/jpeg"
PAGE_TAG = "retake=page"  # by which the bucket knows what goes after PageDays
# Of the function's 900 s the download may take 600; what is left after these closes the record.
SECONDS = 150.0
MAX_HASHED_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class SavedResult:
    """A result in its bucket, and what its owner should know about it: in sentences, and in
    `details` what is found and expected of each figure that differs."""

    result: Result
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExtrasMaker:
    """Makes what lies beside results. `picture` gives a JPEG of a stored video; `simulated` are the
    providers that nobody pays."""

    storage: Storage
    picture: Callable[[Reader], bytes] = poster_of
    clock: Callable[[], float] = time.monotonic
    simulated: Collection[str] = ()

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
    """One result's: its parts share the time there is and what they have to warn of."""

    def __init__(self, tools: ExtrasMaker, edit: Edit, kept: SavedResult, finished_at: str) -> None:
        self._tools = tools
        self._storage = tools.storage
        self._edit = edit
        self._result = kept.result
        self._finished_at = finished_at
        self._warnings = list(kept.warnings)
        self._details = kept.details
        self._until = tools.clock() + SECONDS

    def done(self) -> SavedResult:
        poster_key, page_key = keys_beside(self._result)
        poster = self._still("poster", self._shown, self._result.size_bytes)
        has_poster = (
            self._written("poster", poster_key, lambda: (poster, JPEG, None))
            if poster
            else self._is_there(poster_key)
        )
        has_page = self._written(
            "before/after page", page_key, lambda: (self._page(poster), HTML, PAGE_TAG)
        )
        return SavedResult(
            replace(
                self._result,
                poster_key=poster_key if has_poster else None,
                page_key=page_key if has_page else None,
                source_sha256=self._source_sha256(),
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

    def _page(self, poster: bytes | None) -> bytes:
        """A frame of each clip, and the clips themselves where they lie beside the page."""
        edit, clip, before = self._edit, self._clip(), None
        if clip is not None:
            still = self._still("picture of the clip", clip, clip.size_bytes)
            # A repaired copy is nowhere else, and soon not where it is.
            is_copy = edit.fitted is not None and clip.key == edit.fitted.key
            before = ComparedSide.beside("" if is_copy else _file_name(clip.key), still)
        done = replace(
            edit,
            result=self._result,
            finished_at=self._finished_at,
            warnings=(*edit.warnings, *self._warnings),
        )
        after = ComparedSide.beside(_file_name(self._result.key), poster)
        simulated = self._tools.simulated
        return page_beside(done, before=before, after=after, simulated=simulated)

    def _source_sha256(self) -> str | None:
        """Of what was uploaded: S3's own where the upload brought one, else read for it alone."""
        source = self._edit.source
        if source is None:
            return None
        with suppress(RetakeError):
            known = self._storage.sha256_of(source)
            if known is not None or (source.size_bytes or 0) > MAX_HASHED_BYTES:
                return known
            digest = hashlib.sha256()
            for chunk in self._storage.stream(source):
                if self._tools.clock() > self._until:
                    return None
                digest.update(chunk)
            return digest.hexdigest()
        return None

    def _written(
        self, what: str, key: str, made: Callable[[], tuple[bytes, str, str | None]]
    ) -> bool:
        def write() -> None:
            body, content_type, tag = made()
            self._storage.put(self._result.bucket, key, body, content_type, tag=tag)

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


def _file_name(key: str) -> str:
    return key.rpartition("/")[2]


def keys_beside(result: Result) -> tuple[str, str]:
    """Where the poster and the page of a result go: its own key with another ending."""
    base = result.key.removesuffix(".mp4")
    return f"{base}.jpg", f"{base}.html"

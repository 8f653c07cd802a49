"""Keeping a result: copied once, looked into, and found again after a crash."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from retake.aws.s3 import ObjectReader, Saved, Storage
from retake.catalog.models import MODELS
from retake.domain.edit import Edit, Result
from retake.domain.errors import (
    Forbidden,
    Misconfigured,
    NotFootage,
    OutboundError,
    TooLarge,
    Unavailable,
)
from retake.domain.footage import Footage
from retake.domain.patterns import pattern
from retake.domain.result_keys import key_beside, result_keys
from retake.domain.source import Source
from retake.domain.stored import moment
from retake.domain.trouble import Trouble
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason
from retake.media.ai_label import Marking
from retake.media.mp4.boxes import Malformed
from retake.media.mp4.comment_tag import COMMENT
from retake.media.poster import poster_of
from retake.media.probe import index_of, probe
from retake.media.ranged_reader import Blocks, Budget, Reader
from retake.providers.base import Provider, task_of
from retake.providers.contract import Report, Verdict
from retake.steps.bad_results import BadResult as BadResult
from retake.steps.bad_results import FinalResult as FinalResult
from retake.steps.bad_results import taken_over
from retake.steps.result_differences import differences
from retake.steps.result_extras import ExtrasMaker, SavedResult
from retake.steps.result_worth import HEAD_BYTES, sentence_about, worth

if TYPE_CHECKING:
    from retake.outbound.client import Download, Outbound

DOWNLOAD_SECONDS = 600.0  # inside the function's 900 s, with time left to probe and to close
RESULT_BYTES = 1024**3
BAD_RESULT_TRIES = 3  # at least, within the stack's patience
REDIRECTS = 3
EXPIRED_STATUSES = frozenset({403, 404, 410})  # what a link answers when its time is over
UNPLAYABLE, UNFETCHED = "UNPLAYABLE", "UNFETCHED"  # what is waited out while a result is fetched
_WHOLE_RANGE = pattern(r"bytes 0-(?P<last>\d{1,15})/(?P<size>\d{1,15})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResultSaver:
    """Where results are kept, where they come from, and how they are looked into."""

    storage: Storage
    bucket: str
    provider: Callable[[str], Provider]
    downloads: "Outbound"
    look: Callable[[Reader], Footage] = probe
    mark: bool = True
    patience_seconds: int = 900
    picture: Callable[[Reader], bytes] = poster_of
    simulated: Collection[str] = ()

    @property
    def beside(self) -> ExtrasMaker:
        """What makes the poster and the page of a result."""
        return ExtrasMaker(self.storage, self.picture, simulated=self.simulated)

    def kept(
        self, edit: Edit, *, now: float, is_last_try: bool = False, report: Report | None = None
    ) -> SavedResult:
        """The result in the bucket, copied now or by an earlier run that could not say so. `now`
        is Unix time, `report` an answer of this moment that says where it is. Raises
        BadResult, and Unavailable while it cannot be had. In the last try it is stored byte for
        byte as it comes, so that it stays whatever it is.
        """
        is_marked = self.mark and not is_last_try
        if edit.reused_result is not None:
            key, _ = result_keys(edit)
            saved = taken_over(edit, edit.reused_result, self.storage, self.bucket, key)
            clip = self._checked(edit, key, saved.size_bytes)
            marked = edit.reused_result.marked
            return _described(edit, self._result(edit, saved, clip, marked=marked))
        return self.adopted(edit) or self._copied(edit, now, report, is_marked=is_marked)

    def adopted(self, edit: Edit, saved: Saved | None = None) -> SavedResult | None:
        """The result that an earlier run has stored, or this one as `saved`, if it is whole."""
        key, _ = result_keys(edit)
        size_bytes = saved.size_bytes if saved else self.storage.size_of(self.bucket, key)
        if not size_bytes:
            return None
        try:
            clip = self._checked(edit, key, size_bytes)
        except BadResult:
            return None
        if saved is None:
            if self.storage.size_of(self.bucket, key_beside(key)) is not None:
                self.storage.delete(self.bucket, key_beside(key))  # whoever moved it here has died
            saved = Saved(size_bytes, self.storage.digest(self.bucket, key))
        is_marked = self._is_marked(edit, key, size_bytes)
        return _described(edit, self._result(edit, saved, clip, marked=is_marked))

    def left_behind(self, edit: Edit) -> dict[str, Any]:
        """Where what the provider delivered lies although it does not play; {} when there is
        nothing. Raises Unavailable."""
        key, _ = result_keys(edit)
        size_bytes = self.storage.size_of(self.bucket, key)
        if size_bytes is None:
            return {}
        return {"delivered": {"bucket": self.bucket, "key": key, "size_bytes": size_bytes}}

    def _copied(
        self, edit: Edit, now: float, report: Report | None, *, is_marked: bool
    ) -> SavedResult:
        # The link is asked for now, never stored: it is signed, and the last one may be too old.
        try:
            report = report or self.provider(edit.provider_key).poll(task_of(edit))
        except Misconfigured as error:
            raise Unavailable(str(error)) from None
        link = _link_in(report, edit)
        key, _ = result_keys(edit)
        # What does not play stays where it is: it was paid for, and may be all there ever is. So
        # what comes after it is put beside it, and takes its place only if it is better.
        kept_bytes = self.storage.size_of(self.bucket, key) or 0
        at = key_beside(key) if kept_bytes else key
        saved, marking = self._fetched(edit, link, at, now, is_marked=is_marked)
        try:
            clip = self._checked(edit, at, saved.size_bytes)
        except BadResult:
            if kept_bytes:
                self._keep_better(key, kept_bytes, at, saved.size_bytes)
                self._checked(edit, key, self.storage.size_of(self.bucket, key) or 0)
            raise
        if kept_bytes:
            self._move(at, key, saved.size_bytes)
        marked = marking is not None and marking.marked
        why_not = marking.why_not if marking else "It could only be kept as it came."
        warnings = (
            (f"The video carries no mark that it was edited by AI. {why_not}",)
            if self.mark and not marked
            else ()
        )
        return _described(edit, self._result(edit, saved, clip, marked=marked), warnings)

    def _keep_better(self, key: str, kept_bytes: int, at: str, came_bytes: int) -> None:
        if self._worth(at, came_bytes) > self._worth(key, kept_bytes):
            self._move(at, key, came_bytes)
        else:
            self.storage.delete(self.bucket, at)

    def _worth(self, key: str, size_bytes: int) -> tuple[int, int]:
        where = Source(bucket=self.bucket, key=key)
        head = self.storage.read(where, 0, min(size_bytes, HEAD_BYTES)) if size_bytes else b""
        return worth(head, size_bytes)

    def _move(self, at: str, key: str, size_bytes: int) -> None:
        chunks = self.storage.stream(Source(bucket=self.bucket, key=at))
        self.storage.save(self.bucket, key, chunks, length=size_bytes, is_digested=False)
        self.storage.delete(self.bucket, at)

    def is_last_try(self, trouble: Trouble | None, now: datetime) -> bool:
        """Whether what came was bad so often, and for so long, that one more time settles it."""
        return (
            trouble is not None
            and trouble.kind == UNPLAYABLE
            and trouble.count >= BAD_RESULT_TRIES - 1
            and trouble.seconds(now) >= self.patience_seconds
        )

    def _fetched(
        self, edit: Edit, link: str, key: str, now: float, *, is_marked: bool
    ) -> tuple[Saved, Marking | None]:
        try:
            with self.downloads.download(
                link, seconds=DOWNLOAD_SECONDS, maximum_bytes=RESULT_BYTES, redirects=REDIRECTS
            ) as download:
                if download.status in EXPIRED_STATUSES and _is_over(edit, now):
                    raise FinalResult(
                        Reason.RESULT_EXPIRED,
                        f"{edit.provider} no longer hands out the result (HTTP {download.status}).",
                        found=download.status,
                    )
                if 300 <= download.status < 400:
                    raise BadResult(
                        Reason.BAD_RESULT,
                        f"The link to the result leads on after {REDIRECTS} redirects (HTTP "
                        f"{download.status}), to nothing.",
                        found=download.status,
                    )
                if not _is_whole(download):
                    raise Unavailable(f"The result's link answered HTTP {download.status}.")
                if not is_marked:
                    return self._saved(key, download.chunks, download.length), None
                marking = Marking(download.chunks, comment_on(edit, now))
                length = download.length
                longer = None if length is None else length + marking.growth_bytes
                return self._saved(key, iter(marking), longer), marking
        except TooLarge as error:
            raise FinalResult(
                Reason.BAD_RESULT,
                f"The result is larger than this stack takes: {error}",
                field="size_bytes",
                allowed=RESULT_BYTES,
            ) from None
        except Forbidden as error:
            raise BadResult(
                Reason.BAD_RESULT, f"The provider's link to the result is not followed: {error}"
            ) from None
        except OutboundError as error:
            raise Unavailable(f"The result could not be fetched: {error}") from None
        except NotFootage as refusal:
            raise _unusable(edit, refusal) from None

    def _saved(self, key: str, chunks: Iterator[bytes], length: int | None) -> Saved:
        return self.storage.save(self.bucket, key, chunks, length=length)

    def _is_marked(self, edit: Edit, key: str, size_bytes: int) -> bool:
        """Whether the stored file carries the mark of this edit."""
        reader = ObjectReader(self.storage, Source(bucket=self.bucket, key=key), size_bytes)
        try:
            movie, _ = index_of(Blocks(reader, Budget()))
        except (NotFootage, Malformed):
            return False
        return COMMENT in movie.moov and edit.edit_id.encode() in movie.moov

    def _checked(self, edit: Edit, key: str, size_bytes: int) -> Footage:
        if size_bytes == 0:
            raise BadResult(Reason.BAD_RESULT, "The provider delivered an empty file.", found=0)
        try:
            clip = self.look(
                ObjectReader(self.storage, Source(bucket=self.bucket, key=key), size_bytes)
            )
        except NotFootage as refusal:
            raise _unusable(edit, refusal) from None
        return clip

    def _result(self, edit: Edit, saved: Saved, clip: Footage, *, marked: bool) -> Result:
        key, manifest_key = result_keys(edit)
        return Result(
            bucket=self.bucket,
            key=key,
            manifest_key=manifest_key,
            size_bytes=saved.size_bytes,
            sha256=saved.sha256,
            duration_seconds=clip.duration_seconds,
            width=clip.width,
            height=clip.height,
            has_audio=clip.has_audio,
            marked=marked,
        )


def comment_on(edit: Edit, now: float) -> str:
    """What a marked file says of itself: by what, for which edit and when, never the prompt."""
    day = datetime.fromtimestamp(now, UTC).date().isoformat()
    return f"AI-edited with {edit.model} by Retake, edit {edit.edit_id}, {day}"


def _is_whole(download: "Download") -> bool:
    """Whether an answer brings the whole file: a range of all of its bytes is one too (RFC 9110,
    15.3.7), and a proxy may say that it has changed something (203)."""
    if download.status == 206:
        told = _WHOLE_RANGE.fullmatch(download.headers.get("content-range", "").strip())
        return told is not None and int(told["last"]) + 1 == int(told["size"])
    return download.status in (200, 203)


def _unusable(edit: Edit, refusal: NotFootage) -> BadResult:
    return BadResult(Reason.BAD_RESULT, sentence_about(edit, refusal), found=refusal.found)


def _link_in(report: Report, edit: Edit) -> str:
    if report.verdict in (Verdict.FAILED, Verdict.MODERATION):
        raise BadResult(
            Reason.PROVIDER_FAILED,
            f"{edit.provider} called the edit done and then failed: {report.detail or 'no reason'}",
        )
    if report.verdict is not Verdict.SUCCEEDED or report.video_url is None:
        raise Unavailable(f"{edit.provider} gave no link to the result ({report.verdict}).")
    return report.video_url


def _is_over(edit: Edit, now: float) -> bool:
    """Whether the time for which the provider keeps results has passed since the first try."""
    kept_seconds = MODELS[edit.model or ""].result_seconds
    if kept_seconds is None or edit.saving_at is None:
        return False
    return now - moment(edit.saving_at).timestamp() > kept_seconds


def _described(edit: Edit, result: Result, warnings: tuple[str, ...] = ()) -> SavedResult:
    """With what is other than was asked for: it is delivered all the same."""
    found = differences(edit, result)
    told = tuple(each.sentence for each in found)
    return SavedResult(result, (*warnings, *told), {each.name: each.figures for each in found})

"""P12: the bytes that Persist moves for one result, and what an edit leaves for good, counted."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retake.aws.s3 import Head, Saved
from retake.domain.edit import Edit
from retake.domain.request import Request
from retake.domain.source import Source
from retake.domain.vocabulary import Status
from retake.outbound.client import Download
from retake.providers.contract import Report, Verdict
from retake.steps.save_result import ResultSaver

from bench import prices
from bench.figures import Goal, Part, Row
from bench.footage import film

MEGABYTES = 15.0
EDITS = 1_000_000
PAGE_DAYS = 90
MOST = 1.5
AT = "2026-03-01T12:00:00.000Z"


class CountingBuckets:
    """Objects in memory; `moved` counts what comes and goes, requests and heads not included."""

    def __init__(self, *, brings_digest: bool) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.moved = 0
        self._brings_digest = brings_digest

    def head(self, source: Source) -> Head:
        return Head(len(self.objects[source.bucket, source.key]), "video/mp4", {})

    def size_of(self, bucket: str, key: str) -> int | None:
        return len(self.objects[bucket, key]) if (bucket, key) in self.objects else None

    def sha256_of(self, source: Source) -> str | None:
        body = self.objects[source.bucket, source.key]
        return hashlib.sha256(body).hexdigest() if self._brings_digest else None

    def read(self, source: Source, offset: int, length: int) -> bytes:
        return self._passed(self.objects[source.bucket, source.key][offset : offset + length])

    def stream(self, source: Source) -> Iterator[bytes]:
        yield self._passed(self.objects[source.bucket, source.key])

    def put(self, bucket: str, key: str, body: bytes, *_: Any, **tag: Any) -> None:
        self.objects[bucket, key] = self._passed(body)

    def save(self, bucket: str, key: str, chunks: Iterator[bytes], **how: Any) -> Saved:
        body = self.objects[bucket, key] = self._passed(b"".join(chunks))
        return Saved(len(body), hashlib.sha256(body).hexdigest())

    @contextmanager
    def download(self, url: str, **how: Any) -> Iterator[Download]:
        """The provider's copy of the result, which is as large as the clip."""
        body = self._passed(self.objects["provider", url])
        yield Download(200, {}, len(body), iter([body]))

    def _passed(self, body: bytes) -> bytes:
        self.moved += len(body)
        return body


def measure(quick: bool) -> Part:
    with tempfile.TemporaryDirectory() as folder:
        video = film(Path(folder) / "clip.mp4", megabytes=MEGABYTES).read_bytes()
    rows = [
        _row("the upload brought its SHA-256", video, brings_digest=True),
        _row("it did not: the clip is read for it", video, brings_digest=False),
    ]
    notes = (
        f"The real steps over buckets in memory; clip and result of {MEGABYTES:.0f} MB each. "
        "What comes in and what goes out is counted, and half of it stated: a copy moves its "
        "bytes once.",
        f"At rest: a month of storage for {EDITS:,} edits, at the prices of {prices.AS_OF} for "
        f"S3 Standard, results and what stays beside them; pages for the {PAGE_DAYS} days that "
        "they are kept, with their tags, if all came in one month. Clips in the inbox are the "
        "uploader's.",
    )
    return Part("p12", "What Persist moves, and what an edit leaves", "the result", rows, notes)


def _row(what: str, video: bytes, *, brings_digest: bool) -> Row:
    buckets = CountingBuckets(brings_digest=brings_digest)
    source = Source(bucket="inbox", key="clip.mp4", size_bytes=len(video))
    buckets.objects["inbox", source.key] = buckets.objects["provider", "https://cdn/a"] = video
    report = Report(verdict=Verdict.SUCCEEDED, video_url="https://cdn/a")
    edit = Edit(
        edit_id="e-0123456789abcdefghjk",
        status=Status.SAVING,
        created_at=AT,
        updated_at=AT,
        upload=source,
        source=source,
        model="novita/kling-o1-edit",
        provider="novita",
        request=Request(prompt="make it snow"),
        footage={"codec": "h264", "duration_seconds": 3.0, "width": 1280, "height": 720},
    )
    buckets_: Any = buckets  # stands in for S3 and for the way out
    keeper = ResultSaver(buckets_, "results", lambda name: _unasked(), buckets_)
    kept = keeper.kept(edit, now=1.7e9, report=report)
    done = keeper.beside.made(edit, kept, AT)
    times = buckets.moved / 2 / len(video)
    left = {
        key: len(body) for (bucket, key), body in buckets.objects.items() if bucket == "results"
    }
    page = left.pop(str(done.result.page_key))
    pages = page / 1e9 * prices.S3_GB_MONTH + prices.S3_TAG_MONTH
    figures: dict[str, Any] = {
        "moved": f"{times:.2f} ×",
        "page": f"{page / 1e3:,.0f} KB",
        "results, a month": f"${sum(left.values()) / 1e9 * prices.S3_GB_MONTH * EDITS:,.0f}",
        "pages, a month": f"${pages * EDITS:,.0f}",
    }
    why = "the digest of the clip stands in the manifest, and S3 keeps none unless it was given one"
    return Row(what, figures, times, Goal(f"≤ {MOST} ×", times <= MOST, why))


def _unasked() -> Any:
    raise AssertionError("The answer was given.")

"""Pictures of edited pieces, which pieces that come later are shown, stored beside them."""

from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from retake.aws.s3 import ObjectReader
from retake.catalog.repair_plan import Target
from retake.domain.edit import Edit, Result
from retake.domain.source import Source, fitted_key
from retake.domain.stored import required
from retake.media.last_picture import last_picture_of
from retake.media.measure import Deadline, survey
from retake.media.poster import poster_of
from retake.steps.fit import Bench, fetched, pinned


def anchor_picture(edit: Edit, result: Result, bench: Bench) -> Source:
    """One that tells what an edited piece looks like. Raises Unavailable."""
    source = Source(bucket=result.bucket, key=result.key)
    picture = poster_of(ObjectReader(bench.storage, source, result.size_bytes))
    return _kept(edit, "anchor", picture, bench)


def last_picture(edit: Edit, at: int, result: Result, bench: Bench) -> Source:
    """The frame with which an edited piece ends in the film. Raises Unavailable, Refused."""
    film = required(edit.film)
    source = Source(bucket=result.bucket, key=result.key, size_bytes=result.size_bytes)
    with TemporaryDirectory(prefix="retake-last-") as room:
        piece, watch = fetched(source, bench, Path(room) / "piece"), Deadline(bench.seconds)
        target = Target(film.width, film.height, Fraction(film.rate), film.sent[at], 0)
        picture = last_picture_of(piece, survey(piece, watch), target, watch)
    return _kept(edit, f"last-{at + 1}", picture, bench)


def _kept(edit: Edit, name: str, picture: bytes, bench: Bench) -> Source:
    key = fitted_key(edit.edit_id).removesuffix("mp4") + f"{name}.jpg"
    bench.storage.put(bench.bucket, key, picture, "image/jpeg")
    return pinned(Source(bucket=bench.bucket, key=key), bench)

"""The readers of files: whatever is in one, sane figures, a file that is sound, or a reason."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from retake.aws.dynamodb_values import to_attribute
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import target_for
from retake.domain.errors import NotFootage, Refused
from retake.domain.vocabulary import Fit
from retake.media.ai_label import GROWTH_BYTES, Marking
from retake.media.file_type import looks_like
from retake.media.file_type import looks_like as kind_of
from retake.media.image_header import read_picture
from retake.media.measure import Deadline, FileReader, survey
from retake.media.poster import NoPoster, poster_of
from retake.media.probe import probe
from retake.media.transcode import remake

from tests.support.video_files import Stored

PROBE_BYTES, PROBE_REQUESTS, PROBE_SECONDS = 1024 * 1024, 64, 5.0
REPAIR_SECONDS = 5.0


def kept(refusal: Refused) -> None:
    """A refusal is a sentence, and can be written on a record."""
    assert str(refusal)
    to_attribute({"message": str(refusal), **refusal.details()})


def video(data: bytes) -> None:
    """Any file as a clip: sane figures or a reason, within the budget of bytes and time."""
    stored, begun = Stored(data), time.thread_time()
    try:
        clip = probe(stored)
    except NotFootage as refusal:
        kept(refusal)
    else:
        assert 0 < clip.duration_seconds <= 7 * 24 * 3600
        assert 0 < clip.fps <= 1000
        assert min(clip.width, clip.height) > 0
        to_attribute([clip.codec, clip.brand, clip.container])
    assert stored.requests <= PROBE_REQUESTS
    assert stored.bytes_read <= max(PROBE_BYTES, len(data))
    assert time.thread_time() - begun < PROBE_SECONDS


def picture(data: bytes) -> None:
    """Any file as a reference picture."""
    assert looks_like(data[:512]) == kind_of(data[:512])
    found = read_picture(data)
    if found is not None:
        assert found.format in ("png", "jpg", "webp")
        assert (found.width is None) is (found.height is None)
        assert 0 <= (found.width or 0) < 2**32


def marking(data: bytes) -> None:
    """Any file as a result to be marked, in pieces of any size: as long as was said."""
    piece = 1 + (data[0] if data else 0) * 31
    marking = Marking((data[at : at + piece] for at in range(0, len(data), piece)), "AI-edited")
    try:
        marked = b"".join(marking)
    except NotFootage as refusal:
        kept(refusal)
        return
    assert len(marked) == len(data) + marking.growth_bytes
    assert marking.growth_bytes in (0, GROWTH_BYTES)
    assert marking.marked is not bool(marking.why_not)
    if not marking.marked:
        assert marked.startswith(data)


def poster(data: bytes) -> None:
    """Any file as a video to be shown: a JPEG, or a reason why there is none."""
    try:
        jpeg = poster_of(Stored(data))
    except (NoPoster, NotFootage):
        return
    assert jpeg.startswith(b"\xff\xd8\xff")


def repair(data: bytes) -> None:
    """Any file on its way through a repair: one within the target, or a refusal, in time."""
    model = MODELS["novita/kling-o1-edit"]
    with TemporaryDirectory() as room:
        clip, made = Path(room) / "clip", Path(room) / "made.mp4"
        clip.write_bytes(data)
        watch = Deadline(REPAIR_SECONDS)
        begun = time.thread_time()
        try:
            found = survey(clip, watch)
            mode = model.variant(fast=False)
            target = target_for(
                found.footage, is_steady=found.is_steady, fit=Fit.AUTO, model=model, mode=mode
            )
            remake(clip, found, target, made, watch)
        except Refused as refusal:
            kept(refusal)
        else:
            probe(FileReader(made))
        assert time.thread_time() - begun < 2 * REPAIR_SECONDS

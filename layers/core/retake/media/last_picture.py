"""The last frame of an edited piece as its film has it, for the piece that goes on from there."""

from pathlib import Path

import av

from retake.catalog.repair_plan import Target
from retake.domain.display import Display
from retake.media.measure import Deadline, Survey
from retake.media.poster import jpeg_of
from retake.media.transcode import frames


def last_picture_of(piece: Path, found: Survey, target: Target, watch: Deadline) -> bytes:
    """A JPEG. Raises Refused where the piece cannot be decoded."""
    last: list[av.VideoFrame] = []

    def take(picture: av.VideoFrame) -> None:
        last[:] = [picture]

    frames(piece, found, target, take, watch, may_end_early=True)
    return jpeg_of(last[0], Display(target.width, target.height))

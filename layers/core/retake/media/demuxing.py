"""A stranger's file as libav opens it, of any kind in `retake.catalog.repair_plan.CONVERTIBLE`.

The demuxer is named and never guessed (some guesses are play lists, which name other files), and
nothing but the file itself may be opened.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from retake.catalog.repair_plan import CONVERTIBLE, not_repairable

# A decoder keeps up to sixteen pictures. Measured with such files: 1 GB for 4:2:0 at 8 bits,
# 2.4 GB for 4:4:4 at 10 bits, of the 3 GB that the function has.
MAX_PIXELS = 4096 * 4096
_COVERS = frozenset({"mjpeg", "png"})
_STILL = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
OPTIONS = {
    "protocol_whitelist": "none",
    "format_whitelist": ",".join(["mov", *CONVERTIBLE.values()]),
}


class Deadline:
    """How much time a repair may still take."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends_at = clock() + seconds

    def check(self) -> None:
        """Raises Refused with NOT_REPAIRABLE when the time is over."""
        if self._clock() >= self._ends_at:
            raise not_repairable(f"it would take longer than {self._seconds:.0f} s")


@contextmanager
def opened(
    path: Path, demuxer: str, *, number: int | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A file and its stream of moving pictures; what libav says is told as NOT_REPAIRABLE.

    `number` is that of the track in an MP4; without it covers stand behind all others.
    """
    try:
        with (
            path.open("rb") as file,
            av.open(file, "r", format=demuxer, options=OPTIONS) as container,
        ):
            moving = [
                s
                for s in container.streams.video
                # PyAV gives None, against its own type hints, where libav knows no such codec.
                if not s.disposition & _STILL and getattr(s, "codec_context", None) is not None
            ]
            moving.sort(key=lambda s: (s.id != number, s.codec_context.name in _COVERS))
            if not moving:
                raise not_repairable("no moving pictures that can be read are in it")
            stream = moving[0]
            stream.codec_context.thread_type = "SLICE"  # a thread a frame would keep more of them
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            yield container, stream
    except (
        *(av.FFmpegError, ValueError, OverflowError, ZeroDivisionError, EOFError),
        IndexError,  # of PyAV, where a file's streams are not numbered one after another
    ) as error:
        raise not_repairable(f"libav cannot read it ({type(error).__name__})") from error

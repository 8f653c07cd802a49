"""Clips in and out: decoded into pictures with their times, encoded as mp4 with the index first."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av import Packet
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from local.fake_model.picture import ColourTags, Frame, Size, to_frame

BT709 = ColourTags()
ENCODER = {"preset": "ultrafast", "crf": "23", "bf": "0"}
"""Speed first; without B-frames the file needs no edit list to start at zero."""


@contextmanager
def opened(source: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A clip and its moving picture; ValueError when there is none to decode."""
    with reading(source):
        film = av.open(str(source))
    with film:
        yield film, _moving_track(film, source)


@contextmanager
def reading(source: Path) -> Iterator[None]:
    """What the decoder complains about becomes a ValueError that names the file."""
    try:
        yield
    except (FFmpegError, OSError) as error:
        raise ValueError(f"{source.name} is not a decodable video ({error.strerror}).") from error


def packets(
    film: InputContainer, tracks: Sequence[Stream], source: Path
) -> Iterator["Packet[Any]"]:
    """The packets of some tracks in the file's order, an empty one last for each."""
    left = film.demux(list(tracks))
    while True:
        with reading(source):
            packet = next(left, None)
        if packet is None:
            return
        yield packet


def _moving_track(film: InputContainer, source: Path) -> VideoStream:
    for track in film.streams.video:
        if not track.disposition & Disposition.attached_pic:
            return track
    raise ValueError(f"{source.name} has no video track.")


@contextmanager
def written(destination: Path) -> Iterator[OutputContainer]:
    """An mp4 to write into, which is removed again when writing it fails."""
    try:
        with av.open(
            str(destination), "w", format="mp4", options={"movflags": "+faststart"}
        ) as print_:
            yield print_
    except BaseException:
        with suppress(FileNotFoundError):
            destination.unlink()
        raise


class Stopped(Exception):
    """Whoever wanted the film has ended."""


class Reel:
    """The video track of an mp4 that is being written."""

    def __init__(
        self,
        print_: OutputContainer,
        rate: Fraction,
        time_base: Fraction,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`rate` in frames a second is a hint; `time_base` is the unit of every pts.

        Where nobody waits for it any more, `is_stopped`, the next picture raises Stopped.
        """
        self._print = print_
        self._is_stopped = is_stopped
        self._stream = print_.add_stream("libx264", rate=rate, options=ENCODER)
        self._stream.pix_fmt = "yuv420p"
        self._time_base = time_base
        context = self._stream.codec_context
        context.time_base = time_base
        context.thread_count = 2

    def load(self, size: Size, colours: ColourTags = BT709) -> None:
        """Say what the pictures are like; nothing may be written before."""
        self._stream.width, self._stream.height = size.width, size.height
        context = self._stream.codec_context
        context.color_range = ColorRange.MPEG
        context.color_primaries, context.color_trc = colours.primaries, colours.transfer
        context.colorspace = colours.matrix

    def show(self, picture: Frame, pts: int, duration: int) -> None:
        """Add one picture at `pts` that is meant to stay for `duration`."""
        if self._is_stopped():
            raise Stopped
        frame = to_frame(picture, pts, self._time_base)
        frame.duration = duration
        self._print.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what the encoder still holds back."""
        self._print.mux(self._stream.encode(None))

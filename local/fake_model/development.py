"""The edit itself: every frame repainted by the prompt, every timestamp and sound kept."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av import Packet
from av.container import InputContainer
from av.video.stream import VideoStream

from local.fake_model.film import Reel, opened, packets, reading, written
from local.fake_model.framing import crop, read_ratio
from local.fake_model.picture import ColourTags, Frame, of_frame
from local.fake_model.sound import Sound
from local.fake_model.treatments import painter_for


def develop(
    source: Path,
    destination: Path,
    *,
    prompt: str,
    keep_audio: bool,
    aspect_ratio: str | None = None,
    images: Sequence[Path] = (),
    is_stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Write an mp4 (H.264, yuv420p, index first) of the source as the prompt describes it.

    Frames keep their number and timestamps; sound is copied packet by packet where mp4 can hold
    it. `aspect_ratio` such as "9:16" crops from the middle; None or "auto" keeps the source's.
    Raises ValueError when the source is not a decodable video, a picture cannot be read or the
    ratio is not one, and Stopped as soon as `is_stopped`.
    """
    ratio = None if aspect_ratio in (None, "auto") else read_ratio(str(aspect_ratio))

    def framed(picture: Frame) -> Frame:
        return picture if ratio is None else crop(picture, ratio)

    with opened(source) as (film, track), written(destination) as print_:
        clock = _Clock(film, track)
        reel = Reel(print_, clock.rate, clock.time_base, is_stopped)
        sound = Sound(film, print_, clock.begin) if keep_audio and film.streams.audio else None
        waiting: list[Packet[Any]] = []
        paint = None
        track.codec_context.thread_count = 2
        for packet in packets(film, [track, sound.track] if sound else [track], source):
            if packet.stream is not track:
                waiting.append(packet)
            else:
                with reading(source):
                    frames = packet.decode()
                for frame in frames:
                    picture = framed(of_frame(frame))
                    if paint is None:
                        paint = painter_for(prompt, picture.size, images)
                        reel.load(picture.size, ColourTags.of(frame))
                    pts = clock.stamp(frame.pts)
                    painted = paint(picture, float(pts * clock.time_base))
                    reel.show(painted, pts, frame.duration or clock.step)
            # The file's head needs the picture size, so sound waits for the first picture.
            while sound and paint and waiting:
                sound.take(waiting.pop(0))
        if paint is None:
            raise ValueError(f"{source.name} holds no decodable frame.")
        reel.close()


class _Clock:
    """The source's timestamps, from zero and always rising."""

    def __init__(self, film: InputContainer, track: VideoStream) -> None:
        self.time_base = track.time_base or Fraction(1, 90000)
        self.rate = track.average_rate or Fraction(30)
        self.step = max(round(1 / (self.rate * self.time_base)), 1)
        # Transport streams begin at any time; the mp4 begins at zero.
        self.begin = Fraction(max(film.start_time or 0, 0), av.time_base)
        self._offset = round(self.begin / self.time_base)
        self._last: int | None = None

    def stamp(self, pts: int | None) -> int:
        """The time of the next frame, which some formats leave out."""
        if self._last is None:
            self._last = 0 if pts is None else pts - self._offset
        elif pts is None:
            self._last += self.step
        else:
            self._last = max(pts - self._offset, self._last + 1)
        return self._last

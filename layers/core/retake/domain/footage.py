"""What a video file holds, as numbers and names; `retake.media.probe` reads it from the file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Footage:
    """What a video file holds.

    `width` and `height` are as displayed, after turning by `rotation_degrees` clockwise; `fps` is
    the average, of a fragmented file over the fragments looked at; `duration_seconds` the video
    track's, edit list applied; `brand` what `ftyp` says; `codec` libav's name for it.
    """

    container: str
    codec: str
    duration_seconds: float
    width: int
    height: int
    fps: float
    has_audio: bool
    size_bytes: int
    rotation_degrees: int = 0
    brand: str = ""

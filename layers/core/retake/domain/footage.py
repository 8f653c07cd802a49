"""What a video file holds, as numbers and names; `retake.media.probe` reads it from the file."""

from enum import StrEnum

from retake.domain.values import dataclass


class Oddity(StrEnum):
    """What no model forbids and a provider may show wrongly; `fit: auto` puts it right."""

    ANAMORPHIC = "ANAMORPHIC"
    INTERLACED = "INTERLACED"
    HDR = "HDR"
    UNUSUAL_PIXELS = "UNUSUAL_PIXELS"
    UNUSUAL_TAG = "UNUSUAL_TAG"
    SEVERAL_SOUNDS = "SEVERAL_SOUNDS"


@dataclass(frozen=True, slots=True)
class Footage:
    """What a video file holds.

    `width` and `height` are as displayed: in square pixels, and after turning by `rotation_degrees`
    clockwise. `fps` is the rate that most of its pictures have, of a fragmented file over the
    fragments looked at, `average_fps` the average where that is another. `duration_seconds` is the
    video track's, edit list applied, `whole_seconds` that of the file where it is longer. `brand`
    is what `ftyp` says, `codec` libav's name for it.
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
    average_fps: float | None = None
    whole_seconds: float | None = None
    pixel_aspect: float = 1.0
    is_mirrored: bool = False
    oddities: tuple[str, ...] = ()

    @property
    def coded_sides(self) -> tuple[int, int]:
        """Width and height of the pictures as they are coded, for who looks at nothing else."""
        if self.rotation_degrees % 180:
            return self.width, round(self.height / self.pixel_aspect)
        return round(self.width / self.pixel_aspect), self.height

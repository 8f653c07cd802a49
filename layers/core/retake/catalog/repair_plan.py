"""`fit`: what may be done to a clip that a model would refuse, and what it is brought to."""

from collections.abc import Collection, Mapping, Set
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from retake.catalog.schema import Model, Variant
from retake.domain.errors import Refused
from retake.domain.values import dataclass
from retake.domain.vocabulary import Fit, Operation, Reason

if TYPE_CHECKING:
    from retake.domain.footage import Footage

# Which repair mends which broken rule. What stands nowhere (too short, no pictures, broken) no
# repair can mend.
MENDED_BY: Mapping[Reason, tuple[Fit, ...]] = {
    Reason.TOO_LONG: (Fit.TRIM, Fit.AUTO, Fit.SPLIT),
    Reason.FRAME_TOO_SMALL: (Fit.SCALE, Fit.AUTO, Fit.SPLIT),
    Reason.FRAME_TOO_LARGE: (Fit.SCALE, Fit.AUTO, Fit.SPLIT),
    Reason.FRAME_RATE: (Fit.AUTO, Fit.SPLIT),
    Reason.FORMAT: (Fit.AUTO, Fit.SPLIT),
    Reason.FILE_TOO_LARGE: (Fit.AUTO, Fit.SPLIT),
}
# Files that are no MP4 or QuickTime but hold a video all the same, by what
# retake.media.file_type calls them; and the demuxer of libav that reads them.
CONVERTIBLE: Mapping[str, str] = {
    "a WebM or Matroska video": "matroska",
    "an AVI video": "avi",
    "a Flash video": "flv",
    "an MPEG transport stream": "mpegts",
    "an MPEG program stream": "mpeg",
    "an MXF video": "mxf",
    "a Windows Media file": "asf",
    "an Ogg file": "ogg",
}
# Not every decoder of libav is meant for files of strangers; these are what cameras, phones,
# browsers and editing programs write.
PICTURE_CODECS = frozenset(
    {
        *("h264", "hevc", "vp8", "vp9", "av1", "theora", "mjpeg", "prores", "dnxhd", "cfhd"),
        *("mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v3", "h263", "dvvideo", "qtrle", "png"),
        *("wmv1", "wmv2", "wmv3", "vc1", "flv1", "ffv1", "v210", "rawvideo", "huffyuv", "utvideo"),
    }
)
# A decoder keeps up to sixteen pictures. Measured with such files: 1 GB for 4:2:0 at 8 bits,
# 2.4 GB for 4:4:4 at 10 bits, of the 3 GB that the function has.
MAX_PIXELS = 4096 * 4096
# The function's own disk holds the clip and what is made of it (EphemeralStorage in the template).
MAX_BYTES = 2_000_000_000
# More would be mostly invented: a quarter of 720 pixels is a thumbnail.
MAX_ENLARGED = 4
# What cameras and programs write; a rate a hair beside one of these is meant to be it.
USUAL_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(48),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
_HAIR = Fraction(2, 1000)
_CINEMA = Fraction(3, 100)  # 23.976 is admitted where 24 is asked for
# Left of the file's limit for sound, index and what the rate control overshoots.
_ROOM = 0.85
MAX_BITS_PER_SECOND = 60_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """What a clip is brought to: its sides in pixels, and so many pictures at a constant rate."""

    width: int
    height: int
    rate: Fraction
    pictures: int
    most_bits_per_second: int

    @property
    def seconds(self) -> float:
        return float(self.pictures / self.rate)


def possible_repairs(
    broken: Set[Reason], clip: "Footage", model: Model, mode: Variant
) -> tuple[Fit, ...]:
    """The repairs each of which mends everything that is broken; none, if nothing does."""
    if broken & {Reason.FRAME_TOO_SMALL, Reason.FRAME_TOO_LARGE} and not sides(clip, model):
        return ()
    if clip.codec not in PICTURE_CODECS:
        return ()
    if clip.width * clip.height > MAX_PIXELS or clip.size_bytes > MAX_BYTES:
        return ()
    fits = set(Fit)
    if model.operation is not Operation.EDIT:
        fits.discard(Fit.SPLIT)  # a new video, which a clip is only shown for, has no pieces
    for reason in broken:
        able = {*MENDED_BY.get(reason, ())}
        if reason is Reason.FILE_TOO_LARGE and _shrinks_when_cut(clip, model, mode):
            able.add(Fit.TRIM)
        fits &= able
    return tuple(fit for fit in Fit if fit in fits)


def _shrinks_when_cut(clip: "Footage", model: Model, mode: Variant) -> bool:
    share = mode.maximum_seconds / clip.duration_seconds
    return share < 1 and clip.size_bytes * share <= model.file_bytes * _ROOM


def hint(fits: Collection[Fit]) -> str:
    """What to add to a refusal that a repair would have spared; pieces are told of elsewhere."""
    repairs = [fit for fit in fits if fit is not Fit.SPLIT]
    if not repairs:
        return ""
    words = " or ".join(f"`fit: {fit}`" for fit in repairs)
    return f" With {words} it would be repaired first."


def sides(clip: "Footage", model: Model) -> tuple[int, int] | None:
    """Width and height in the same proportions, even, within the model's range; None if there are
    none, or the picture is so small that it would be mostly invented."""
    least, most = model.side_minimum, model.side_maximum
    shorter, longer = sorted((clip.width, clip.height))
    factor = min(max(1.0, least / shorter), most / longer)
    # A pixel of rounding is no reason to refuse.
    if round(shorter * factor) < least - 1 or factor > MAX_ENLARGED:
        return None
    width, height = (
        min(max(_even(side * factor), least), most) for side in (clip.width, clip.height)
    )
    return width, height


def target_for(
    clip: "Footage", *, is_steady: bool, fit: Fit, model: Model, mode: Variant
) -> Target:
    """What this clip is brought to, changing only what must be changed.

    Raises Refused with NOT_REPAIRABLE when the repair cannot bring it within the limits.
    """
    found = (_even(clip.width), _even(clip.height))
    if fit in (Fit.SCALE, Fit.AUTO):
        fitting = sides(clip, model)
        if fitting is None:
            raise not_repairable(
                f"a picture of {clip.width}x{clip.height} cannot be scaled to "
                f"{model.side_minimum} to {model.side_maximum} pixels on each side"
            )
        inside = model.side_minimum <= min(found) and max(found) <= model.side_maximum
        found = found if inside else fitting
    rate = _rate(clip.fps, is_steady)
    if fit is Fit.AUTO:
        rate = _within(rate, model)
    return Target(
        *found,
        rate=rate,
        pictures=_pictures(clip.duration_seconds, rate, mode),
        most_bits_per_second=_bits_per_second(clip.duration_seconds, model, mode),
    )


def _rate(fps: float, is_steady: bool) -> Fraction:
    """The rate itself; of a variable one the next usual rate, so that no picture is lost."""
    exact = Fraction(fps).limit_denominator(1001)
    nearest = min(USUAL_RATES, key=lambda usual: abs(exact - usual))
    if abs(exact - nearest) <= nearest * _HAIR:
        return nearest
    if is_steady:
        return exact
    return next((usual for usual in USUAL_RATES if usual >= exact), exact)


def _within(rate: Fraction, model: Model) -> Fraction:
    least, most = Fraction(model.fps_minimum), Fraction(model.fps_maximum)
    return rate if least - _CINEMA <= rate <= most else min(max(rate, least), most)


def _pictures(seconds: float, rate: Fraction, mode: Variant) -> int:
    """As many as the clip lasts, no more than the mode takes, no fewer than it asks for."""
    pictures = round(seconds * rate)
    least = -floor(-(Fraction(mode.minimum_seconds) * rate))
    if seconds >= mode.minimum_seconds - 1 / rate:
        pictures = max(pictures, least)
    return max(1, min(pictures, floor(Fraction(mode.maximum_seconds) * rate)))


def _bits_per_second(seconds: float, model: Model, mode: Variant) -> int:
    longest = max(1.0, min(seconds, mode.maximum_seconds))
    return min(MAX_BITS_PER_SECOND, int(model.file_bytes * 8 * _ROOM / longest))


def _even(side: float) -> int:
    return max(2, 2 * round(side / 2))


def not_repairable(why: str) -> Refused:
    """The end of an edit whose clip could not be repaired as asked."""
    return Refused(
        Reason.NOT_REPAIRABLE,
        f"The clip could not be repaired: {why}.",
        field="fit",
        found=why,
        allowed="a clip within the limits of the model (docs/models.md), or one that can be read",
    )

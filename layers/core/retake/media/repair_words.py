"""What a repair has changed, in words for the person whose clip it was."""

from retake.domain.display import SQUARE
from retake.domain.footage import Footage, Oddity
from retake.media.measure import Survey

_SAME_SECONDS = 0.001


def changes(before: Survey, after: Footage, longest_seconds: float) -> list[str]:
    """What a repair has changed, each as the end of a sentence.

    `longest_seconds` is what the model takes: what goes beyond was cut, however little it is.
    """
    old, said = before.footage, []
    missing = old.duration_seconds - after.duration_seconds
    if missing > 1.5 / after.fps or old.duration_seconds > longest_seconds + _SAME_SECONDS:
        said.append(f"cut from {_s(old.duration_seconds)} to {_s(after.duration_seconds)}")
    elif old.whole_seconds is not None:
        said.append(
            f"cut from {_s(old.whole_seconds)} to the {_s(after.duration_seconds)} of its pictures"
        )
    if Oddity.INTERLACED in old.oddities:
        said.append("deinterlaced")
    if old.is_mirrored:
        said.append("mirrored as players show it")
    if old.rotation_degrees:
        said.append(f"turned upright by {old.rotation_degrees} degrees")
    if before.display.crop is not None:
        said.append("its edges cut off that players do not show")
    if before.display.pixel_aspect != SQUARE:
        coded, shown = old.coded_sides, (old.width, old.height)
        said.append(f"its pixels made square, {coded[0]}x{coded[1]} shown as {shown[0]}x{shown[1]}")
    if (old.width, old.height) != (after.width, after.height):
        said.append(f"scaled from {old.width}x{old.height} to {after.width}x{after.height}")
    if (recoloured := before.recoloured) is not None:
        said.append(recoloured)
    if not before.is_steady:
        said.append(f"its variable frame rate made a constant {_n(after.fps)} frames/s")
    elif abs(old.fps - after.fps) > old.fps * 0.005:
        said.append(f"brought from {_n(old.fps)} to {_n(after.fps)} frames/s")
    if old.container != after.container:
        said.append(f"put from {old.container} into {after.container}")
    said.append(f"its pictures coded anew {_from_to(old.codec, after.codec)}")
    if old.has_audio:
        sound = f"coded anew {_from_to(before.sounds.codec, 'aac')}"
        said.append(f"its sound {sound if after.has_audio else 'left out'}")
        if after.has_audio and before.sounds.choice:
            said.append(before.sounds.choice)
    was, is_now = (f"{each.size_bytes / 1e6:.1f}" for each in (old, after))
    if old.size_bytes > after.size_bytes and was != is_now:
        said.append(f"brought from {was} to {is_now} MB")
    return said


def _from_to(old: str | None, new: str) -> str:
    return f"as {new}" if old == new else f"from {old} to {new}"


def _s(seconds: float) -> str:
    return f"{_n(seconds)} s"


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")

"""The repairs that `fit` makes: each with a clip that needs it, and what must come out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from retake.domain.edit import Edit
from retake.media.probe import probe
from retake.steps.outcome import Next

from tests.support.video_decoder import Seen, watch
from tests.support.video_files import box
from virtual.clips import clip
from virtual.scene import Scene

Footing = Callable[[], bytes]
# Most of the time goes into coding anew, and what is to be seen and heard is not looked at here.
QUICKLY_CODED: dict[str, Any] = {"still": True, "layout": "mono"}
EVOLINK = {"model": "evolink/kling-o1-edit"}  # takes files of 100 MB; the others take 200


@dataclass(frozen=True)
class Row:
    """A clip, the repair asked for, and what comes out: seconds, sides, rate, sound, words."""

    data: Footing
    fit: str
    seconds: float
    sides: tuple[int, int]
    fps: float
    changes: tuple[str, ...]
    sound: str | None = "aac"
    also: dict[str, str] = field(default_factory=dict)


def square(
    seconds: float = 3.2, width: int = 720, height: int = 720, *, padding: int = 0, **spec: Any
) -> Footing:
    """A clip that is made when a test asks for it, with so many bytes behind that nobody plays."""

    def made() -> bytes:
        whole = clip(seconds, width, height, **QUICKLY_CODED | spec)
        return whole + box(b"free", bytes(padding)) if padding else whole

    return made


REPAIRS = {
    "too long": Row(square(10.2), "trim", 10.0, (720, 720), 24, ("cut from 10.21 s to 10 s",)),
    "too long, at a television's rate": Row(
        square(10.5, fps=24000 / 1001), "trim", 9.968, (720, 720), 23.976, ("to 9.97 s",)
    ),
    "too long for fast mode": Row(
        square(20.5),
        "trim",
        20.0,
        (720, 720),
        24,
        ("cut from 20.5 s to 20 s",),
        also={**EVOLINK, "fast": "true"},
    ),
    "too small, HEVC, fragmented": Row(
        square(3.2, 640, 360, codec="libx265", index="fragmented"),
        "auto",
        3.2083,
        (1280, 720),
        24,
        ("scaled from 640x360", "from hevc to h264"),
    ),
    "too long and upside down": Row(
        square(10.2, width=768, rotation=180, container="mov"),
        "auto",
        10.0,
        (768, 720),
        24,
        ("turned upright by 180 degrees", "from mov into mp4"),
    ),
    "too long and silent": Row(
        square(10.2, sound=False), "trim", 10.0, (720, 720), 24, ("cut from",), sound=None
    ),
    "too long and therefore too large": Row(
        square(12.5, padding=101_000_000),
        "trim",
        10.0,
        (720, 720),
        24,
        ("cut from", "coded anew as h264", "brought from 101."),
        also=EVOLINK,
    ),
    "too large a picture": Row(
        square(3.0, width=2400, height=800, sound=False),
        "scale",
        3.0,
        (2160, 720),
        24,
        ("scaled from 2400x800 to 2160x720",),
        sound=None,
    ),
    "too small and portrait by a flag": Row(
        square(width=640, height=360, rotation=270),
        "scale",
        3.2083,
        (720, 1280),
        24,
        ("turned upright by 270 degrees", "scaled from 360x640 to 720x1280"),
    ),
    "12 pictures a second": Row(
        square(fps=12), "auto", 3.1667, (720, 720), 24, ("brought from 12 to 24 frames/s",)
    ),
    "a variable rate, too slow on average": Row(
        square(fps=30, variable=True),
        "auto",
        3.2,
        (720, 720),
        30,
        ("its variable frame rate made a constant 30 frames/s",),
    ),
    "three seconds to the picture, 120 a second": Row(
        square(3.0, fps=120), "auto", 3.0, (720, 720), 60, ("to 60 frames/s",)
    ),
    "AV1 in MP4": Row(
        square(codec="libsvtav1"), "auto", 3.2083, (720, 720), 24, ("from av1 to h264",)
    ),
    "WebM, VP9 and Opus, odd sides": Row(
        square(width=1281, height=721, container="webm", codec="libvpx-vp9"),
        "auto",
        3.2083,
        (1280, 720),
        24,
        (
            "scaled from 1281x721 to 1280x720",
            "put from matroska into mp4",
            "from vp9 to h264",
            "its sound coded anew from opus to aac",
        ),
    ),
    "Matroska, portrait by a flag": Row(
        square(width=1280, container="matroska", rotation=90),
        "auto",
        3.2083,
        (720, 1280),
        24,
        ("turned upright by 90 degrees",),
    ),
    "AVI": Row(square(container="avi"), "auto", 3.2083, (720, 720), 24, ("from mp2 to aac",)),
    "Flash": Row(square(container="flv"), "auto", 3.2083, (720, 720), 24, ("from flv into",)),
    "a transport stream": Row(
        square(container="mpegts"), "auto", 3.2083, (720, 720), 24, ("from mpegts into mp4",)
    ),
    "too large a file": Row(
        square(padding=100_500_000),
        "auto",
        3.2083,
        (720, 720),
        24,
        ("brought from 100.", "its sound coded anew as aac"),
        also=EVOLINK,
    ),
    "too long, too small, too fast, and WebM": Row(
        square(10.2, 240, 216, fps=120, container="webm", codec="libvpx", sound=False),
        "auto",
        10.0,
        (800, 720),
        60,
        ("cut from 10.2", "scaled from 240x216", "from 120", "matroska"),
        sound=None,
    ),
}


def planned(scene: Scene, data: bytes, fit: str | None, **metadata: str) -> Edit:
    """An edit after Validate, which really looked into the clip."""
    asked = {"fit": fit, **metadata} if fit else metadata
    edit = scene.upload(body=data, **asked)
    step = scene.validate(edit, look=probe)
    assert step.next in (Next.SUBMIT, Next.PERSIST)
    return scene.now(edit)


def repaired(scene: Scene, edit: Edit) -> tuple[Edit, Seen]:
    assert scene.submit(edit).next is Next.FIT
    assert scene.fit(edit).next is Next.SUBMIT
    edit = scene.now(edit)
    assert edit.fitted is not None
    return edit, watch(scene.storage.objects[edit.fitted.bucket, edit.fitted.key])

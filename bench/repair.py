"""P11: what a repair costs, for the heaviest clip that a telephone makes, within its limits."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import av

from bench.figures import Figure, Part, Row, judged, worst
from bench.rooms import ROOT

PROBE = ROOT / "bench/probes/repair.py"
LIMIT_SECONDS, LIMIT_MB = 720, 3008  # retake.steps.fit, and FitFunction in template.yaml
HLG, BT2020 = 18, 9
COLOURS = f"log-level=none:colorprim={BT2020}:transfer={HLG}:colormatrix={BT2020}"
# what: pixel format, options, as PyAV takes them
CLIPS = {
    "4K, 60 frames/s, HEVC": ("yuv420p", "log-level=none"),
    "the same in HLG at 10 bits": ("yuv420p10le", COLOURS),
}


def measure(quick: bool) -> Part:
    seconds, rounds = (1, 1) if quick else (10, 3)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (pixels, coding) in CLIPS.items():
            clip = _film(Path(folder) / "clip.mp4", seconds, pixels, coding)
            seen = [_repaired(clip) for _ in range(rounds)]
            took = [each["cpu_seconds"] for each in seen]
            peak = [each["mb"] for each in seen]
            figures = {
                "time": Figure.of([each["seconds"] for each in seen], "s"),
                "processor": Figure.of(took, "s"),
                "peak memory": Figure.of(peak, "MB"),
            }
            # One processor alone would have to be enough: the function has nearly two.
            goal = judged(
                {
                    f"≤ {LIMIT_SECONDS} s": (worst(took, "s"), LIMIT_SECONDS),
                    f"≤ {LIMIT_MB} MB": (worst(peak, "MB"), LIMIT_MB),
                }
            )
            share = Figure.of([each / LIMIT_SECONDS for each in took], "×")
            rows.append(Row(f"{name}, {seconds} s", figures, share, goal))
    notes = (
        "`fit: auto`: surveyed, decoded, scaled to the model's largest side, its tones mapped "
        "where they are HDR, and coded anew, in a fresh process.",
    )
    return Part("p11", "Repairing a clip", f"the function's {LIMIT_SECONDS} s", rows, notes)


def _film(path: Path, seconds: int, pixels: str, coding: str) -> Path:
    with av.open(str(path), "w") as output:
        options = {"preset": "ultrafast", "x265-params": coding}
        stream: Any = output.add_stream("libx265", rate=60, options=options)
        stream.width, stream.height, stream.pix_fmt = 3840, 2160, pixels
        stream.codec_context.codec_tag = "hvc1"
        for number in range(60 * seconds):
            picture = av.VideoFrame(3840, 2160, pixels)
            for plane in picture.planes:
                line = bytes((number * 3 + at) % 200 + 20 for at in range(256))
                whole = line * (plane.buffer_size // 256 + 1)
                plane.update(whole[: plane.buffer_size])
            picture.pts = number
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path


def _repaired(clip: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, str(PROBE), str(clip)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "layers/core")},
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told

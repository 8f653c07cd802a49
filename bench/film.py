"""P13: what a clip of ten minutes in pieces costs Fit, within its time, memory and disk."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench.figures import Figure, Goal, Part, Row
from bench.rooms import ROOT

LIMIT_SECONDS, LIMIT_MB, DISK_MB = 900, 3008, 5120  # FitFunction in template.yaml
# One processor is 1,769 MB (Lambda Developer Guide, "Configure Lambda function memory").
PROCESSORS = LIMIT_MB / 1769
RATE, PART_SECONDS = 30, 10
SIDES = (1920, 1080)
STAGES = {"plan": "planned", "cut": "cut", "stitch": "put together"}
CONTENT = "a landscape that moves, with a camera's grain"  # dearer than one without
GRAIN = 4.0  # its deviation, of 255


def measure(quick: bool) -> Part:
    seconds = 20 if quick else 600
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        (room / "inbox").mkdir()
        footage(room / "inbox/clip.mp4", seconds)
        for stage, done in STAGES.items():
            calls = list(_calls(room, stage))
            rows.append(_row(f"{CONTENT}, {seconds} s, {done}", calls))
    notes = (
        "1080p at 30 frames/s and 17 Mbit/s, in fast mode: what Fit does, call by call, in fresh "
        "processes. The edited pieces are those that were sent. A call that has no time left ends "
        "between two pieces, and the workflow makes the next.",
        f"Time is that of one processor. The function has {PROCESSORS:.1f}, by its memory; coding "
        "runs beside the rest, so it needs less by the clock.",
    )
    return Part("p13", "Ten minutes in pieces", f"the function's {LIMIT_SECONDS} s", rows, notes)


def _calls(room: Path, stage: str) -> Iterator[dict[str, Any]]:
    """One call after the other until this is done."""
    while True:
        told = _called(room, stage)
        yield told
        is_cut = told["cut"] == told["pieces"] > 0
        if {"plan": told["pieces"] > 0, "cut": is_cut, "stitch": told["whole_mb"] > 0}[stage]:
            return
        if told["end"]:
            raise RuntimeError(f"It ended while it was {stage}: {told['end']}")


def _row(what: str, calls: list[dict[str, Any]]) -> Row:
    longest = max(each["cpu_seconds"] for each in calls)
    memory, disk = (max(each[name] for each in calls) for name in ("mb", "disk_mb"))
    is_met = longest <= LIMIT_SECONDS and memory <= LIMIT_MB and disk <= DISK_MB
    figures: dict[str, Figure | float | str] = {
        "calls": len(calls),
        "processor in all": Figure.of([sum(each["cpu_seconds"] for each in calls)], "s"),
        "longest call": Figure.of([longest], "s"),
        "peak memory": Figure.of([memory], "MB"),
        "disk": Figure.of([disk], "MB"),
    }
    goal = Goal(f"a call ≤ {LIMIT_SECONDS} s, ≤ {LIMIT_MB} MB, ≤ {DISK_MB} MB of disk", is_met)
    return Row(what, figures, longest / LIMIT_SECONDS, goal)


def _called(room: Path, stage: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.probes.film", str(room), "clip.mp4", stage],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def footage(path: Path, seconds: int) -> Path:
    """So many seconds as a phone's camera films them: panned over, with grain; sound beside it.

    Ten seconds are drawn and coded, and their packets written again and again.
    """
    part = path.with_name("part.mp4")
    _draw(part)
    with av.open(str(path), "w", format="mp4") as output, av.open(str(part)) as first:
        ways = {each.index: output.add_stream_from_template(each) for each in first.streams}
        for number in range(seconds // PART_SECONDS):
            with av.open(str(part)) as again:
                for packet in again.demux():
                    if packet.pts is None or packet.dts is None:
                        continue
                    base = packet.time_base
                    later = round(number * PART_SECONDS / base)
                    packet.pts, packet.dts = packet.pts + later, packet.dts + later
                    packet.stream = ways[packet.stream.index]
                    output.mux(packet)
    part.unlink()
    return path


def _draw(path: Path) -> None:
    width, height = SIDES
    draw = np.random.default_rng(7)
    world = _world(draw, width + 640, height + 320)
    grain = draw.normal(0, GRAIN, (height + 64, width + 64)).astype(np.int16)
    with av.open(str(path), "w", format="mp4") as output:
        stream: Any = output.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = 17_000_000  # what phones write at 1080p30
        stream.options = {"preset": "ultrafast", "g": "30", "bf": "0"}
        sound: Any = output.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(RATE * PART_SECONDS):
            left, top = (
                round(320 + 320 * np.sin(number / 47)),
                round(160 + 160 * np.cos(number / 61)),
            )
            x, y = draw.integers(0, 64, 2)
            seen = world[top : top + height, left : left + width].astype(np.int16)
            seen += grain[y : y + height, x : x + width, None]
            picture = av.VideoFrame.from_ndarray(seen.clip(0, 255).astype(np.uint8), format="rgb24")
            picture.pts = number
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
        for begin in range(0, 48_000 * PART_SECONDS - 1024, 1024):
            wave = np.sin(np.arange(begin, begin + 1024) * 2 * np.pi * 440 / 48_000)
            both = np.repeat(wave[None].astype(np.float32), 2, axis=0)
            tone = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
            tone.sample_rate, tone.pts, tone.time_base = 48_000, begin, Fraction(1, 48_000)
            output.mux(sound.encode(tone))
        output.mux(sound.encode(None))


def _world(draw: np.random.Generator, width: int, height: int) -> Any:
    """Detail of every size, as in a landscape: each octave half as strong as the one before."""
    whole = np.zeros((height, width, 3))
    for octave in range(1, 9):
        cells = 2**octave * 3
        small = draw.normal(0, 1, (cells * height // width + 2, cells + 2, 3))
        rows = np.linspace(0, small.shape[0] - 1.001, height)
        columns = np.linspace(0, small.shape[1] - 1.001, width)
        r, c = rows.astype(int), columns.astype(int)
        fr, fc = (rows - r)[:, None, None], (columns - c)[None, :, None]
        upper = small[r][:, c] * (1 - fc) + small[r][:, c + 1] * fc
        lower = small[r + 1][:, c] * (1 - fc) + small[r + 1][:, c + 1] * fc
        whole += (upper * (1 - fr) + lower * fr) * 60 / 2 ** (octave - 1)
    return (128 + whole).clip(0, 255).astype(np.uint8)

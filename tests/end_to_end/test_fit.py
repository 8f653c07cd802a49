"""Odd but legal input, and input that `fit` makes legal: through the whole stack."""

from pathlib import Path
from typing import Any

import pytest

from local.emulator.running_stack import Record
from local.emulator.topic_inbox import body
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage
from tests.support.video_decoder import watch
from virtual.clips import clip

# name: the clip. Each is within the limits, and passes as it is.
LEGAL = {
    "TAKE 1.MOV": clip(3, container="mov"),
    "Ünïcode+100%.MP4": clip(3),
    "portrait by a flag.mp4": clip(3, rotation=90),
    "upside down.mov": clip(3, container="mov", rotation=180),
    "variable rate.mp4": clip(3, fps=60, variable=True),
    "silent.mp4": clip(3, sound=False),
    "hevc.mp4": clip(3, codec="libx265"),
    "fragmented hevc.MOV": clip(3, codec="libx265", container="mov", index="fragmented"),
}
# name: the clip, the repair, and what the provider must be given: seconds, sides, rate.
REPAIRED: dict[str, tuple[bytes, str, float, tuple[int, int], float]] = {
    "long.mp4": (clip(10.2, 720, 720), "trim", 10.0, (720, 720), 24),
    "small portrait.mov": (
        clip(3, 640, 360, container="mov", rotation=90),
        "scale",
        3.0,
        (720, 1280),
        24,
    ),
    "browser.webm": (
        clip(3.2, 720, 720, container="webm", codec="libvpx"),
        "auto",
        3.2083,
        (720, 720),
        24,
    ),
    "slow motion.mp4": (clip(3, 720, 720, fps=120, sound=False), "auto", 3.0, (720, 720), 60),
}


@pytest.fixture(scope="module")
def copying_stack(start_module_stack: StartStack) -> Stage:
    return start_module_stack(copying=True)


def finished(stack: Stage, tmp_path: Path, name: str, data: bytes, **metadata: str) -> Record:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return stack.wait_for(stack.drop(path, name, prompt="Make it noir", **metadata))


def fetched(stack: Stage, bucket: str, key: str) -> bytes:
    content: bytes = stack.clients.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


@pytest.mark.parametrize("name", LEGAL)
def test_odd_but_legal_input_is_edited_as_it_is(
    copying_stack: Stage, tmp_path: Path, name: str
) -> None:
    record = finished(copying_stack, tmp_path, name, LEGAL[name], fit="auto")

    assert record["status"] == "SUCCEEDED", record.get("message")
    assert not record.keys() & {"repair", "fitted", "fit_planned_at"}
    (message,) = copying_stack.messages(record["edit_id"])
    result = body(message)["result"]
    assert fetched(copying_stack, result["bucket"], result["key"])
    assert watch(LEGAL[name]).seconds == pytest.approx(result["duration_seconds"], abs=0.05)


@pytest.mark.parametrize("name", REPAIRED)
def test_a_clip_outside_the_limits_is_repaired_edited_and_told_of(
    copying_stack: Stage, tmp_path: Path, name: str
) -> None:
    data, fit, seconds, sides, fps = REPAIRED[name]

    record = finished(copying_stack, tmp_path, name, data, fit=fit)

    assert record["status"] == "SUCCEEDED", record.get("message")
    seen = watch(fetched(copying_stack, record["fitted"]["bucket"], record["fitted"]["key"]))
    assert seen.seconds == pytest.approx(seconds, abs=0.002)
    assert (seen.width, seen.height, seen.rotation) == (*sides, 0)
    assert seen.fps == pytest.approx(fps, abs=0.01)
    assert seen.is_steady
    (message,) = copying_stack.messages(record["edit_id"])
    told: dict[str, Any] = body(message)
    assert told["source"]["key"] == told["upload"]["key"] == record["upload"]["key"]
    assert told["repair"]["changes"]
    assert told["repair"]["after"]["duration_seconds"] == pytest.approx(seconds, abs=0.002)
    (accepted,) = (each for each in copying_stack.entries(record) if each["kind"] == "accepted")
    assert accepted


def test_a_repair_that_fails_ends_the_edit_and_nothing_is_sent(
    copying_stack: Stage, tmp_path: Path
) -> None:
    broken = clip(3.2, 720, 720, container="matroska")[:400] + bytes(5000)

    record = finished(copying_stack, tmp_path, "broken.mkv", broken, fit="auto")

    assert (record["status"], record["reason"]) == ("REJECTED", "NOT_REPAIRABLE")
    assert copying_stack.entries(record) == []
    (message,) = copying_stack.messages(record["edit_id"])
    assert body(message)["message"] == record["message"]

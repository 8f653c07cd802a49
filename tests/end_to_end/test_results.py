"""What lies in the results bucket: the edit that was asked for, and the facts beside it."""

import hashlib
import json
from pathlib import Path

import av
import numpy as np
import pytest

from local.mailbox import body
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage, film


def frames(path: Path) -> np.ndarray:
    """Every eighth frame, as RGB."""
    with av.open(str(path)) as container:
        every = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(every[::8]).astype(float)


def facts(path: Path) -> tuple[int, float, bool]:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        length = float(video.duration * video.time_base)  # type: ignore[operator]  # always known
        return sum(1 for _ in container.decode(video)), length, bool(container.streams.audio)


def fetched(stack: Stage, record: dict[str, object], path: Path) -> Path:
    stack.clients.s3.download_file(
        stack.address.results_bucket,
        record["result"]["key"],  # type: ignore[index]  # a finished record
        str(path),
    )
    return path


@pytest.mark.parametrize("keep_audio", ["yes", "no"])
def test_the_result_is_the_clip_as_asked_with_its_length_and_sound(
    stack: Stage, clip: Path, tmp_path: Path, keep_audio: str
) -> None:
    edit_id = stack.drop(clip, f"{keep_audio}.mp4", prompt="Make it noir", keep_audio=keep_audio)

    record = stack.wait_for(edit_id)

    result = fetched(stack, record, tmp_path / "result.mp4")
    count, length, has_audio = facts(result)
    source_count, source_length, _ = facts(clip)
    assert count == source_count
    assert length == pytest.approx(source_length, abs=1 / 24)
    assert has_audio is (keep_audio == "yes") is record["result"]["has_audio"]
    colours = frames(result)
    assert np.abs(colours[..., 0] - colours[..., 2]).mean() < 6  # noir has no colour
    assert np.abs(frames(clip) - colours).mean() > 10


def test_the_manifest_and_the_record_tell_the_truth_about_the_file(
    stack: Stage, clip: Path, tmp_path: Path
) -> None:
    record = stack.wait_for(stack.drop(clip, "told.mp4", prompt="Make it sepia"))

    result = fetched(stack, record, tmp_path / "result.mp4").read_bytes()
    manifest = json.loads(
        stack.clients.s3.get_object(
            Bucket=stack.address.results_bucket, Key=record["result"]["manifest_key"]
        )["Body"].read()
    )
    assert hashlib.sha256(result).hexdigest() == record["result"]["sha256"]
    assert len(result) == record["result"]["size_bytes"]
    assert manifest["request"]["prompt"] == "Make it sepia"
    assert manifest["result"] == record["result"]


def test_a_filter_policy_lets_through_exactly_the_messages_it_names(
    stack: Stage, clip: Path, tmp_path: Path
) -> None:
    successes = stack.subscribe({"status": ["SUCCEEDED"], "model": ["novita/kling-o1-edit"]})
    short = film(tmp_path / "short.mp4", seconds=1)

    good = stack.drop(clip, "good.mp4", prompt="Make it noir")
    bad = stack.drop(short, "bad.mp4", prompt="Make it noir")
    stack.wait_for(good)
    stack.wait_for(bad)

    received = [body(message)["edit_id"] for message in successes.messages(wait_seconds=5)]
    assert [edit_id for edit_id in received if edit_id in (good, bad)] == [good]


def test_25_clips_dropped_at_once_are_25_results_messages_and_jobs(
    start_stack: StartStack, clip: Path
) -> None:
    stack = start_stack(copying=True)
    uploads = [
        stack.upload(clip, f"many/clip {number}.mp4", prompt=f"Make it noir {number}")
        for number in range(25)
    ]

    records = [stack.wait_for(stack.edit_of(upload), patience=240) for upload in uploads]

    assert {record["status"] for record in records} == {"SUCCEEDED"}
    assert len({record["result"]["key"] for record in records}) == 25
    assert len({body(message)["edit_id"] for message in stack.messages()}) == 25
    assert len(stack.messages()) == 25
    assert stack.ledger()["totals"]["accepted"] == 25

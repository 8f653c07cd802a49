"""What lies in the results bucket: the edit that was asked for, and the facts beside it."""

import base64
import hashlib
import json
from pathlib import Path

import av
import numpy as np
import pytest

from local.emulator.topic_inbox import body
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage, film

pytestmark = pytest.mark.long


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


def test_four_files_lie_under_the_clips_own_path(stack: Stage, clip: Path, tmp_path: Path) -> None:
    record = stack.wait_for(stack.drop(clip, "day 1/four.mp4", prompt="Make it <b>noir</b>"))

    result = record["result"]
    start = f"edited/day 1/four.{record['edit_id']}"
    names = {name: result[name] for name in ("key", "manifest_key", "poster_key", "page_key")}
    assert names == {
        "key": f"{start}.mp4",
        "manifest_key": f"{start}.json",
        "poster_key": f"{start}.jpg",
        "page_key": f"{start}.html",
    }
    kept = {
        name: stack.clients.s3.get_object(Bucket=stack.address.results_bucket, Key=key)
        for name, key in names.items()
    }
    assert kept["poster_key"]["ContentType"] == "image/jpeg"
    assert kept["page_key"]["ContentType"] == "text/html; charset=utf-8"
    poster = tmp_path / "poster.jpg"
    poster.write_bytes(kept["poster_key"]["Body"].read())
    assert frames(poster).shape[1:] == (720, 1280, 3)
    page = kept["page_key"]["Body"].read().decode()
    assert "http:" not in page
    assert "https:" not in page
    assert "Make it &lt;b&gt;noir&lt;/b&gt;" in page
    assert page.count(base64.b64encode(poster.read_bytes()).decode()) == 2
    assert f'data-src="./four.{record["edit_id"]}.mp4"' in page
    assert 'data-src="./four.mp4"' in page
    assert len(page) < 1_000_000
    manifest = json.loads(kept["manifest_key"]["Body"].read())
    assert manifest["source_sha256"] == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert manifest["ai_edited"]["model"] == record["model"]
    assert manifest["ai_edited"]["marked_in_file"] is True
    assert not record.get("warnings")


def test_the_stored_video_says_that_it_was_edited_by_ai(
    stack: Stage, clip: Path, tmp_path: Path
) -> None:
    record = stack.wait_for(stack.drop(clip, "marked.mp4", prompt="Make it noir"))

    with av.open(str(fetched(stack, record, tmp_path / "result.mp4"))) as film:
        comment = film.metadata["comment"]
    assert record["result"]["marked"] is True
    assert comment.startswith(f"AI-edited with {record['model']} by Retake, edit ")
    assert record["edit_id"] in comment
    assert "noir" not in comment


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

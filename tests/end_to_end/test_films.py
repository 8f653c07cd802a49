"""A clip longer than any model takes, through the whole stack: every frame once, one message."""

import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.whole_stack import TEST_KEY, Studio
from tests.end_to_end.conftest import ENVIRONMENT, PARAMETERS, WAIT_SCALE, StartStack
from tests.end_to_end.stage import Stage
from tests.support.numbered_film import clicks_in, film, numbers_in
from tests.support.odd_provider import OddProvider
from tests.support.video_decoder import watch

pytestmark = pytest.mark.long
FRAMES = 588  # 24.5 s


@pytest.fixture(scope="module")
def copying_stack(start_module_stack: StartStack) -> Stage:
    return start_module_stack(copying=True)


def records_of_pieces(stack: Stage, record: dict[str, Any]) -> list[dict[str, Any]]:
    return [stack.record(key) or {} for key in record["film"]["edit_ids"]]


def test_twenty_four_and_a_half_seconds_come_back_frame_by_frame(
    copying_stack: Stage, tmp_path: Path
) -> None:
    clip = film(range(FRAMES), width=1280, height=720, layout="stereo")
    path = tmp_path / "upload"
    path.write_bytes(clip)

    dropped = copying_stack.drop(path, "shots/long.mp4", prompt="noir", fit="split")
    record = copying_stack.wait_for(dropped, patience=420)

    assert record["status"] == "SUCCEEDED", record.get("message")
    result = record["result"]
    stored = copying_stack.clients.s3.get_object(Bucket=result["bucket"], Key=result["key"])
    made = stored["Body"].read()
    assert numbers_in(made) == list(range(FRAMES))
    ours, theirs = clicks_in(made), clicks_in(clip)
    assert len(ours) == len(theirs)
    assert all(abs(a - b) < 1 / 24 for a, b in zip(ours, theirs, strict=True))
    pieces = records_of_pieces(copying_stack, record)
    assert [each["status"] for each in pieces] == ["SUCCEEDED"] * 3
    bills = [
        entry
        for each in pieces
        for entry in copying_stack.entries(each)
        if entry["kind"] == "billed"
    ]
    assert len(bills) == 3
    assert sum(entry["usd"] for entry in bills) == pytest.approx(
        float(record["quoted_usd"]), abs=0.01
    )
    assert len(copying_stack.messages(record["edit_id"])) == 1
    assert [copying_stack.messages(each["edit_id"]) for each in pieces] == [[], [], []]


MORE = (3, -3, 0)  # frames by which each piece comes back longer


@pytest.fixture(scope="module")
def altering() -> Iterator[tuple[Stage, OddProvider]]:
    """A stack before a provider of another make, that returns what it is given, or nearly."""
    provider = OddProvider(b"", TEST_KEY)
    with (
        provider.serving(),
        Studio(
            wait_scale=WAIT_SCALE,
            parameters=PARAMETERS | {"PatienceSeconds": "300"},
            provider_urls={"novita": provider.url},
            environment=ENVIRONMENT,
        ) as studio,
    ):
        yield Stage(studio.stack, studio.outputs), provider


def sent(order: Mapping[str, Any]) -> bytes:
    with urllib.request.urlopen(order["video"], timeout=60) as answer:
        return bytes(answer.read())


def test_what_another_provider_returns_unchanged_is_the_clip_again(
    altering: tuple[Stage, OddProvider], tmp_path: Path
) -> None:
    stack, provider = altering
    provider.makes = sent

    record, made = edited(stack, tmp_path, "shots/same.mp4")

    assert numbers_in(made) == list(range(FRAMES))
    assert len(stack.messages(record["edit_id"])) == 1
    assert not any("came back" in each for each in record["warnings"])


def test_pieces_of_other_lengths_and_sizes_become_the_planned_frames_and_are_told_of(
    altering: tuple[Stage, OddProvider], tmp_path: Path
) -> None:
    stack, provider = altering
    orders = len(provider.orders)

    def altered(order: Mapping[str, Any]) -> bytes:
        at = provider.orders.index(order) - orders
        numbers = numbers_in(sent(order))
        kept = numbers[: MORE[at]] if MORE[at] < 0 else numbers + numbers[-1:] * MORE[at]
        return film(kept, width=(960, 1280, 1248)[at], height=(544, 720, 704)[at])

    provider.makes = altered

    record, made = edited(stack, tmp_path, "shots/other.mp4")

    seen = watch(made)
    assert (seen.pictures, seen.width, seen.height) == (FRAMES, 1280, 720)
    cuts = record["film"]["cuts"]
    numbers = numbers_in(made)
    assert [numbers[int(at)] for at in cuts[:-1]] == cuts[:-1]  # nothing has moved
    assert numbers == sorted(numbers)
    told = [each for each in record["warnings"] if "came back" in each]
    assert len(told) == 3
    assert sum("3 frames more or fewer" in each for each in told) == 2
    assert sum("another size" in each for each in told) == 2
    assert len(stack.messages(record["edit_id"])) == 1


def edited(stack: Stage, folder: Path, key: str) -> tuple[dict[str, Any], bytes]:
    """The record of such a clip at its end, and the film; its sound lies where the clip's does."""
    clip = film(range(FRAMES), width=1280, height=720, layout="stereo")
    path = folder / "upload"
    path.write_bytes(clip)
    dropped = stack.drop(
        path,
        key,
        prompt="noir",
        fit="split",
        consistency="none",
        model="novita/kling-o1-edit",
    )
    record = stack.wait_for(dropped, patience=420)
    assert record["status"] == "SUCCEEDED", record.get("message")
    where = record["result"]
    stored = stack.clients.s3.get_object(Bucket=where["bucket"], Key=where["key"])
    made = stored["Body"].read()
    ours, theirs = clicks_in(made), clicks_in(clip)
    assert len(ours) == len(theirs)
    assert all(abs(a - b) < 1 / 24 for a, b in zip(ours, theirs, strict=True))
    return dict(record), made

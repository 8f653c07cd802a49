"""A clip longer than any model takes, through the whole stack: every frame once, one message."""

from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage
from tests.support.numbered_film import clicks_in, film, numbers_in

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

"""A chain of overlapping pieces through the whole stack, each told of, as it was asked for."""

from pathlib import Path

import pytest

from local.emulator.topic_inbox import body
from tests.end_to_end.conftest import StartStack
from tests.support.numbered_film import film, numbers_in

pytestmark = pytest.mark.long
FRAMES = 300  # 12.5 s


def test_a_chain_of_overlapping_pieces_is_one_film_of_as_many_frames_and_each_piece_is_told_of(
    start_stack: StartStack, tmp_path: Path
) -> None:
    stack = start_stack(copying=True)
    path = tmp_path / "upload"
    path.write_bytes(film(range(FRAMES), width=1280, height=720))
    wish = {"fit": "split", "consistency": "chained", "overlap_frames": "8"}

    dropped = stack.drop(path, "shots/long.mp4", prompt="noir", piece_messages="true", **wish)
    record = stack.wait_for(dropped, patience=420)

    assert record["status"] == "SUCCEEDED", record.get("message")
    result = record["result"]
    stored = stack.clients.s3.get_object(Bucket=result["bucket"], Key=result["key"])
    assert numbers_in(stored["Body"].read()) == list(range(FRAMES))
    pieces = [stack.record(key) or {} for key in record["film"]["edit_ids"]]
    bills = [each for it in pieces for each in stack.entries(it) if each["kind"] == "billed"]
    assert len(bills) == len(pieces) == 2
    assert sum(each["usd"] for each in bills) == pytest.approx(
        float(record["quoted_usd"]), abs=0.01
    )
    assert record["film"]["last_of"] == 0
    assert len(pieces[1]["shown"]) == 2
    assert [len(stack.messages(each["edit_id"])) for each in (record, *pieces)] == [1, 1, 1]
    (told,) = stack.messages(pieces[1]["edit_id"])
    assert body(told)["parent_id"] == record["edit_id"]

"""More clips than may run at once, on the engine: each is sent once, when it is its turn."""

from itertools import chain
from pathlib import Path

import pytest

from tests.end_to_end.conftest import StartStack

pytestmark = pytest.mark.long
ROOM = 2
CLIPS = 10


def test_clips_wait_in_line_and_each_is_sent_once_when_a_slot_is_free(
    start_stack: StartStack, clip: Path
) -> None:
    stack = start_stack(MaxRunning=f"novita={ROOM}", copying=True)
    ids = [stack.drop(clip, f"crowd/{n}.mp4", prompt="Make it noir") for n in range(CLIPS)]

    records = [stack.wait_for(each, patience=240) for each in ids]

    assert {record["status"] for record in records} == {"SUCCEEDED"}
    assert {record["attempt"] for record in records} == {1}
    assert stack.ledger()["totals"]["accepted"] == CLIPS
    # From the provider's yes to its being done, as the records tell; ends before what begins then.
    begins = ((record["submitted_at"], 1) for record in records)
    ends = ((record["said_done_at"], -1) for record in records)
    running = most = 0
    for _, more in sorted(chain(begins, ends)):
        running += more
        most = max(most, running)
    assert most <= ROOM

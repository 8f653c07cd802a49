"""No wake-up is lost: whoever was called about the end of an edit does not sleep on."""

import sys
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_dynamodb import DynamoDBClient
from retake.aws.dynamodb import DynamoTable, Table
from retake.domain.conclusions import failed
from retake.domain.vocabulary import Reason

from tests.retake.conftest import TABLE
from tests.retake.steps.callback_waits import RUNNING, Caller, Course, RacingTable, Stage, listening
from tests.retake.steps.racing_time import RealTime, Turns
from virtual.clock import Clock
from virtual.memory_table import MemoryTable
from virtual.scene import Scene
from virtual.update import Refused, update

EDITS = 200
# Found by trying more: here a wake-up is lost if calls are counted by reading and writing back.
HARD = (629, 977)


def check(stage: Stage, course: Course) -> None:
    job = stage.job(course)
    assert course.is_done
    assert course.overslept == 0
    # One for each call and each wait that ended by itself, and a few for races: no hot loop.
    assert course.polls <= job.calls + course.timeouts + 3


@pytest.mark.parametrize("seed", [*range(EDITS), *HARD])
def test_an_edit_that_is_called_about_at_any_moment_never_sleeps_on(seed: int) -> None:
    chance, clock = Random(seed), Clock()
    time = Turns(chance, clock)
    stage = Stage(time, Scene(clock, RacingTable(time), provider=Caller(chance, time)))
    stage.begin("clip.mp4")

    time.run()

    check(stage, stage.courses[0])


@pytest.fixture
def _restless_threads() -> Iterator[None]:
    """Threads that take turns a thousand times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.long
@pytest.mark.usefixtures("_restless_threads")
def test_two_hundred_edits_called_about_by_threads_never_wait_for_a_guard_poll() -> None:
    time = RealTime()
    stage = Stage(time, Scene(table=RacingTable(time), provider=Caller(Random(0), time)))
    for number in range(EDITS):
        stage.begin(f"{number}.mp4", after=number * 20)

    time.run()

    for course in stage.courses:
        check(stage, course)
        assert course.timeouts == 0


# ---------------------------------------------------------------- the condition in the workflow


def may_wait(table: Table, dynamodb: DynamoDBClient, edit_id: str) -> bool:
    """Whether `Wait For Callback` stores its token, by the text that is deployed."""
    arguments: Any = listening(edit_id, "task-token")
    try:
        if isinstance(table, DynamoTable):
            dynamodb.update_item(**arguments | {"TableName": TABLE})
        else:
            assert isinstance(table, MemoryTable)
            update(table, arguments)
    except (Refused, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        assert code in ("", "ConditionalCheckFailedException")
        return False
    return True


def test_the_state_waits_exactly_while_no_call_is_unanswered(
    table: Table, dynamodb: DynamoDBClient
) -> None:
    scene = Scene(table=table)  # type: ignore[arg-type]  # either table will do
    scene.provider.reports = [RUNNING]
    edit = scene.running()
    waits = []

    waits.append(may_wait(table, dynamodb, edit.edit_id))
    scene.records.note_callback(scene.now(edit), "task-1")
    token = scene.now(edit).wake_token
    waits.append(may_wait(table, dynamodb, edit.edit_id))
    scene.poll(edit)
    waits.append(may_wait(table, dynamodb, edit.edit_id))
    scene.records.close(scene.now(edit), failed(Reason.TIMED_OUT, "late"))
    waits.append(may_wait(table, dynamodb, edit.edit_id))
    waits.append(may_wait(table, dynamodb, "e-erased"))

    assert waits == [True, False, True, False, False]
    assert token == "task-token"
    assert table.get("edit#e-erased") is None

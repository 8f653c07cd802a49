"""The judge sees what it is there for: each broken promise is found, and nothing else."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from retake.aws.dynamodb_changes import Change

from tests.faults.checker import violations
from tests.faults.runs import VARIANTS, run
from virtual.memory_provider import BASE, KEY
from virtual.recorded import edits_in
from virtual.vault import secret_of
from virtual.whole_stack import RESULTS, Stage


def played() -> Stage:
    stage = Stage(VARIANTS["calls-back"].model, calls_back=True)
    stage.deliver(stage.upload())
    run(stage, "")
    return stage


def second_bill(stage: Stage) -> None:
    stage.ledger.jobs.append(replace(stage.ledger.jobs[0], job_id="job-2"))


def lost_video(stage: Stage) -> None:
    for bucket, key in list(stage.buckets.objects):
        if bucket == RESULTS and key.endswith(".mp4"):
            del stage.buckets.objects[bucket, key]


def spoilt_video(stage: Stage) -> None:
    for bucket, key in stage.buckets.objects:
        if bucket == RESULTS and key.endswith(".mp4"):
            stage.buckets.objects[bucket, key] += b"!"


def reopened_record(stage: Stage) -> None:
    (key,) = (key for key in stage.table.items if key.startswith("edit#"))
    stage.table.items[key] = stage.table.items[key] | {"status": {"S": "RUNNING"}}


def free_failure(stage: Stage) -> None:
    (key,) = (key for key in stage.table.items if key.startswith("edit#"))
    stage.table.items[key] = stage.table.items[key] | {"status": {"S": "FAILED"}}


def silence(stage: Stage) -> None:
    stage.states.notices.clear()


def second_notice(stage: Stage) -> None:
    told = json.loads(stage.states.notices[0]["Message"])
    message = json.loads(told["default"]) | {"notification_id": "another"}
    stage.states.notices.append({"Message": json.dumps({"default": json.dumps(message)})})


def asked_with_another_key(stage: Stage) -> None:
    stage.ledger.answer("GET", f"{BASE}/jobs/job-1", None, secret_of("b"))


def slot_of_another_key(stage: Stage) -> None:
    (edit_id,) = edits_in(stage)
    names = {"status": "RUNNING", "line": "holds#novita/b", "line_place": "1", "conclusion": None}
    names |= {"said_done_at": None, "finished_at": None}
    stage.table_door.written(Change(key=f"edit#{edit_id}", set=names))


def told_key(stage: Stage) -> None:
    stage.log_lines.append(f"the key is {KEY}")


def changed(stage: Stage, beginning: str, name: str, value: int) -> None:
    key = next(key for key in stage.table.items if key.startswith(beginning))
    stage.table.items[key] = stage.table.items[key] | {name: {"N": str(value)}}


def forgotten_dollars(stage: Stage) -> None:
    changed(stage, "spent#", "committed", 0)


def counted_twice(stage: Stage) -> None:
    changed(stage, "spent#", "edits", 2)


def leaked_slot(stage: Stage) -> None:
    changed(stage, "slots#", "taken", 1)


@pytest.mark.parametrize(
    ("breaks", "number"),
    [
        (forgotten_dollars, "I7"),
        (counted_twice, "I7"),
        (leaked_slot, "I9"),
        (second_bill, "I2"),
        (lost_video, "I4"),
        (spoilt_video, "I4"),
        (reopened_record, "I1"),
        (free_failure, "I2"),
        (silence, "I5"),
        (second_notice, "I5"),
        (told_key, "I6"),
        (asked_with_another_key, "I9"),
        (slot_of_another_key, "I9: edit#"),
    ],
)
def test_a_broken_promise_is_found(breaks: Callable[[Stage], None], number: str) -> None:
    stage = played()
    before = violations(stage)

    breaks(stage)

    assert not before
    assert any(each.startswith(number) for each in violations(stage))


def test_a_write_that_changes_what_had_ended_is_found() -> None:
    stage = played()
    (edit_id,) = edits_in(stage)
    change = Change(key=f"edit#{edit_id}", set={"finished_at": "later"})

    stage.table_door.written(change)

    assert any(each.startswith("I3") for each in violations(stage))


@pytest.mark.parametrize(
    ("ending", "struck", "is_found"),
    [
        ("jpg", [], True),
        ("jpg", ["36.late (s3.put)"], True),
        ("jpg", ["20.fails (table.get)", "46.fails (s3.read)"], True),
        ("jpg", ["36.late (s3.put)", "46.fails (s3.read)"], False),
        ("html", ["36.late (s3.put)", "46.fails (s3.read)"], True),
        ("html", ["44.late (s3.put_tagged)", "46.fails (s3.read)"], False),
        ("mp4", ["44.late (s3.save)", "46.fails (s3.read)"], True),
    ],
)
def test_what_no_record_names_is_found_unless_its_own_write_was_one_of_two_faults(
    ending: str, struck: list[str], is_found: bool
) -> None:
    stage = played()
    (edit_id,) = edits_in(stage)
    stage.buckets.objects[RESULTS, f"edited/other.{edit_id}.{ending}"] = b"x"
    stage.gate.struck.extend(struck)

    assert any(each.startswith("I4") for each in violations(stage)) == is_found

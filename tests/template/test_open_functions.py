"""The two functions that are open to the internet reach as little as their work needs."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from retake.aws.dynamodb_changes import Change
from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.source import SHARED_BY_EDITS
from retake.domain.vocabulary import Reason
from retake.records.keys import edit_key
from retake.records.recovery import LATE_REASONS
from retake.steps.callback import Call
from retake.steps.outcome import Next

from tests.retake.steps.callback_scene import Door
from tests.retake.steps.scripted_provider import out
from tests.support.template_reader import listed, statements
from virtual.role_of_writes import ATTRIBUTES, KEYS, as_function, attributes_of, updates_of
from virtual.scene import Scene

ANY_CASE = {"".join(each) for each in itertools.product(*((c, c.upper()) for c in "json"))}
PAID = {"status", "attempt", "attempt_id", "version", "provider_task_id", "conclusion", "request"}
UPDATES: list[dict[str, Any]] = [
    each
    for each in statements("CallbackFunctionRole")
    if "dynamodb:UpdateItem" in listed(each["Action"])
]


class Overheard:
    """What is written into the table of a scene from now on."""

    def __init__(self, door: Door) -> None:
        self.changes: list[Change] = []
        write = door.table.write

        def note(*changes: Change) -> None:
            self.changes += changes
            write(*changes)

        door.table.write = note  # type: ignore[method-assign]


def running(door: Door) -> tuple[Any, Call]:
    return door.listening()


def waiting(door: Door) -> tuple[Any, Call]:
    edit, call = door.listening()
    door.store_token(edit, "token")
    return edit, call


def submitting(door: Door) -> tuple[Any, Call]:
    edit = door.validated()
    call = door.call_for(edit)
    return door.records.begin_submit(edit, deadline=timedelta(hours=1), listens=True), call


def uncertain(door: Door) -> tuple[Any, Call]:
    edit, call = submitting(door)
    return door.records.mark_uncertain(edit), call


def saving(door: Door) -> tuple[Any, Call]:
    edit, call = door.listening()
    return door.records.begin_save(edit), call


def ended(reason: Reason | None, *, begun: Any = running) -> Any:
    def make(door: Door) -> tuple[Any, Call]:
        edit, call = begun(door)
        if reason is None:
            out(door, edit)
        else:
            door.records.close(edit, failed(reason, "x", at_risk=True))
        return door.now(edit), call

    return make


def erased(door: Door) -> tuple[Any, Call]:
    edit, call = ended(Reason.TIMED_OUT)(door)
    return door.records.erasure.carry_out(door.records.erasure.ask(edit), []), call


def looked_for(door: Door) -> tuple[Any, Call]:
    edit, call = ended(Reason.TIMED_OUT)(door)
    return door.records.recovery.begin(edit), call


def of_an_earlier_attempt(door: Door) -> tuple[Any, Call]:
    edit, call = uncertain(door)
    again = door.records.try_again(edit)
    return door.records.begin_submit(again, deadline=timedelta(hours=1), listens=True), call


# Each way that a call can go, and whether it leaves the flag and asks for the late result.
PATHS: list[tuple[Any, bool, bool]] = [
    (running, True, False),
    (waiting, True, False),
    (submitting, True, False),
    (uncertain, True, False),
    (saving, True, False),
    (of_an_earlier_attempt, False, False),
    (ended(None), False, False),
    (ended(Reason.PROVIDER_FAILED), False, False),
    *((ended(reason), True, True) for reason in sorted(LATE_REASONS)),
    (ended(Reason.SUBMIT_UNCERTAIN, begun=uncertain), True, True),
    (looked_for, True, True),
    (erased, False, False),
]


@pytest.mark.parametrize(("make", "flags", "asks"), PATHS)
def test_a_callback_writes_on_every_way_what_its_role_lets_it(
    make: Any, flags: bool, asks: bool
) -> None:
    door = Door()
    edit, call = make(door)
    before = door.now(edit)
    written = Overheard(door)

    with as_function("CallbackFunction", door.table):
        answers = [door.take(call) for _ in range(2)]

    assert answers == [200, 200]
    now = door.now(edit)
    assert now.callback_seq - before.callback_seq == (2 if flags else 0)
    assert (edit.edit_id in door.records.open.late(limit=9)) is asks
    unpaid = {"callback_seq", "called_back_task_id", "called_back_attempt"}
    assert {f for f in vars(before) if getattr(now, f) != getattr(before, f)} <= unpaid
    assert {change.key.partition("#")[0] for change in written.changes} <= {
        "edit", "callbacks", "late",
    }  # fmt: skip


def test_no_statement_lets_a_callback_name_more_than_its_calls_write() -> None:
    named: dict[str, set[str]] = {}
    for make, _, _ in PATHS:
        door = Door()
        _, call = make(door)
        written = Overheard(door)
        door.take(call)
        for change in written.changes:
            key = change.key.partition("#")[0] + "#*"
            named.setdefault(key, set()).update(attributes_of(change))

    allowed = {}
    for each in UPDATES:
        (key,) = each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        allowed[key] = set(each["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"])
    assert allowed == named


def test_whoever_takes_callback_over_has_nothing_paid_again() -> None:
    allowed = {
        attribute
        for each in UPDATES
        for attribute in each["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]
    }
    assert not allowed & PAID

    # All that it can write on the record of an edit under way, at once.
    door = Door()
    edit, _ = door.listening()
    forged = {"called_back_task_id": "task-9", "called_back_attempt": 7, "callback_seq": 99}
    door.table.write(Change(key=edit_key(edit.edit_id), set=forged))
    door.records.recovery.hear(edit)

    step = door.poll(edit)

    assert step.next is not Next.SUBMIT
    assert (door.now(edit).attempt, len(door.provider.orders)) == (1, 1)


def test_a_callback_reads_records_of_edits_and_who_has_called_only() -> None:
    (read,) = [
        each
        for each in statements("CallbackFunctionRole")
        if "dynamodb:GetItem" in listed(each["Action"])
    ]
    keys = read["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]

    assert listed(read["Action"]) == ["dynamodb:GetItem"]
    assert keys == ["edit#*", "callbacks#*"]


def test_pages_sign_no_settings_no_preset_and_no_picture() -> None:
    (denied,) = statements("ShareFunctionRole", "Deny")

    assert set(denied["Action"]) == {"s3:GetObject", "s3:GetObjectVersion"}
    assert {each["Fn::Sub"] for each in denied["Resource"]} == {
        *(f"${{InboxBucket.Arn}}/*.{ending}" for ending in ANY_CASE),
        *(f"${{InboxBucket.Arn}}/${{InboxPrefix}}{folder}*" for folder in SHARED_BY_EDITS),
    }


def test_fit_says_what_came_of_the_repair_and_nothing_of_where_an_edit_started() -> None:
    (update,) = updates_of("FitFunction")
    allowed = set(update["Condition"][ATTRIBUTES]["dynamodb:Attributes"])

    told = {"source", "upload", "request", "settings_from", "folder", "inbox_bucket"}
    paid = {"attempt", "attempt_id", "provider_task_id", "submit_started_at", "billed_usd"}
    assert not allowed & (
        told | paid | {"erase_asked_at", "erased_at", "notified_at", "open_shard"}
    )
    assert update["Condition"][KEYS]["dynamodb:LeadingKeys"] == ["edit#*"]


def test_whatever_fit_may_leave_out_of_a_long_record_it_may_write() -> None:
    # The repair itself is walked in tests/retake/steps/test_fit.py, by the same role.
    scene = Scene()
    edit = scene.upload()
    long = {"rule": "x" * 2000, **{str(each): "x" * 1000 for each in range(90)}}
    held = Edit.from_mapping({**edit.to_mapping(), "details": long, "warnings": ["w" * 500] * 9})
    scene.table.write(
        Change(key=edit_key(edit.edit_id), set={"details": long, "warnings": list(held.warnings)})
    )

    with as_function("FitFunction", scene.table):
        concluded = scene.records.conclude(held, failed(Reason.NOT_REPAIRABLE, "no"))

    assert concluded.conclusion is not None
    assert not concluded.details

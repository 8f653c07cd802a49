"""The line: who gets the next slot, and that no more are given out than there are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from retake.aws.dynamodb_changes import Change
from retake.domain.edit import Edit
from retake.domain.vocabulary import Status, WaitsFor
from retake.providers.contract import Submission, Verdict
from retake.records.keys import slots_key
from retake.records.slots import RAISE_SECONDS, Rooms
from retake.records.standing import standing_of
from retake.records.transitions import TRANSITIONS
from retake.steps.outcome import Next
from retake.steps.sweep_line import mended_line

from tests.retake.steps.scripted_provider import scene_answering
from virtual.scene import Scene

NOVITA = "novita"
LIMIT = 2  # found so far


def scene_with_room(running: int, **per_minute: int) -> Scene:
    """A stack whose provider takes everything, with so many slots."""
    scene = Scene(rooms=Rooms({NOVITA: running}, per_minute))
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(2000)]
    return scene


def ended(scene: Scene, edit: Edit) -> None:
    """The provider says that it is done."""
    scene.clock.advance(180)
    scene.poll(edit)


def running(scene: Scene, *edits: Edit) -> list[bool]:
    return [scene.now(edit).status is Status.RUNNING for edit in edits]


def in_turn(scene: Scene, edits: list[Edit], slots: int) -> list[Edit]:
    """Those who run in the order in which they got there, while one ends after the other."""
    order: list[Edit] = []
    while len(order) < slots:
        (now,) = [edit for edit in edits if scene.now(edit).slot]
        scene.submit(now)
        order.append(now)
        ended(scene, now)
    return order


def test_one_that_finds_no_slot_stands_in_line_and_is_woken_by_whoever_is_done() -> None:
    scene = scene_with_room(1)
    first, second = scene.validated("1.mp4"), scene.validated("2.mp4")

    steps = [scene.submit(edit) for edit in (first, second)]
    scene.token(second, "second-waits")
    ended(scene, first)

    assert [step.next for step in steps] == [Next.WAIT, Next.TURN]
    assert (scene.woken, scene.now(second).slot) == (["second-waits"], NOVITA)
    assert scene.submit(second).next is Next.WAIT
    assert scene.records.line.slots(NOVITA).taken == 1


def test_a_slot_is_given_back_when_the_provider_is_done_and_not_only_when_the_copy_is() -> None:
    scene = scene_with_room(1)
    edit = scene.validated()
    scene.submit(edit)

    ended(scene, edit)

    assert (scene.now(edit).status, scene.now(edit).slot) == (Status.RUNNING, None)
    assert scene.records.line.slots(NOVITA).taken == 0


def test_an_uncertain_attempt_keeps_its_slot_until_it_is_given_up() -> None:
    scene = scene_answering(Submission(verdict=Verdict.AMBIGUOUS))
    edit = scene.validated()
    scene.submit(edit, deadline_seconds=600)
    scene.polls(edit, 3)
    taken = scene.records.line.slots(NOVITA).taken

    scene.clock.advance(600)
    scene.poll(edit)

    assert (taken, scene.records.line.slots(NOVITA).taken) == (1, 0)


def test_of_200_submits_at_once_as_many_are_sent_as_there_are_slots() -> None:
    scene = scene_with_room(50)
    edits = [scene.validated(f"{n}.mp4") for n in range(200)]

    with ThreadPoolExecutor(16) as workers:
        steps = list(workers.map(scene.submit, edits))

    assert len(scene.provider.orders) == scene.records.line.slots(NOVITA).taken == 50
    assert [step.next for step in steps].count(Next.TURN) == 150


@pytest.mark.parametrize("number", [50, pytest.param(1000, marks=pytest.mark.long)])
def test_a_thousand_of_one_folder_let_one_of_another_pass_within_two_slots(number: int) -> None:
    scene = scene_with_room(1)
    many = [scene.validated(f"a/{n}.mp4") for n in range(number)]
    for edit in many:
        scene.submit(edit)
    in_turn(scene, many, 10)
    one = scene.validated("b/1.mp4")
    scene.submit(one)

    order = in_turn(scene, [*many[:20], one], 3)  # the first of them has its slot already

    assert one.edit_id in [edit.edit_id for edit in order]


def test_within_a_folder_it_is_first_come_first_served() -> None:
    scene = scene_with_room(1)
    edits = [scene.validated(f"a/{n}.mp4") for n in range(6)]
    for edit in edits:
        scene.submit(edit)

    assert [each.edit_id for each in in_turn(scene, edits, 5)] == [e.edit_id for e in edits[:5]]


def test_who_asked_for_a_higher_priority_goes_first() -> None:
    scene = scene_with_room(1)
    names = ("first", "low", "normal", "high")
    edits = {
        name: scene.validated(f"{name}.mp4", priority=name * (name != "first")) for name in names
    }
    for edit in edits.values():
        scene.submit(edit)

    order = in_turn(scene, list(edits.values()), 3)

    assert [edit.edit_id for edit in order] == [
        edits[name].edit_id for name in ("first", "high", "normal")
    ]


def test_one_that_is_cancelled_in_line_is_woken_to_end_and_gets_no_slot() -> None:
    scene = scene_with_room(1)
    first, second = scene.validated("1.mp4"), scene.validated("2.mp4")
    for edit in (first, second):
        scene.submit(edit)
    scene.token(second, "second-waits")

    scene.cancel(second)
    ended(scene, first)

    assert scene.woken == ["second-waits"]
    assert (scene.now(second).slot, scene.now(second).waits_in) == (None, None)
    assert scene.submit(second).next is Next.PERSIST
    assert scene.records.line.slots(NOVITA).taken == 0


def test_a_cancelled_edit_that_had_its_turn_gives_it_to_the_next() -> None:
    scene = scene_with_room(1)
    edits = [scene.validated(f"{n}.mp4") for n in range(3)]
    for edit in edits:
        scene.submit(edit)
    ended(scene, edits[0])

    scene.cancel(edits[1])

    assert [scene.now(edit).slot for edit in edits] == [None, None, NOVITA]


def test_where_and_when_an_edit_stands_is_told() -> None:
    scene = scene_with_room(2)
    edits = [scene.validated(f"{n}.mp4") for n in range(5)]
    for edit in edits:
        scene.submit(edit)

    found = [standing_of(scene.now(edit), scene.records.line) for edit in edits]

    assert found[:2] == [None, None]
    assert [(each.waits_for, each.position) for each in found[2:] if each] == [
        (WaitsFor.SLOT, 1),
        (WaitsFor.SLOT, 2),
        (WaitsFor.SLOT, 3),
    ]
    assert found[3] is not None
    assert found[3].expected_start_at == "2026-03-01T12:03:00.000Z"


def test_a_limit_that_nobody_told_grows_while_all_is_taken_and_falls_to_what_runs() -> None:
    scene = Scene(rooms=Rooms())
    scene.table.write(Change(key=slots_key(NOVITA), set={"working_limit": LIMIT}))
    taken = [scene.accepting(f"task-{n}") for n in range(LIMIT + 1)]
    busy = Submission(verdict=Verdict.RATE_LIMITED)
    more = [scene.accepting(f"task-{n}") for n in (8, 9)]
    scene.provider.submissions = [*taken, busy, *more]
    edits = [scene.validated(f"{n}.mp4") for n in range(7)]
    for edit in edits:
        scene.submit(edit)

    ended(scene, edits[0])
    steps = [scene.submit(edit) for edit in edits[2:4]]

    seen = scene.records.line.slots(NOVITA)
    assert [step.next for step in steps] == [Next.WAIT, Next.TURN]
    assert (seen.working_limit, seen.taken) == (LIMIT, LIMIT)
    assert scene.now(edits[3]).line_place is not None
    # It goes back to the head of the line, and the limit is tried again only after a while.
    ended(scene, edits[1])
    assert scene.now(edits[3]).slot == NOVITA
    assert scene.records.line.slots(NOVITA).working_limit == LIMIT
    scene.submit(edits[3])
    scene.clock.advance(RAISE_SECONDS)
    ended(scene, edits[2])
    scene.submit(edits[4])
    ended(scene, edits[4])
    assert scene.records.line.slots(NOVITA).working_limit == LIMIT + 1


def test_no_more_are_sent_in_a_minute_than_the_stack_says_and_one_waits_for_the_next() -> None:
    scene = scene_with_room(50, novita=3)
    edits = [scene.validated(f"{n}.mp4") for n in range(10)]

    for edit in edits:
        scene.submit(edit)

    assert len(scene.provider.orders) == 3
    tries = [edit for edit in edits if scene.now(edit).probes]
    assert len(tries) == 1
    wait = scene.submit(tries[0])
    assert wait.next is Next.TURN
    scene.clock.advance(wait.wait_seconds)
    scene.submit(tries[0])
    granted = [edit for edit in edits if scene.now(edit).slot and running(scene, edit) == [False]]
    for edit in granted:
        scene.submit(edit)
    assert len(scene.provider.orders) == 6


@pytest.mark.parametrize("taken", [0, 7])
def test_the_sweep_mends_a_count_that_is_not_what_the_records_say(taken: int) -> None:
    scene = scene_with_room(2)
    edits = [scene.validated(f"{n}.mp4") for n in range(3)]
    for edit in edits:
        scene.submit(edit)
    scene.table.write(Change(key=slots_key(NOVITA), set={"taken": taken}))
    scene.clock.advance(timedelta(minutes=5).total_seconds())

    done = mended_line(scene.records, [NOVITA], lambda edit: "mended")

    assert done == {"recounted": 1}
    assert scene.records.line.slots(NOVITA).taken == 2


def test_the_sweep_reminds_one_whose_turn_was_not_taken_and_fills_what_was_left_free() -> None:
    scene = scene_with_room(1)
    edits = [scene.validated(f"{n}.mp4") for n in range(2)]
    for edit in edits:
        scene.submit(edit)
    scene.token(edits[1], "second-waits")
    ended(scene, edits[0])
    scene.woken.clear()
    scene.clock.advance(300)

    done = mended_line(scene.records, [NOVITA], lambda edit: "left running")

    assert done == {"reminded": 1, "left running": 1}
    assert scene.woken == ["second-waits"]


def test_every_door_leads_through_the_one_write_that_takes_a_slot() -> None:
    # Bucket, API, retry, batch, pieces: whatever made the record, one transition alone sends it.
    entering = {name for name, each in TRANSITIONS.items() if each.enters is Status.SUBMITTING}
    scene = scene_with_room(1)
    scene.submit(scene.validated("first.mp4"))
    scene.provider.orders.clear()

    steps = [scene.submit(scene.validated(f"{n}.mp4")) for n in range(3)]

    assert entering == {"begin_submit"}
    assert {step.next for step in steps} == {Next.TURN}
    assert scene.provider.orders == []

"""Several keys of one provider: each with slots and a hold of its own, all with one line."""

from collections import Counter
from typing import Any

import pytest
from retake.domain.edit import Edit
from retake.domain.errors import Unavailable
from retake.domain.vocabulary import Reason, Status, WaitsFor
from retake.providers.contract import Report, Submission, Verdict
from retake.records.slots import Rooms
from retake.steps.outcome import Next
from retake.steps.sweep_line import mended_line

from tests.retake.steps.scripted_provider import RUNNING, out
from tests.support.fake_provider import SUCCESS
from tests.support.memory_stack import Scene

DAY = 86_400
FIRST, SECOND = "novita", "novita/b"
NO_CREDIT = Submission(verdict=Verdict.NO_CREDIT)


def scene_with_keys(room: int = 2, *names: str) -> Scene:
    """A stack with two keys at the provider, which takes everything; so many run with each."""
    scene = Scene(rooms=Rooms({"novita": room}))
    scene.provider.names = names or ("b", "default")
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(50)]
    scene.provider.reports = [RUNNING]
    return scene


def sent(scene: Scene, edit: Edit, **policy: Any) -> Any:
    """The way on of an edit that is offered, also when the keys had to be looked up first."""
    step = scene.submit(edit, park_seconds=DAY, **policy)
    return scene.submit(edit, park_seconds=DAY, **policy) if step.next is Next.SUBMIT else step


def all_sent(scene: Scene, count: int) -> list[Edit]:
    edits = [scene.validated(f"{n}.mp4") for n in range(count)]
    for edit in edits:
        sent(scene, edit)
    return edits


def key_of(scene: Scene, edit: Edit) -> str:
    return scene.now(edit).provider_key


def taken(scene: Scene) -> list[int]:
    return [scene.records.line.slots(key).taken for key in (FIRST, SECOND)]


def ended(scene: Scene, edit: Edit) -> None:
    scene.provider.reports = [SUCCESS]
    scene.clock.advance(180)
    scene.poll(edit)
    scene.provider.reports = [RUNNING]


def saved(scene: Scene, edit: Edit) -> None:
    scene.provider.reports = [SUCCESS]
    scene.poll(edit)
    out(scene, edit)
    scene.provider.reports = [RUNNING]


def test_each_edit_is_sent_with_the_key_that_has_most_free_slots() -> None:
    scene = scene_with_keys(2)

    edits = all_sent(scene, 5)

    assert Counter(key_of(scene, edit) for edit in edits[:4]) == {FIRST: 2, SECOND: 2}
    assert taken(scene) == [2, 2]
    assert scene.now(edits[4]).waits_in == "novita"


def test_a_task_is_asked_about_with_the_key_that_bought_it_and_no_other() -> None:
    scene = scene_with_keys(1)
    edits = all_sent(scene, 2)

    for edit in edits:
        scene.keys_used.clear()
        scene.poll(edit)
        saved(scene, edit)
        assert set(scene.keys_used) == {key_of(scene, edit)}
    assert {key_of(scene, edit) for edit in edits} == {FIRST, SECOND}
    assert {scene.now(edit).key_name for edit in edits} == {None, "b"}


def test_a_slot_that_becomes_free_is_given_with_its_own_key_to_who_is_first_in_line() -> None:
    scene = scene_with_keys(1)
    edits = all_sent(scene, 4)
    by_key = {key_of(scene, edit): edit for edit in edits[:2]}

    ended(scene, by_key[SECOND])

    assert scene.now(edits[2]).slot == SECOND
    sent(scene, edits[2])
    assert (key_of(scene, edits[2]), taken(scene)) == (SECOND, [1, 1])
    assert scene.now(edits[3]).waits_in == "novita"


def test_each_key_may_have_room_of_its_own() -> None:
    scene = scene_with_keys()
    scene.records.line.rooms = Rooms({"novita": 1, "novita/b": 3})

    all_sent(scene, 9)

    assert taken(scene) == [1, 3]


def test_where_one_key_has_no_credit_the_edit_goes_on_with_the_other_at_once() -> None:
    scene = scene_with_keys(2)
    scene.provider.submissions = [NO_CREDIT, *scene.provider.submissions]
    edit, other = scene.validated("1.mp4"), scene.validated("2.mp4")

    sent(scene, edit)
    poor = scene.now(edit).attempts[0].get("key_name")
    held = FIRST if poor is None else SECOND
    sent(scene, edit)
    sent(scene, other)

    rich = {FIRST, SECOND} - {held}
    assert {key_of(scene, each) for each in (edit, other)} == rich
    assert {scene.now(each).status for each in (edit, other)} == {Status.RUNNING}
    assert scene.records.line.slots(held).held_for is WaitsFor.NO_CREDIT
    assert scene.records.line.slots(held).prober is None


def test_a_stack_that_does_not_wait_tries_all_its_keys_before_the_edit_ends() -> None:
    scene = scene_with_keys(2)
    scene.provider.submissions = [NO_CREDIT]
    edit = scene.validated()

    steps = [scene.submit(edit) for _ in range(3)]

    conclusion = scene.now(edit).conclusion
    assert steps[-1].next is Next.PERSIST
    assert conclusion is not None
    assert conclusion.reason is Reason.NO_CREDIT
    assert len(scene.provider.orders) == 2


def test_all_keys_are_tried_before_another_model_is_asked() -> None:
    scene = scene_with_keys(2)
    order = ("novita/kling-o1-edit", "fal/kling-o1-edit")
    scene.provider.submissions = [NO_CREDIT, NO_CREDIT, *scene.provider.submissions]
    edit = scene.validated()

    for _ in range(4):
        scene.submit(edit, park_seconds=DAY, model_order=order)

    seen = scene.now(edit)
    assert [each["model"] for each in seen.attempts] == ["novita/kling-o1-edit"] * 2
    assert {each.get("key_name") for each in seen.attempts} == {None, "b"}
    assert seen.model == "fal/kling-o1-edit"


def test_a_held_key_is_tried_by_one_who_waits_as_soon_as_it_is_due() -> None:
    scene = scene_with_keys(1)
    scene.provider.submissions = [NO_CREDIT, *scene.provider.submissions]
    edits = all_sent(scene, 3)
    sent(scene, edits[0])  # it went back to the head of the line, and on to the other key
    scene.clock.advance(300)

    done = mended_line(scene.records, ["novita"], lambda edit: "left running")
    tries = next(edit for edit in edits if scene.now(edit).probes)
    sent(scene, tries)

    assert done == {"filled": 1}
    assert scene.now(tries).status is Status.RUNNING
    assert [scene.records.line.slots(key).held_for for key in (FIRST, SECOND)] == [None, None]
    assert taken(scene) == [1, 1]


def test_who_waits_to_try_a_key_is_called_back_when_another_one_is_good() -> None:
    scene = scene_with_keys(2)
    scene.provider.submissions = [NO_CREDIT]
    edits = all_sent(scene, 3)
    for edit in edits:
        sent(scene, edit)
    first, second = [edit for edit in edits if scene.now(edit).probes]
    scene.token(second, "second-waits")
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(3)]
    scene.clock.advance(31)

    sent(scene, first)

    assert scene.now(first).status is Status.RUNNING
    assert "second-waits" in scene.woken
    assert scene.now(second).slot == key_of(scene, first)


def test_a_key_that_is_new_is_given_to_those_who_wait_already() -> None:
    scene = scene_with_keys(1, "default")
    edits = all_sent(scene, 3)
    scene.provider.names = ("b", "default")

    step = scene.submit(scene.validated("new.mp4"))

    assert (step.next, step.wait_seconds) == (Next.SUBMIT, 1)
    assert scene.now(edits[1]).slot == SECOND
    assert scene.now(edits[2]).waits_in == "novita"


def test_a_turn_with_a_key_that_was_taken_out_is_taken_with_another_one() -> None:
    scene = scene_with_keys(1)
    edits = all_sent(scene, 3)
    by_key = {key_of(scene, edit): edit for edit in edits[:2]}
    ended(scene, by_key[SECOND])
    scene.provider.names = ("default",)
    scene.lost_keys.add(SECOND)
    ended(scene, by_key[FIRST])

    sent(scene, edits[2])

    assert key_of(scene, edits[2]) == FIRST
    assert taken(scene) == [1, 0]


def test_what_was_bought_with_a_key_that_is_gone_waits_for_it_past_the_deadline() -> None:
    scene = scene_with_keys(1)
    edit = next(each for each in all_sent(scene, 2) if key_of(scene, each) == SECOND)
    scene.lost_keys.add(SECOND)
    scene.polls(edit, 40, apart=300, park_seconds=DAY)
    waits = scene.now(edit)

    scene.lost_keys.clear()
    saved(scene, edit)

    assert waits.trouble is not None
    assert (waits.status, waits.trouble.kind) == (Status.RUNNING, "NO_KEY")
    assert SECOND in waits.trouble.message
    assert scene.now(edit).status is Status.SUCCEEDED
    assert len(scene.provider.orders) == 2


def test_a_submit_without_an_answer_is_not_given_up_while_only_a_lost_key_can_tell() -> None:
    scene = scene_with_keys(1)
    lists = "fal/kling-o1-edit"
    scene.records.line.rooms = Rooms({"fal": 1})
    scene.provider.submissions = [Submission(verdict=Verdict.AMBIGUOUS)]
    edits = [scene.validated(f"{n}.mp4", model=lists) for n in range(2)]
    for edit in edits:
        sent(scene, edit, deadline_seconds=600)
    edit = next(each for each in edits if scene.now(each).key_name)
    scene.lost_keys.add("fal/b")
    scene.polls(edit, 5, apart=300, park_seconds=DAY)
    waits = scene.now(edit)

    scene.lost_keys.clear()
    scene.provider.listed[str(waits.attempt_mark)] = "task-1"
    scene.poll(edit)

    assert (waits.status, waits.slot) == (Status.UNCERTAIN, "fal/b")
    assert waits.trouble is not None
    assert waits.trouble.kind == "NO_KEY"
    assert scene.now(edit).status is Status.RUNNING


def test_a_late_result_is_looked_for_with_the_key_that_bought_it_and_waited_for_without() -> None:
    scene = scene_with_keys(1)
    edit = next(each for each in all_sent(scene, 2) if key_of(scene, each) == SECOND)
    scene.clock.advance(DAY)
    scene.poll(edit)
    out(scene, edit)
    scene.records.recovery.ask(scene.now(edit))
    scene.lost_keys.add(SECOND)

    with pytest.raises(Unavailable, match=SECOND):
        out(scene, edit)
    scene.lost_keys.clear()
    scene.keys_used.clear()
    scene.provider.reports = [SUCCESS]
    out(scene, edit)

    assert scene.now(edit).status is Status.SUCCEEDED
    assert set(scene.keys_used) == {SECOND}


@pytest.mark.parametrize("refused", [Verdict.BAD_KEY, Verdict.NO_CREDIT])
def test_a_key_that_answers_a_running_edit_again_is_tried_at_once_for_all(refused: Verdict) -> None:
    scene = scene_with_keys(2, "default")
    running = all_sent(scene, 1)[0]
    scene.provider.submissions = [Submission(verdict=refused)]
    waits = scene.validated("waits.mp4")
    for _ in range(6):
        scene.clock.advance(sent(scene, waits).wait_seconds)
    sent(scene, waits)
    scene.token(waits, "waits")
    scene.provider.reports = [Report(verdict=refused)]
    scene.poll(running, park_seconds=DAY)
    orders = len(scene.provider.orders)

    scene.provider.reports = [RUNNING]
    scene.provider.submissions = [scene.accepting("task-9")]
    scene.poll(running, park_seconds=DAY)
    sent(scene, waits)

    assert scene.woken[-1] == "waits"
    assert len(scene.provider.orders) == orders + 1
    assert scene.now(waits).status is Status.RUNNING


def test_the_sums_can_be_told_apart_by_key() -> None:
    scene = scene_with_keys(1)

    edits = all_sent(scene, 2)

    charged = {scene.now(edit).charges[0].key for edit in edits}
    assert charged == {FIRST, SECOND}

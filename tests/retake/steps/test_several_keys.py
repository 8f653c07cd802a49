"""Several keys of one provider: each with slots and a hold of its own, all with one line."""

from collections import Counter

from retake.domain.vocabulary import Reason, Status, WaitsFor
from retake.providers.contract import Submission, Verdict
from retake.records.slots import Rooms
from retake.steps.outcome import Next
from retake.steps.sweep_line import mended_line

from tests.retake.steps.key_scenes import (
    DAY,
    FIRST,
    SECOND,
    all_sent,
    ended,
    key_of,
    saved,
    scene_with_keys,
    sent,
    taken,
)

NO_CREDIT = Submission(verdict=Verdict.NO_CREDIT)


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


def test_the_sums_can_be_told_apart_by_key() -> None:
    scene = scene_with_keys(1)

    edits = all_sent(scene, 2)

    charged = {scene.now(edit).charges[0].key for edit in edits}
    assert charged == {FIRST, SECOND}

"""A key that is taken out of the secret, or refused, while what it bought is still out."""

import pytest
from retake.domain.errors import Unavailable
from retake.domain.vocabulary import Status
from retake.providers.contract import Report, Submission, Verdict
from retake.records.slots import Rooms

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
from tests.retake.steps.scripted_provider import RUNNING, out
from virtual.fake_provider import SUCCESS


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

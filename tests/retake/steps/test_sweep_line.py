"""How long somebody has waited in line, as the sweep finds it without reading the line."""

from typing import Any

import pytest
from retake.aws.dynamodb_changes import Change
from retake.domain.budgets import Budgets
from retake.domain.spending_caps import STACK, caps_of
from retake.records.keys import edit_key
from retake.records.slots import Rooms
from retake.steps.measures import WAITED, of_sweep
from retake.steps.sweep_line import longest_wait

from virtual.scene import Scene
from virtual.sweep_scene import Broom

HOUR = 3600


def crowded() -> Scene:
    """A scene with one slot, which is taken."""
    scene = Scene(rooms=Rooms({"novita": 1}))
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(9)]
    scene.running("first.mp4")
    return scene


def waited(scene: Scene) -> int:
    return longest_wait(scene.records, ("novita", "fal"))[WAITED]


def test_where_nobody_waits_there_is_nothing_to_count() -> None:
    assert longest_wait(crowded().records, ("novita",)) == {}
    assert of_sweep({}) == {}


def test_one_who_waits_behind_others_of_a_higher_priority_is_not_overlooked() -> None:
    scene = crowded()
    scene.submit(scene.validated("low.mp4", priority="low"))
    scene.clock.advance(7 * HOUR)
    scene.submit(scene.validated("high.mp4", priority="high"))
    scene.clock.advance(HOUR)

    assert waited(scene) == 8 * HOUR
    assert of_sweep({WAITED: waited(scene)}) == {"HoursInLine": ("None", 8.0)}


def test_a_question_that_nobody_answers_counts_and_a_budget_that_is_full_does_not() -> None:
    scene = Scene(budgets=Budgets(stack=caps_of(STACK, {"daily_edits": 1})))
    scene.running("first.mp4")
    scene.submit(scene.validated("second.mp4"))
    scene.clock.advance(HOUR)
    over_budget = waited(scene)
    scene.submit(scene.validated("dear.mp4", approve="true"))
    scene.clock.advance(2 * HOUR)

    assert (over_budget, waited(scene)) == (0, 2 * HOUR)


class NobodyHears(list[str]):
    """Tokens that no state waits with any more."""

    def append(self, token: str) -> Any:
        super().append(token)
        return False


@pytest.mark.parametrize("token", [None, "of a state that has gone on"])
def test_whose_turn_it_is_and_who_cannot_be_called_is_taken_up_by_another_execution_once(
    token: str | None,
) -> None:
    broom = Broom(rooms=Rooms({"novita": 1}), woken=NobodyHears())
    broom.provider.submissions = [broom.accepting(f"task-{n}") for n in range(9)]
    first, second = broom.running("1.mp4"), broom.validated("2.mp4")
    broom.submit(second)
    broom.standings = {second.edit_id: "RUNNING", first.edit_id: "RUNNING"}
    broom.clock.advance(180)
    if token is not None:  # written late, over that of the state that waits
        broom.table.write(Change(key=edit_key(second.edit_id), set={"turn_token": token}))
    broom.poll(first)  # done: the slot is the other one's, and nobody hears the word

    assert broom.now(second).slot == "novita"
    for _ in range(3):
        broom.later()

    assert broom.started == [f"{second.edit_id}.1"]
    assert broom.submit(second).log_marker == "accepted"

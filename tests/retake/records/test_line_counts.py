"""What whoever watches a stack is told of its slots, lines and budgets."""

from retake.domain.budgets import Budgets
from retake.domain.edit import WAITS
from retake.domain.spending_caps import STACK, caps_of
from retake.domain.vocabulary import WaitsFor
from retake.presentation.board_line import line_data
from retake.providers.contract import Submission, Verdict
from retake.records.line_counts import COUNTED, LineCounter, LineCounts
from retake.records.slots import Rooms
from retake.settings import PROVIDERS

from virtual.scene import Scene


def scene_with(slots: int, **said: object) -> Scene:
    scene = Scene(rooms=Rooms({"novita": slots}), budgets=Budgets(**said))  # type: ignore[arg-type]  # as a stack says it
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(300)]
    return scene


def counted(scene: Scene) -> LineCounts:
    counter = LineCounter(
        table=scene.table,
        line=scene.records.line,
        calendar=scene.budgets.calendar,
        providers=PROVIDERS,
        caps=scene.budgets.stack,
    )
    return counter.counts(scene.clock.now())


def dropped(scene: Scene, many: int, **metadata: str) -> None:
    for number in range(many):
        scene.submit(scene.validated(f"{number}.mp4", **metadata), park_seconds=86_400)


def test_of_a_quiet_stack_there_is_nothing_to_tell() -> None:
    told = counted(scene_with(2))

    assert line_data(told) == {"slots": [], "waiting": [], "budgets": []}


def test_slots_in_use_and_who_waits_for_one_are_counted() -> None:
    scene = scene_with(2)
    dropped(scene, 5)

    data = line_data(counted(scene))

    assert data["slots"] == [{"key": "novita", "taken": 2, "limit": 2}]
    assert data["waiting"] == [{"number": "3", "why": "for their turn at a provider"}]


def test_of_several_keys_each_is_told_by_its_name_and_all_have_one_line() -> None:
    scene = scene_with(2)
    scene.provider.names = ("b", "default")
    scene.submit(scene.validated("first.mp4"))  # looks which keys there are
    scene.provider.submissions.insert(0, Submission(verdict=Verdict.NO_CREDIT))
    dropped(scene, 5)

    data = line_data(counted(scene))

    assert [each["key"] for each in data["slots"]] == ["novita/b", "novita"]
    assert sorted(each.get("held_for", "") for each in data["slots"]) == ["", "NO_CREDIT"]
    assert max(each["taken"] for each in data["slots"]) == 2
    assert data["waiting"] == [{"number": "3", "why": "for their turn at a provider"}]


def test_a_key_that_is_held_says_why_and_so_do_those_who_wait_behind_it() -> None:
    scene = scene_with(2)
    scene.provider.submissions = [Submission(verdict=Verdict.NO_CREDIT)]
    dropped(scene, 3)

    told = counted(scene)

    assert [each.held_for for each in told.keys] == [WaitsFor.NO_CREDIT]
    assert told.waiting == {WaitsFor.NO_CREDIT: 2}  # the third tries by a timer


def test_each_key_of_a_provider_is_told_and_who_waits_waits_for_the_one_that_takes_edits() -> None:
    scene = Scene(rooms=Rooms({"novita/team-a": 1, "novita/team-b": 2}))
    scene.provider.names = ("team-a", "team-b")
    scene.provider.submissions = [
        Submission(verdict=Verdict.NO_CREDIT),
        *(scene.accepting(f"task-{n}") for n in range(9)),
    ]
    dropped(scene, 6)

    told = counted(scene)

    assert {each.key: (each.limit, each.held_for is None) for each in told.keys} == {
        "novita/team-a": (1, True),
        "novita/team-b": (2, False),
    }
    assert set(told.waiting) == {WaitsFor.SLOT}


def test_who_waits_for_a_budget_or_a_yes_is_counted_by_that() -> None:
    scene = scene_with(9, stack=caps_of(STACK, {"daily_edits": 1, "monthly_usd": 4}))
    dropped(scene, 3)
    scene.budgets = Budgets(approve_above_usd_e4=0, stack=scene.budgets.stack)
    scene.submit(scene.validated("dear.mp4"))

    told = counted(scene)

    assert told.waiting == {WaitsFor.OVER_BUDGET: 2, WaitsFor.APPROVAL: 1}
    assert line_data(told)["budgets"] == [
        {"told": "1 of 1 edits this day", "percent": 100, "is_full": True},
        {"told": "$0.84 of $4.00 this month", "percent": 21, "is_full": False},
    ]


def test_a_long_line_is_not_counted_to_its_end() -> None:
    scene = scene_with(1)
    dropped(scene, COUNTED + 3)

    told = counted(scene)

    assert told.waiting == {WaitsFor.SLOT: COUNTED + 1}
    assert line_data(told)["waiting"][0]["number"] == f"more than {COUNTED}"
    assert len(scene.records.line.first(f"{WAITS}novita", limit=999)) == COUNTED + 2

"""What a film costs is asked about as a whole, and counted once: by its pieces."""

import json
from datetime import timedelta

import pytest
from retake.api.costs import Costs, costs, today_in
from retake.catalog.models import MODELS
from retake.domain.budgets import ON, REFUSE, Budgets
from retake.domain.edit import Edit
from retake.domain.spending_caps import STACK, caps_of
from retake.domain.vocabulary import Reason, Status, WaitsFor
from retake.records.slots import Rooms

from tests.retake.steps.film_scene import MODEL, SMALL, FilmScene
from tests.support.numbered_film import film, numbers_in
from virtual.scene import Scene

pytestmark = pytest.mark.long

FRAMES = 84  # 3.5 s: two pieces of $0.294
DAY = timedelta(days=1).total_seconds()


@pytest.fixture(autouse=True)
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, MODEL, SMALL)


def scene_with(budgets: Budgets) -> FilmScene:
    return FilmScene(scene=Scene(budgets=budgets))


def capped(**caps: float) -> FilmScene:
    return scene_with(Budgets(stack=caps_of(STACK, caps)))


def dropped(scene: FilmScene, **asked: str) -> Edit:
    return scene.drop(film(range(FRAMES)), **asked)


def counted(scene: FilmScene) -> Costs:
    records = scene.scene.records
    today = today_in(records)
    return costs(
        today,
        today,
        "model",
        records=records,
        word=lambda edit, charge: charge.model or "",
        sees=lambda edit: True,
        is_confined=False,
        caps=(),
    )


def questions(scene: FilmScene) -> list[dict[str, object]]:
    told = [json.loads(json.loads(each["message"])["default"]) for each in scene.scene.published]
    return [each for each in told if each["schema"] == "retake.approval/1"]


@pytest.mark.parametrize("cap", [{"daily_usd": 0.5}, {"daily_edits": 1}, {"daily_seconds": 3}])
def test_a_film_that_no_period_has_room_for_is_refused_before_a_piece_is_sent(
    cap: dict[str, float],
) -> None:
    scene = capped(**cap)

    seen = scene.play(dropped(scene))

    assert (seen.status, seen.reason) == (Status.REJECTED, Reason.OVER_BUDGET)
    assert scene.provider.orders == []
    assert scene.opened(seen) == []


def test_one_that_has_room_for_a_piece_only_waits_as_a_whole_and_goes_on_the_next_day() -> None:
    scene = capped(daily_usd=0.9)
    scene.play(dropped(scene))

    waiting = scene.play(dropped(scene), until=lambda edit: edit.waits_for is not None)

    assert waiting.waits_for is WaitsFor.OVER_BUDGET
    assert len(scene.provider.orders) == 2
    assert scene.opened(waiting) == []
    scene.scene.clock.advance(DAY)
    assert scene.scene.budget_lines().run() == {"given a budget": 1}
    assert scene.scene.now(waiting).waits_for is None


def test_who_looks_by_itself_and_finds_room_waits_no_longer() -> None:
    scene = capped(daily_usd=0.6)
    scene.play(dropped(scene))
    waiting = scene.play(dropped(scene), until=lambda edit: edit.waits_for is not None)
    scene.scene.clock.advance(DAY)

    scene.step(waiting.edit_id, "submit")

    assert scene.scene.now(waiting).waits_for is None
    assert len(scene.opened(scene.scene.now(waiting))) == 1


def test_a_piece_waits_for_a_budget_that_others_took_meanwhile_and_is_not_refused() -> None:
    budgets = Budgets(stack=caps_of(STACK, {"daily_usd": 0.6}), on_full=REFUSE)
    scene = scene_with(budgets)
    edit = scene.play(dropped(scene), until=lambda edit: len(scene.provider.orders) == 1)
    scene.scene.budgets = Budgets(stack=caps_of(STACK, {"daily_usd": 0.3}), on_full=REFUSE)

    scene.resumed(edit, until=lambda edit: any(it.waits_for for it in scene.now_open(edit)))

    first, second = scene.pieces(edit)
    assert (first.status, second.status) == (Status.SUCCEEDED, Status.RECEIVED)
    assert second.waits_for is WaitsFor.OVER_BUDGET


def test_a_film_that_was_said_yes_to_once_pays_for_no_piece_twice() -> None:
    scene = scene_with(Budgets(approve_above_usd_e4=2000))
    scene.provider.change = lambda number, data: None if number == 1 else data
    edit = scene.play(dropped(scene), until=lambda edit: edit.waits_for is not None)
    scene.scene.records.approvals.answer(edit, "yes", by="link")

    seen = scene.resumed(edit)

    assert (seen.status, len(scene.provider.orders)) == (Status.FAILED, 2)
    assert counted(scene).total.counted == 5880  # one piece billed, one perhaps


def test_a_first_piece_that_is_sent_again_does_not_ask_about_the_whole_again() -> None:
    scene = capped(daily_usd=0.9)  # the whole, and one piece more
    scene.provider.change = lambda number, data: None if number == 0 else data

    seen = scene.play(dropped(scene))

    assert seen.status is Status.SUCCEEDED, seen.message
    assert len(scene.provider.orders) == 3


def test_a_dear_film_asks_once_for_the_total_and_its_pieces_do_not() -> None:
    scene = scene_with(Budgets(approve_above_usd_e4=2000))
    edit = scene.play(dropped(scene), until=lambda edit: edit.waits_for is not None)
    assert edit.waits_for is WaitsFor.APPROVAL
    assert scene.provider.orders == []

    scene.scene.records.approvals.answer(edit, "yes", by="link")
    seen = scene.resumed(edit)

    assert seen.status is Status.SUCCEEDED, seen.message
    assert [each["quoted_usd"] for each in questions(scene)] == [0.588]
    assert len(scene.provider.orders) == 2


def test_a_film_that_nobody_says_yes_to_costs_nothing() -> None:
    scene = FilmScene()
    edit = scene.play(dropped(scene, approve="true"), until=lambda edit: edit.waits_for is not None)

    scene.scene.records.approvals.answer(edit, "no", by="link")
    seen = scene.resumed(edit)

    assert (seen.status, seen.reason) == (Status.REJECTED, Reason.NOT_APPROVED)
    assert scene.provider.orders == []


def test_what_was_spent_counts_the_pieces_once_and_never_the_film_as_well() -> None:
    scene = FilmScene()
    seen = scene.play(dropped(scene))

    found = counted(scene)

    assert (found.total.attempts, found.total.billed) == (2, 5880)
    assert seen.charges == ()
    assert found.checks is not None
    assert [each.recorded == each.counted == 5880 for each in found.checks] == [True]


def test_the_film_takes_no_slot_and_its_pieces_wait_for_theirs() -> None:
    scene = FilmScene()
    scene.scene.records.line.rooms = Rooms({"fal": 1})
    edit = dropped(scene, consistency="none")

    waiting = scene.play(edit, until=lambda edit: any(it.waits_for for it in scene.now_open(edit)))

    assert waiting.slot is None
    assert sum(it.slot == "fal" for it in scene.now_open(waiting)) == 1
    assert len(scene.provider.orders) == 1
    assert scene.resumed(edit).status is Status.SUCCEEDED
    assert len(scene.provider.orders) == 2


def test_pieces_of_one_clip_are_not_taken_for_each_other() -> None:
    scene = scene_with(Budgets(reuse=ON))

    seen = scene.play(dropped(scene))

    assert len(scene.provider.orders) == 2
    assert numbers_in(scene.result(seen)) == list(range(FRAMES))


def test_pieces_are_told_to_no_receiver_and_stand_in_no_list() -> None:
    scene = FilmScene()
    seen = scene.play(dropped(scene, tags="launch"))
    records = scene.scene.records

    assert {each.told_at("https://hooks.example/") for each in scene.pieces(seen)} == {""}
    for name in (seen.created_at[:10], "tag#launch", f"model#{MODEL}"):
        assert {key.rpartition("#")[2] for key in records.listed(name, limit=100)} <= {seen.edit_id}


def test_a_retry_is_quoted_at_what_is_missing() -> None:
    scene = FilmScene()
    scene.provider.change = lambda number, data: None if number in (1, 2) else data
    failed = scene.play(dropped(scene))

    again, _ = scene.scene.records.receive(
        "e-" + "1" * 20,
        None,
        inbox_bucket="inbox",
        source=failed.source,
        request=failed.request,
        retry_of=failed.edit_id,
    )
    done = scene.play(again)

    assert (done.quoted_usd, done.quoted_seconds) == (0.294, 2)
    assert done.billed_usd == 0.294

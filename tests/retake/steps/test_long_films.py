"""Films of many pieces: as many calls as they need, each piece paid for once."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from retake.api.callers import Caller, Sight
from retake.api.cancel import Outcome, cancel
from retake.aws.dynamodb import BATCH_KEYS
from retake.catalog.models import MODELS
from retake.domain.folders import Walls
from retake.domain.stored import required
from retake.domain.vocabulary import Status
from retake.records.slots import Rooms

from tests.retake.steps.film_scene import MODEL, SMALL, FilmScene
from tests.support.numbered_film import film, numbers_in

FPS = 6
# As above, for films of many small pieces: of at most seven frames each.
TINY = replace(
    SMALL,
    fps_minimum=FPS,
    standard=replace(SMALL.standard, maximum_seconds=1.2),
)
SIDES: dict[str, Any] = {"width": 96, "height": 64}


@pytest.fixture(autouse=True)
def tiny_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, MODEL, TINY)


def clip_of(frames: int) -> bytes:
    return film(range(frames), fps=FPS, **SIDES)


def slow_calls() -> FilmScene:
    """A scene in which each look at the clock finds five minutes gone."""
    return FilmScene(clock=itertools.count(0.0, 300.0).__next__)


def test_a_film_that_takes_longer_than_a_call_is_put_together_in_several() -> None:
    scene = slow_calls()
    longer = film(range(9), fps=FPS, **SIDES)
    scene.provider.change = lambda number, data: longer if number == 0 else data
    edit = scene.drop(clip_of(28), consistency="none")
    reels = set[str]()

    def look(edit: object) -> bool:
        reels.update(key for _, key in scene.scene.storage.objects if ".reel-" in key)
        return False

    seen = scene.play(edit, until=look)

    assert seen.status is Status.SUCCEEDED, seen.message
    assert numbers_in(scene.result(edit))[7:] == list(range(7, 28))
    assert len(reels) == 4
    assert any("Piece 1 came back with 2 frames more" in it for it in seen.warnings)
    made = required(seen.film)
    assert (made.reels, made.joined, len(made.seams)) == ((), (), 3)
    assert len(scene.told) == 1


@pytest.mark.long
def test_more_pieces_than_one_question_to_the_table_may_name_are_one_film() -> None:
    scene, frames = FilmScene(), 7 * (BATCH_KEYS + 1)
    edit = scene.drop(clip_of(frames), consistency="none")

    seen = scene.play(edit)

    assert seen.status is Status.SUCCEEDED, seen.message
    assert numbers_in(scene.result(edit)) == list(range(frames))
    assert len(scene.provider.orders) == len(scene.pieces(edit)) > BATCH_KEYS
    assert seen.billed_usd == seen.quoted_usd
    assert len(scene.told) == 1


@pytest.mark.long
def test_of_many_pieces_the_one_that_failed_is_sent_again_alone() -> None:
    scene, frames = FilmScene(), 7 * 21
    scene.provider.change = lambda number, data: None if number == 9 else data
    edit = scene.drop(clip_of(frames), consistency="none")

    seen = scene.play(edit)

    assert seen.status is Status.SUCCEEDED, seen.message
    assert numbers_in(scene.result(edit)) == list(range(frames))
    tries = required(seen.film).tries
    assert sorted(tries) == [*[1] * (len(tries) - 1), 2]
    assert len(tries) > 20
    assert len(scene.provider.orders) == len(tries) + 1
    assert len(scene.told) == 1


def test_cancelled_in_the_middle_what_was_not_sent_is_never_billed() -> None:
    scene, frames = FilmScene(), 7 * 21
    scene.scene.records.line.rooms = Rooms({"fal": 2})
    edit = scene.drop(clip_of(frames), consistency="none")
    scene.play(edit, until=lambda edit: sum(bool(it.result) for it in scene.now_open(edit)) > 4)
    sent = len(scene.provider.orders)

    sight = Sight(Caller("nobody confined"), Walls(), scene.scene.records)
    outcome, _ = cancel(edit.edit_id, sight, lambda token: None)
    seen = scene.resumed(edit)

    assert (outcome, seen.status) == (Outcome.PIECES_STOPPED, Status.CANCELLED)
    assert cancel(edit.edit_id, sight, lambda token: None)[0] is Outcome.PIECES_STOPPED
    assert 4 < sent < 21
    assert len(scene.provider.orders) == sent
    pieces = scene.pieces(edit)
    assert all(each.is_finished for each in pieces)
    assert sum(bool(each.billed_usd or each.at_risk_usd) for each in pieces) == sent
    assert sum(bool(each.result) for each in pieces) > 4
    assert scene.told == [f"{edit.edit_id}.cancelled"]
    billed = sum(each.billed_usd or 0 for each in pieces)
    told = seen.message or ""
    assert f"cancelled on request. Of {len(pieces)} pieces" in told
    assert f"{seen.billed_usd:.2f} USD are billed, and up to" in told
    assert 0 < (seen.billed_usd or 0) <= billed + 1e-9
    assert billed <= (seen.billed_usd or 0) + seen.details["at_risk_usd"] + 1e-9

"""A long clip edited in pieces: all of its frames, one bill each, one message."""

import json

import pytest
from retake.api.callers import Caller, Sight
from retake.api.cancel import Outcome, cancel
from retake.catalog.models import MODELS
from retake.catalog.repair_plan import not_repairable
from retake.domain.edit import Edit
from retake.domain.folders import Walls
from retake.domain.phases import doing_of, progress_percent
from retake.domain.vocabulary import Reason, Status

from tests.retake.steps.film_scene import MODEL, SMALL, FilmScene
from tests.support.numbered_film import clicks_in, film, numbers_in

FRAMES = 84  # 3.5 s


@pytest.fixture(autouse=True)
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, MODEL, SMALL)


def test_every_frame_comes_back_once_with_the_clips_own_sound_and_one_message() -> None:
    scene, clip = FilmScene(), film(range(FRAMES), layout="stereo")
    edit = scene.drop(clip)

    seen = scene.play(edit)

    assert (seen.status, seen.reason) == (Status.SUCCEEDED, None), seen.message
    made = scene.result(edit)
    assert numbers_in(made) == list(range(FRAMES))
    assert all(abs(a - b) < 1 / 24 for a, b in zip(clicks_in(made), clicks_in(clip), strict=True))
    assert scene.told == [f"{edit.edit_id}.succeeded"]
    pieces = scene.pieces(edit)
    assert len(pieces) == len(scene.provider.orders) == 2
    assert {each.parent_id for each in pieces} == {edit.edit_id}
    assert seen.quoted_usd == seen.billed_usd == sum(each.billed_usd or 0 for each in pieces)
    assert [order.keep_audio for order in scene.provider.orders] == [False, False]


def test_the_quote_is_on_record_before_anything_is_sent() -> None:
    scene = FilmScene()
    edit = scene.drop(film(range(FRAMES)))

    seen = scene.play(edit, until=lambda edit: edit.film is not None)

    assert scene.provider.orders == []
    assert seen.quoted_usd == 0.588
    assert any("2 pieces of 1.75, 1.75 s; 3.50 s are billed" in it for it in seen.warnings)


def test_how_far_it_is_moves_with_its_pieces_and_says_when_they_are_put_together() -> None:
    scene, told = FilmScene(), []

    def look(edit: Edit) -> bool:
        told.append((progress_percent(edit), doing_of(edit)))
        return False

    scene.play(scene.drop(film(range(FRAMES))), until=look)

    percents = [percent for percent, _ in told]
    assert percents == sorted(percents)
    words = list(dict.fromkeys(doing for _, doing in told))
    assert words[-3:] == [
        "0 of 2 pieces edited",
        "1 of 2 pieces edited",
        "Putting the pieces together",
    ]


def test_a_picture_of_the_first_edited_piece_is_shown_to_the_others() -> None:
    scene = FilmScene()
    edit = scene.drop(film(range(FRAMES)))

    scene.play(edit)

    first, second = scene.provider.orders
    assert first.image_urls == ()
    assert [url.rpartition("/")[2].partition("?")[0] for url in second.image_urls] == [
        f"{edit.edit_id}.anchor.jpg"
    ]
    assert second.prompt == "noir Keep the look of @Image1."


def test_without_an_anchor_all_pieces_go_at_once() -> None:
    scene = FilmScene()
    edit = scene.drop(film(range(FRAMES)), consistency="none")

    scene.play(edit, until=lambda edit: len(scene.provider.orders) == 2)

    assert [order.image_urls for order in scene.provider.orders] == [(), ()]
    assert {each.status for each in scene.pieces(edit)} == {Status.RUNNING}


def test_a_piece_that_fails_once_is_sent_again_alone() -> None:
    scene = FilmScene()
    scene.provider.change = lambda number, data: None if number == 1 else data
    edit = scene.drop(film(range(FRAMES)))

    seen = scene.play(edit)

    assert seen.status is Status.SUCCEEDED
    assert numbers_in(scene.result(edit)) == list(range(FRAMES))
    assert len(scene.provider.orders) == 3
    assert seen.film is not None
    assert seen.film.tries == (1, 2)


def test_a_piece_that_fails_twice_ends_the_film_and_a_retry_sends_only_that() -> None:
    scene = FilmScene()
    scene.provider.change = lambda number, data: None if number in (1, 2) else data
    edit = scene.drop(film(range(FRAMES)))

    seen = scene.play(edit)

    assert (seen.status, seen.reason, seen.result) == (
        Status.FAILED,
        Reason.PROVIDER_FAILED,
        None,
    )
    assert "Of 2 pieces 1 were edited; piece 2 was not" in (seen.message or "")
    assert seen.details["pieces"] == [scene.pieces(edit)[0].edit_id]
    assert scene.told == [f"{edit.edit_id}.failed"]

    again, _ = scene.scene.records.receive(
        "e-" + "1" * 20,
        None,
        inbox_bucket="inbox",
        source=seen.source,
        request=seen.request,
        retry_of=edit.edit_id,
    )
    done = scene.play(again)

    assert done.status is Status.SUCCEEDED, done.message
    assert numbers_in(scene.result(again)) == list(range(FRAMES))
    assert len(scene.provider.orders) == 4
    assert done.billed_usd == 0.294


def test_a_piece_that_fails_twice_stays_as_it_was_where_that_was_asked_for() -> None:
    scene = FilmScene()
    scene.provider.change = lambda number, data: None if number in (1, 2) else data
    edit = scene.drop(film(range(FRAMES)), if_piece_fails="keep_source")

    seen = scene.play(edit)

    assert seen.status is Status.SUCCEEDED
    assert numbers_in(scene.result(edit)) == list(range(FRAMES))
    assert any(it.startswith("Piece 2 is as it was") for it in seen.warnings)


def test_what_comes_back_longer_is_cut_and_told() -> None:
    scene = FilmScene()
    longer = film([*range(42), 42, 43, 44])
    scene.provider.change = lambda number, data: longer if number == 0 else data
    edit = scene.drop(film(range(FRAMES)), consistency="none")

    seen = scene.play(edit)

    assert len(numbers_in(scene.result(edit))) == FRAMES
    assert any("Piece 1 came back with 3 frames more or fewer" in it for it in seen.warnings)


def test_cancelled_before_the_second_piece_was_sent_nothing_more_is_billed() -> None:
    scene = FilmScene()
    edit = scene.drop(film(range(FRAMES)), consistency="none")
    records = scene.scene.records
    scene.play(edit, until=lambda edit: len(scene.opened(edit)) == 2)

    sight = Sight(Caller("nobody confined"), Walls(), records)
    outcome, _ = cancel(edit.edit_id, sight, lambda token: None)
    seen = scene.play(edit)

    assert outcome is Outcome.CANCELLED
    assert seen.status is Status.CANCELLED
    assert [scene.play(piece).status for piece in scene.pieces(edit)] == [Status.CANCELLED] * 2
    assert scene.provider.orders == []
    assert scene.told == [f"{edit.edit_id}.cancelled"]


def test_the_manifest_lists_pieces_and_joins() -> None:
    scene = FilmScene()
    edit = scene.drop(film(range(FRAMES)))

    seen = scene.play(edit)

    assert seen.result is not None
    told = json.loads(scene.scene.storage.objects["results", seen.result.manifest_key])
    assert told["film"]["cuts"] == [0, 42, 84]
    assert told["film"]["edit_ids"] == [each.edit_id for each in scene.pieces(edit)]
    (seam,) = told["film"]["seams"]
    assert seam["seconds"] == 1.75
    assert abs(seam["step"]["brightness"] - seam["source_step"]["brightness"]) < 3


EVERY_CALL = [pytest.param(at, marks=pytest.mark.long) for at in range(1, 60)]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [3, 9, *EVERY_CALL])
def test_whatever_call_fails_each_piece_is_sent_once_and_one_film_is_told_of(
    at: int, after: bool
) -> None:
    scene = FilmScene(fails_at=at, after=after)
    edit = scene.drop(film(range(51)), consistency="none")

    seen = scene.play(edit)

    assert seen.status is Status.SUCCEEDED, seen.message
    assert numbers_in(scene.result(edit)) == list(range(51))
    assert len(scene.provider.orders) == 2
    assert len(scene.told) == 1
    assert seen.billed_usd == seen.quoted_usd


def test_pieces_that_cannot_be_put_together_are_named_and_paid_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_slow(*given: object, **named: object) -> None:
        raise not_repairable("it would take longer than 840 s")

    monkeypatch.setattr("retake.steps.split.stitch", too_slow)
    scene = FilmScene()
    edit = scene.drop(film(range(51)), consistency="none")

    seen = scene.play(edit)

    assert (seen.status, seen.reason) == (Status.FAILED, Reason.BAD_RESULT)
    assert seen.details["pieces"] == [each.edit_id for each in scene.pieces(edit)]
    assert all(each.result for each in scene.pieces(edit))
    assert seen.billed_usd == seen.quoted_usd
    assert len(scene.told) == 1

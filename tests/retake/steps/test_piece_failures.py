"""A piece that cannot be edited: the film ends as it was asked to, and the message says so."""

import pytest
from retake.catalog.models import MODELS
from retake.domain.edit import Edit
from retake.domain.vocabulary import Reason, Status
from retake.presentation.messages import message_in, notification_for, text_about

from tests.retake.steps.film_scene import MODEL, SMALL, FilmScene
from tests.support.numbered_film import film, numbers_in

FRAMES = 99  # 4.1 s: pieces of 0 to 31, 32 to 63, and 64 to 98


@pytest.fixture(autouse=True)
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, MODEL, SMALL)


def all_but_the_second(number: int, data: bytes) -> bytes | None:
    return None if numbers_in(data)[0] == 32 else data


def retried(scene: FilmScene, seen: Edit) -> Edit:
    return scene.scene.records.receive(
        "e-" + "1" * 20,
        None,
        inbox_bucket="inbox",
        source=seen.source,
        request=seen.request,
        retry_of=seen.edit_id,
    )[0]


@pytest.mark.parametrize(
    "consistency",
    [*(pytest.param(it, marks=pytest.mark.long) for it in ("anchor", "none")), "chained"],
)
def test_in_part_all_others_are_edited_and_a_retry_buys_the_missing_one(consistency: str) -> None:
    scene = FilmScene()
    scene.provider.change = all_but_the_second
    edit = scene.drop(film(range(FRAMES)), consistency=consistency, if_piece_fails="partial")

    seen = scene.play(edit)

    first, second, third = scene.pieces(edit)
    assert (seen.status, seen.reason, seen.result) == (
        Status.FAILED,
        Reason.PROVIDER_FAILED,
        None,
    )
    assert "Of 3 pieces 2 were edited; piece 2 was not" in (seen.message or "")
    assert "They are kept, and there is no film yet." in (seen.message or "")
    assert seen.details["pieces"] == [first.edit_id, third.edit_id]
    assert seen.details["failed"] == [second.edit_id]
    for piece, key in zip((first, third), seen.details["files"], strict=True):
        assert piece.result is not None
        assert key == piece.result.key
        assert ("results", key) in scene.scene.storage.objects
    assert scene.told == [f"{edit.edit_id}.failed"]
    assert len(scene.provider.orders) == 4

    scene.provider.change = lambda number, data: data
    done = scene.play(retried(scene, seen))

    assert done.status is Status.SUCCEEDED, done.message
    assert len(scene.provider.orders) == 5
    assert numbers_in(scene.result(done)) == list(range(FRAMES))
    assert done.billed_usd == second.quoted_usd


@pytest.mark.long
def test_where_it_shall_fail_nothing_is_sent_after_it() -> None:
    scene = FilmScene()
    scene.provider.change = all_but_the_second
    edit = scene.drop(film(range(FRAMES)), consistency="chained", if_piece_fails="fail")

    seen = scene.play(edit)

    assert seen.status is Status.FAILED
    assert "Of 3 pieces 1 were edited; piece 2 was not" in (seen.message or "")
    assert len(scene.provider.orders) == 3
    assert len(scene.opened(seen)) == 2


def test_pieces_are_told_of_where_asked_for_and_wake_nobody_who_waits_for_the_film() -> None:
    scene = FilmScene()
    edit = scene.drop(
        film(range(51)),
        consistency="none",
        piece_messages="true",
        webhook_url="https://hooks.example/",
    )

    scene.play(edit)

    first, second = scene.pieces(edit)
    assert first.is_told
    assert second.told_at("") == "https://hooks.example/"
    notice = notification_for(second)
    assert notice["attributes"] == {"kind": {"DataType": "String", "StringValue": "piece"}}
    assert notice["subject"] == "Retake: long.mp4 piece 2 is ready"
    told = message_in(notice)
    assert (told["parent_id"], told["piece_index"]) == (edit.edit_id, 1)
    assert text_about(second).startswith('The edit of piece 2 of "shots/long.mp4" is ready.')


@pytest.mark.long
def test_without_asking_no_piece_is_told_of() -> None:
    scene = FilmScene()
    edit = scene.drop(film(range(51)), consistency="none", webhook_url="https://hooks.example/")

    scene.play(edit)

    assert [(each.is_told, each.told_at("https://a.example/")) for each in scene.pieces(edit)] == [
        (False, ""),
        (False, ""),
    ]

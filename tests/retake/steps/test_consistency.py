"""What holds the pieces of a film together: pictures of those before, and frames they share."""

import io
import json

import av
import pytest
from retake.catalog.models import MODELS
from retake.domain.vocabulary import Status

from tests.retake.steps.film_scene import MODEL, SMALL, FilmScene
from tests.retake.steps.test_validate import PNG
from tests.support.numbered_film import film, number_in, numbers_in

FRAMES = 99  # 4.1 s: three pieces


@pytest.fixture(autouse=True)
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, MODEL, SMALL)


def shown(scene: FilmScene) -> list[list[str]]:
    """The names of the pictures that each order showed."""
    names = [[url.partition("?")[0] for url in it.image_urls] for it in scene.provider.orders]
    return [[name.rpartition("/")[2].partition(".")[2] for name in each] for each in names]


def test_in_a_chain_each_piece_is_shown_how_the_one_before_has_ended() -> None:
    scene = FilmScene()
    edit = scene.drop(film(range(FRAMES)), consistency="chained")

    scene.play(edit, until=lambda edit: len(scene.provider.orders) == 2)
    assert len(scene.opened(scene.scene.now(edit))) == 2
    seen = scene.resumed(edit)

    assert seen.status is Status.SUCCEEDED, seen.message
    assert shown(scene) == [[], ["anchor.jpg", "last-1.jpg"], ["anchor.jpg", "last-2.jpg"]]
    assert scene.provider.orders[2].prompt == (
        "noir Keep the look of @Image1. It goes on from the frame @Image2."
    )
    assert seen.film is not None
    for at in (1, 2):
        picture = scene.scene.storage.objects["results", f"fitted/{edit.edit_id}.last-{at}.jpg"]
        with av.open(io.BytesIO(picture), "r") as still:
            assert number_in(next(still.decode(video=0))) == seen.film.cuts[at] - 1
    assert numbers_in(scene.result(edit)) == list(range(FRAMES))


EVERY_CALL = [pytest.param(at, marks=pytest.mark.long) for at in range(1, 60)]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", EVERY_CALL)
def test_whatever_call_fails_a_chain_stays_in_order_and_each_piece_is_sent_once(
    at: int, after: bool
) -> None:
    scene = FilmScene(fails_at=at, after=after)
    edit = scene.drop(film(range(FRAMES)), consistency="chained", overlap_frames="4")

    seen = scene.play(edit)

    assert seen.status is Status.SUCCEEDED, seen.message
    assert shown(scene) == [[], ["anchor.jpg", "last-1.jpg"], ["anchor.jpg", "last-2.jpg"]]
    assert numbers_in(scene.result(edit)) == list(range(FRAMES))
    assert seen.billed_usd == seen.quoted_usd
    assert len(scene.told) == 1


def test_a_picture_of_the_request_anchors_all_pieces_and_takes_no_place_more() -> None:
    scene = FilmScene()
    names = [f"images/{number}.png" for number in range(4)]
    for name in names:
        scene.scene.storage.objects["inbox", name] = PNG
    edit = scene.drop(film(range(FRAMES)), images=",".join(names), anchor_image="2")

    seen = scene.play(edit, until=lambda edit: len(scene.provider.orders) == 3)

    assert seen.status is Status.RECEIVED, seen.message  # none of them has ended
    assert [len(each.image_urls) for each in scene.provider.orders] == [4, 4, 4]
    assert {each.prompt for each in scene.provider.orders} == {"noir Keep the look of @Image2."}


@pytest.mark.long
def test_where_the_first_piece_stays_as_it_was_the_next_is_the_anchor() -> None:
    scene = FilmScene()
    scene.provider.change = lambda number, data: None if number in (0, 1) else data
    edit = scene.drop(film(range(FRAMES)), if_piece_fails="keep_source")

    seen = scene.play(edit)

    assert seen.status is Status.SUCCEEDED, seen.message
    assert shown(scene) == [[], [], [], ["anchor.jpg"]]
    assert numbers_in(scene.result(edit)) == list(range(FRAMES))


def test_pieces_that_share_frames_make_a_film_of_as_many_and_the_price_says_so() -> None:
    scene = FilmScene()
    edit = scene.drop(film(range(84)), overlap_frames="6")

    seen = scene.play(edit)

    assert seen.status is Status.SUCCEEDED, seen.message
    assert numbers_in(scene.result(edit)) == list(range(84))
    assert seen.quoted_usd == seen.billed_usd == 0.63  # 90 frames of 24 a second, at 0.168 USD
    assert any("share 6 frames where no scene changes, for 0.04 USD" in it for it in seen.warnings)
    assert seen.result is not None
    told = json.loads(scene.scene.storage.objects["results", seen.result.manifest_key])
    (seam,) = told["film"]["seams"]
    assert seam["faded_frames"] == 6
    assert seam["edits_apart"]["brightness"] < 1


def test_more_frames_than_a_piece_can_share_are_refused_before_anything_is_sent() -> None:
    scene = FilmScene()
    edit = scene.drop(film(range(84)), overlap_frames="13")

    seen = scene.play(edit)

    assert seen.status is Status.REJECTED
    assert "at most 12 frames can be shared" in (seen.message or "")
    assert scene.provider.orders == []

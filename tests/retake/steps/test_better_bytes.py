"""Of several bad downloads the best is kept: more of a film before less of it, or a page."""

from contextlib import suppress
from typing import Any

import pytest
from retake.domain.edit import Edit
from retake.domain.errors import Unavailable
from retake.domain.vocabulary import Reason, Status

from tests.retake.steps.scripted_provider import patiently_out
from tests.retake.steps.test_save_result import VIDEO, keeper, out, stored
from virtual.fake_provider import FakeDownloads
from virtual.scene import Scene

PAGE = b"<html><body>Please wait</body></html>"
SHORT, LONG = VIDEO[: len(VIDEO) * 3 // 10], VIDEO[: len(VIDEO) * 6 // 10]
WEBM = b"\x1aE\xdf\xa3" + bytes(5000)
STREAM = (b"G" + bytes(187)) * 20


def ended(*bodies: bytes) -> tuple[Scene, Edit]:
    """An edit whose downloads brought these, the last one for ever."""
    scene = Scene()
    edit = scene.running()
    came = iter([*bodies, *[bodies[-1]] * 9])
    for _ in range(8):
        with suppress(Unavailable):
            out(scene, edit, keeper(scene, next(came)))
        if scene.now(edit).is_finished:
            return scene, scene.now(edit)
        scene.clock.advance(300)
    raise AssertionError("Persist never ends.")


def kept_bytes(scene: Scene, edit: Edit) -> bytes:
    where = edit.details["delivered"]
    return bytes(scene.storage.objects[where["bucket"], where["key"]])


@pytest.mark.parametrize(
    ("bodies", "best"),
    [
        ((LONG, PAGE), LONG),
        ((PAGE, LONG, PAGE), LONG),
        ((LONG, SHORT), LONG),
        ((SHORT, LONG, SHORT), LONG),
        ((LONG, b""), LONG),
        ((b"", PAGE), PAGE),
        ((WEBM, PAGE), WEBM),
    ],
)
def test_the_best_of_what_came_is_kept_and_named(bodies: tuple[bytes, ...], best: bytes) -> None:
    scene, edit = ended(*bodies)

    assert edit.reason is Reason.BAD_RESULT
    assert kept_bytes(scene, edit).startswith(best)
    assert edit.details["delivered"]["key"] in (edit.message or "")
    assert len([key for bucket, key in scene.storage.objects if bucket == "results"]) == 1


def test_the_message_tells_of_what_is_kept_and_not_of_what_came_last() -> None:
    _, edit = ended(LONG, PAGE)

    assert "cut short" in (edit.message or "")
    assert "web page" not in (edit.message or "")


def test_a_whole_film_takes_the_place_of_a_cut_one_and_nothing_stays_beside_it() -> None:
    scene, edit = ended(LONG, VIDEO)

    assert edit.status is Status.SUCCEEDED
    assert len(stored(scene, edit)) == len(VIDEO) + 1024
    assert not any(key.endswith(".part") for _, key in scene.storage.objects)


@pytest.mark.parametrize(
    ("body", "name"), [(WEBM, "WebM or Matroska"), (STREAM, "MPEG transport stream")]
)
def test_a_film_that_cannot_be_looked_into_is_named_without_advice_for_clips(
    body: bytes, name: str
) -> None:
    scene, edit = ended(body)

    assert name in (edit.message or "")
    assert "may well play" in (edit.message or "")
    assert "fit" not in (edit.message or "").replace(edit.details["delivered"]["key"], "")
    assert kept_bytes(scene, edit) == body


def odd_answer(status: int, headers: dict[str, str]) -> FakeDownloads:
    downloads = FakeDownloads()
    downloads.status, downloads.headers = status, headers
    return downloads


@pytest.mark.parametrize("said", ["bytes 0-4/5", "Bytes 0-4/5"])
def test_a_range_of_all_bytes_is_the_whole(said: str) -> None:
    scene = Scene()
    edit = scene.running()

    patiently_out(scene, edit, odd_answer(206, {"content-range": said}))

    assert scene.now(edit).status is Status.SUCCEEDED


@pytest.mark.parametrize("said", ["bytes 0-4/9", "bytes 1-4/5", "bytes 0-4/*", ""])
def test_a_range_of_some_bytes_is_asked_for_again(said: str) -> None:
    scene = Scene()
    edit = scene.running()

    with pytest.raises(AssertionError, match="never ends"):
        patiently_out(scene, edit, odd_answer(206, {"content-range": said}))

    trouble: Any = scene.now(edit).trouble
    assert "206" in trouble.message


def test_a_link_that_leads_on_for_ever_ends() -> None:
    scene = Scene()
    edit = scene.running()

    patiently_out(scene, edit, odd_answer(302, {"location": "https://cdn.example/next"}))

    assert scene.now(edit).reason is Reason.BAD_RESULT
    assert "redirects" in (scene.now(edit).message or "")

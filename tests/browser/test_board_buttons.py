"""What an edit on the board offers, and what its buttons do, with any answer to them."""

from typing import Any

import pytest

from tests.browser.screen import Screen
from tests.browser.staged_board import AGAIN, DESK, STAGED, edit, ended

OFFERED = {
    "RUNNING": {True: ["Copy link", "Cancel"], False: ["Copy link"]},
    "SUCCEEDED": {
        True: ["Download", "Copy link", "Change"],
        False: ["Download", "Copy link"],
    },
    "FAILED": {True: ["Copy link", "Change", "Try again"], False: ["Copy link"]},
}


@pytest.mark.parametrize("may_work", [True, False])
@pytest.mark.parametrize("status", OFFERED)
def test_an_edit_offers_what_can_be_done_with_it(page: Screen, status: str, may_work: bool) -> None:
    ready: dict[str, Any] = {"has_video": True} if status == "SUCCEEDED" else {}
    shown = edit(status=status, is_finished=status != "RUNNING", **ready)
    page.run(STAGED, {"edits": [shown]} | ({"desk": DESK} if may_work else {}))

    offered = [each.text for each in page.all(".actions button") if each.is_displayed()]

    assert offered == OFFERED[status][may_work]


def test_a_click_by_mistake_cancels_nothing(page: Screen) -> None:
    answer = {"edits": [edit()], "desk": DESK}
    page.run(STAGED, answer, {"cancel": {"message": "It was stopped."}})
    cancel = page.find("[data-do=cancel]")

    cancel.click()
    asked_first = page.run("return window.said.length")
    question = cancel.text
    cancel.click()
    page.until(lambda: page.text(".note") == "It was stopped.", "it is stopped")

    assert (asked_first, question) == (0, "Really cancel?")


def test_what_the_stack_will_not_do_is_said_at_the_edit(page: Screen) -> None:
    refusal = {"status": 409, "message": "fal may still bill $0.84 for it."}
    page.run(STAGED, {"edits": [ended("a.mp4", "FAILED")], "desk": DESK}, {"retry": refusal})

    page.find("[data-do=retry]").click()

    page.until(lambda: page.text(".note") == refusal["message"], "the reason stands there")


def test_an_edit_that_is_refused_after_its_start_comes_back_to_be_mended(page: Screen) -> None:
    refused = ended("walk.mp4", "REJECTED", reason="TOO_LONG", message="It is too long.")
    old = {"prompt": "Make it snow", "fit": "trim", "keep_audio": False}
    quotes = {"quotes": [{"model": "novita/kling-o1-edit", "role": "default", "usd": 0.5}]}
    page.run(STAGED, {"edits": [], "desk": DESK}, {"reword": old, "price": quotes})
    page.run("started.add('e-walk.mp4')")

    page.run(AGAIN, {"edits": [refused], "desk": DESK})

    page.until(lambda: page.all(".clip"), "the clip is back in the form")
    assert page.text("#told") == "walk.mp4: It is too long."
    assert "Refused before: It is too long." in page.text(".clip")
    assert page.run("return document.getElementById('prompt').value") == "Make it snow"
    assert page.run("return document.getElementById('fit').value") == "trim"
    assert page.run("return document.getElementById('sound').checked") is False

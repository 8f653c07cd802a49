"""POST /providers/{provider}/try: who waits for an account goes on when somebody has mended it."""

import pytest
from retake.domain.vocabulary import Status
from retake.providers.contract import Submission, Verdict
from retake.settings import PROVIDERS

from tests.retake.api.api_client import Reception
from virtual.scene import Scene

DAY = 86_400


def held_for_hours(scene: Scene) -> None:
    """One edit tries by a timer again and again, the last time for an hour; one waits behind it."""
    scene.provider.submissions = [Submission(verdict=Verdict.NO_CREDIT)]
    first, second = scene.validated("1.mp4"), scene.validated("2.mp4")
    for _ in range(9):
        scene.clock.advance(scene.submit(first, park_seconds=DAY).wait_seconds)
        scene.submit(second, park_seconds=DAY)
    scene.submit(first, park_seconds=DAY)
    scene.token(first, "first-waits")
    scene.token(second, "second-waits")


def test_after_a_top_up_the_first_is_sent_at_once_and_all_go_on_when_it_is_taken() -> None:
    reception = Reception()
    scene = reception.scene
    held_for_hours(scene)
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(2)]

    told = reception.call("POST", "/providers/novita/try")
    woken = list(scene.woken)
    edits = scene.records.get_many([key.partition("#")[2] for key in scene.table.items])
    for edit in sorted(edits.values(), key=lambda edit: edit.probes is None):
        scene.submit(edit, park_seconds=DAY)

    assert (told.status, told.json) == (200, {"provider": "novita", "keys": ["novita"]})
    assert woken == ["first-waits"]
    assert scene.woken[-1] == "second-waits"
    assert {scene.now(edit).status for edit in edits.values()} == {Status.RUNNING}


def test_where_it_is_not_mended_after_all_everybody_waits_on() -> None:
    reception = Reception()
    held_for_hours(reception.scene)
    orders = len(reception.scene.provider.orders)

    for _ in range(3):
        reception.call("POST", "/providers/novita/try")

    scene = reception.scene
    slots = scene.records.line.slots("novita")
    step = scene.submit(scene.records.get(str(slots.prober)), park_seconds=DAY)
    assert len(scene.provider.orders) == orders + 1
    assert step.wait_seconds == 3600


@pytest.mark.parametrize("provider", PROVIDERS)
def test_where_nothing_is_held_nothing_is_tried(provider: str) -> None:
    reception = Reception()

    told = reception.call("POST", f"/providers/{provider}/try")

    assert (told.status, told.json) == (200, {"provider": provider, "keys": []})
    assert reception.scene.provider.orders == []


def test_a_provider_that_is_none_is_refused() -> None:
    assert Reception().call("POST", "/providers/kling/try").status == 422

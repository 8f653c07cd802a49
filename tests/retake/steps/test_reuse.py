"""The same thing is not bought twice, where the stack or the request says so."""

import hashlib
from typing import Any

import pytest
from retake.domain.budgets import Budgets
from retake.domain.edit import Edit
from retake.domain.vocabulary import Reason, Status, WaitsFor
from retake.records.slots import Rooms
from retake.steps.outcome import Next

from tests.retake.steps.scripted_provider import out
from virtual.scene import Scene

REUSE = {"reuse": "true"}


def shop(**said: Any) -> Scene:
    scene = Scene(budgets=Budgets(**said))
    scene.records.line.rooms = Rooms({"novita": 100})
    scene.provider.submissions = [scene.accepting(f"task-{number}") for number in range(20)]
    return scene


def bought(scene: Scene, key: str = "first.mp4", **asked: str) -> Edit:
    """An edit that was sent and has its result."""
    edit = scene.validated(key, **asked)
    scene.submit(edit)
    scene.poll(edit)
    out(scene, edit)
    assert scene.now(edit).status is Status.SUCCEEDED
    return scene.now(edit)


def test_an_equal_edit_gets_a_copy_and_is_billed_nothing() -> None:
    scene = shop()
    first = bought(scene, **REUSE)
    second = scene.validated("second.mp4", **REUSE)

    assert scene.submit(second).next is Next.PERSIST
    message = out(scene, second)["notification"]["message"]

    copied = scene.now(second)
    assert (copied.status, copied.billed_usd) == (Status.SUCCEEDED, 0.0)
    assert copied.reused_from == first.edit_id
    assert f'\\"reused_from\\":\\"{first.edit_id}\\"' in message
    assert copied.result is not None
    assert first.result is not None
    assert copied.result.key != first.result.key
    assert copied.result.sha256 == first.result.sha256
    assert len(scene.provider.orders) == 1
    assert copied.charges == ()


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "noir, and rain"},
        {"model": "fal/kling-o1-edit"},
        {"aspect_ratio": "16:9"},
        {"keep_audio": "false"},
    ],
)
def test_what_differs_in_a_word_is_bought(other: dict[str, str]) -> None:
    scene = shop()
    bought(scene, **REUSE)

    scene.submit(scene.validated("second.mp4", **REUSE, **other))

    assert len(scene.provider.orders) == 2


def test_other_bytes_or_another_folder_are_something_else() -> None:
    scene = shop(reuse="on")
    bought(scene)
    other = scene.upload("second.mp4", body=b"other")
    scene.validate(other)

    scene.submit(other)
    scene.submit(scene.validated("tenant/first.mp4"))

    assert len(scene.provider.orders) == 3


@pytest.mark.parametrize(
    ("stack", "asked", "copied"),
    [
        ("off", {}, False),
        ("off", {"reuse": "true"}, True),
        ("api", {}, False),  # an upload
        ("on", {}, True),
        ("on", {"reuse": "false"}, False),
    ],
)
def test_uploads_are_bought_again_unless_somebody_says_otherwise(
    stack: str, asked: dict[str, str], copied: bool
) -> None:
    scene = shop(reuse=stack)
    bought(scene, reuse="true")

    step = scene.submit(scene.validated("second.mp4", **asked))

    assert (step.next is Next.PERSIST) is copied


def test_of_twins_one_pays_and_the_other_waits_for_it() -> None:
    scene = shop(reuse="on")
    first, second = scene.validated("a.mp4"), scene.validated("b.mp4")
    scene.submit(first)

    assert scene.submit(second).next is Next.TURN
    assert scene.now(second).waits_for is WaitsFor.TWIN
    scene.poll(first)
    out(scene, first)

    assert scene.now(second).waits_for is None
    assert scene.submit(second).next is Next.PERSIST
    assert len(scene.provider.orders) == 1


def test_of_twins_who_look_at_the_same_moment_one_pays() -> None:
    scene = shop(reuse="on")
    first, second = scene.validated("a.mp4"), scene.validated("b.mp4")
    look = scene.records.equal.payer

    def overtaken(edit_id: str | None) -> Edit | None:
        found = look(edit_id)
        scene.records.equal.payer = look  # type: ignore[method-assign]  # as it was
        scene.submit(first)
        return found

    scene.records.equal.payer = overtaken  # type: ignore[method-assign]  # the race, made certain

    assert scene.submit(second).next is Next.SUBMIT
    assert scene.submit(second).next is Next.TURN
    assert len(scene.provider.orders) == 1


def test_a_wake_that_was_lost_is_made_up_for_by_the_sweep() -> None:
    scene = shop(reuse="on")
    first, second = scene.validated("a.mp4"), scene.validated("b.mp4")
    scene.submit(first)
    scene.submit(second)
    scene.poll(first)
    wake, scene.records.equal.wake = scene.records.equal.wake, lambda fingerprint: 0  # type: ignore[method-assign]  # lost
    out(scene, first)
    scene.records.equal.wake = wake  # type: ignore[method-assign]  # as it was

    assert scene.budget_lines().run() == {"given a copy": 1}
    assert scene.budget_lines().run() == {}

    assert scene.submit(second).next is Next.PERSIST
    assert scene.records.spending.lines() == {}


def test_when_the_one_that_pays_fails_the_next_one_pays() -> None:
    scene = shop(reuse="on")
    first, second = scene.validated("a.mp4"), scene.validated("b.mp4")
    scene.submit(first)
    scene.submit(second)

    out(scene, first, error="Runtime.ExitError")

    assert scene.submit(second).log_marker == "accepted"


def test_a_result_that_is_gone_is_bought_again() -> None:
    scene = shop(reuse="on")
    first = bought(scene)
    assert first.result is not None
    scene.storage.delete(first.result.bucket, first.result.key)

    assert scene.submit(scene.validated("second.mp4")).log_marker == "accepted"


def test_a_result_that_goes_while_it_is_copied_ends_the_edit_unbilled() -> None:
    scene = shop(reuse="on")
    first = bought(scene)
    second = scene.validated("second.mp4")
    scene.submit(second)
    assert first.result is not None
    scene.storage.delete(first.result.bucket, first.result.key)

    out(scene, second)

    ended = scene.now(second)
    assert (ended.status, ended.reason) == (Status.FAILED, Reason.RESULT_EXPIRED)
    assert (ended.billed_usd, ended.at_risk_usd) == (0.0, None)


def test_the_checksum_that_came_with_an_upload_saves_reading_the_clip() -> None:
    scene = shop(reuse="on")
    bought(scene)
    scene.storage.checksums["second.mp4"] = hashlib.sha256(b"clip").hexdigest()
    second = scene.validated("second.mp4")
    scene.storage.stream = None

    assert scene.submit(second).next is Next.PERSIST

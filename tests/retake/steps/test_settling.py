"""A clip without a prompt waits for its settings, in the sight of everybody."""

from datetime import timedelta

from retake.domain.stored import timestamp
from retake.domain.vocabulary import WaitsFor
from retake.steps.outcome import Next
from retake.steps.policy import Inbox

from virtual.scene import Scene

SETTLE = 20


def test_a_clip_that_waits_for_its_settings_says_so_and_is_woken_where_it_is_cancelled() -> None:
    scene = Scene()
    edit = scene.upload(prompt="")
    inbox = Inbox(settle_seconds=SETTLE)
    scene.validate(edit, inbox=inbox)

    step = scene.submit(edit, settle_seconds=SETTLE)

    waits = scene.now(edit)
    assert (step.next, step.wait_seconds) == (Next.SETTLE, SETTLE)
    assert waits.waits_for is WaitsFor.SETTINGS
    assert waits.waits_until == timestamp(scene.clock.now() + timedelta(seconds=SETTLE))
    scene.token(edit, "settling")
    scene.cancel(edit)
    assert scene.woken == ["settling"]
    assert scene.validate(edit, inbox=inbox).next is Next.PERSIST


def test_a_clip_whose_settings_came_waits_for_them_no_more_and_wakes_nobody() -> None:
    scene = Scene()
    edit = scene.upload(prompt="")
    inbox = Inbox(settle_seconds=SETTLE)
    scene.validate(edit, inbox=inbox)
    scene.submit(edit, settle_seconds=SETTLE)
    scene.token(edit, "settling")
    scene.clock.advance(SETTLE)
    scene.storage.metadata["clip.mp4"] = {"prompt": "noir"}

    scene.validate(edit, inbox=inbox)

    seen = scene.now(edit)
    assert (seen.waits_for, seen.waits_since, seen.waits_until) == (None, None, None)
    assert seen.validated_at is not None
    assert scene.woken == []

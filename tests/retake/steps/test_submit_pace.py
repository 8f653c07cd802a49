"""Submit: when an edit that was not taken is offered again."""

from typing import Any

import pytest
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import Submission, Verdict
from retake.steps.outcome import Next

from tests.retake.steps.scripted_provider import ACCEPTED, scene_answering


@pytest.mark.parametrize("asked", [-5, 0, 1, 1_790_000_000])
def test_our_own_pace_is_the_floor_under_whatever_a_rate_limit_asks_for(asked: int) -> None:
    scene = scene_answering(Submission(verdict=Verdict.RATE_LIMITED, retry_after_seconds=asked))

    step = scene.submit(scene.validated())

    assert 30 <= step.wait_seconds <= 900


def test_a_thousand_answers_to_wait_delay_an_edit_and_never_end_it() -> None:
    busy = Submission(verdict=Verdict.RATE_LIMITED, retry_after_seconds=1)
    scene = scene_answering(*[busy] * 1000, ACCEPTED)
    edit = scene.validated()

    steps: list[Any] = []
    while not steps or steps[-1].next is Next.TURN:
        steps.append(scene.submit(edit, park_seconds=7200))
        scene.clock.advance(steps[-1].wait_seconds)

    seen = scene.now(edit)
    assert (len(steps), steps[-1].next, seen.status) == (1001, Next.WAIT, Status.RUNNING)
    assert [each["times"] for each in seen.attempts] == [1000]


def test_credit_refusals_do_not_count_as_tries_of_a_rate_limit() -> None:
    credit = Submission(verdict=Verdict.NO_CREDIT)
    scene = scene_answering(*[credit] * 7, Submission(verdict=Verdict.NOT_SENT))
    edit = scene.validated()

    for _ in range(16):
        step = scene.submit(edit, park_seconds=86_400)
        scene.clock.advance(step.wait_seconds)
        if scene.now(edit).attempts[-1]["ended"] == Verdict.NOT_SENT:
            break

    assert step.next is Next.TURN


def test_before_the_paid_call_after_a_wait_the_clip_is_looked_for_again() -> None:
    scene = scene_answering(Submission(verdict=Verdict.RATE_LIMITED))
    edit = scene.validated()
    step = scene.submit(edit, park_seconds=7200)
    scene.clock.advance(step.wait_seconds + 60)
    del scene.storage.objects["inbox", "clip.mp4"]

    gone = scene.submit(edit, park_seconds=7200)

    conclusion = scene.now(edit).conclusion
    assert gone.next is Next.PERSIST
    assert conclusion is not None
    assert conclusion.reason is Reason.INPUT_GONE
    assert len(scene.provider.orders) == 1

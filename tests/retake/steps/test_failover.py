"""Fail-over: what another model may do after a refusal, and what it may not."""

from dataclasses import replace

import pytest
from retake.domain.vocabulary import Reason
from retake.providers.contract import Submission, Verdict
from retake.providers.failover import FAILOVER_VERDICTS
from retake.steps.outcome import Next
from retake.steps.submit_verdict import UNSENT_TRIES

from tests.retake.steps.scripted_provider import ACCEPTED, scene_answering

ORDER = ("novita/kling-o1-edit", "evolink/kling-o1-edit", "fal/kling-o1-edit")
SHARED = {Verdict.REFUSED, Verdict.MODERATION}

OFFERED_AGAIN = {Verdict.RATE_LIMITED, Verdict.NOT_SENT}


@pytest.mark.parametrize("verdict", sorted(FAILOVER_VERDICTS - OFFERED_AGAIN))
def test_a_refusal_that_is_the_providers_own_goes_to_the_next_model(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict), ACCEPTED)
    edit = scene.validated()

    first = scene.submit(edit, model_order=ORDER)
    second = scene.submit(edit, model_order=ORDER)

    seen = scene.now(edit)
    assert (first.next, first.wait_seconds, second.next) == (Next.SUBMIT, 0, Next.WAIT)
    assert [order.model.key for order in scene.provider.orders] == list(ORDER[:2])
    assert (seen.model, seen.provider) == ("evolink/kling-o1-edit", "evolink")
    assert seen.quoted_usd == pytest.approx(5 * 12 / 68, abs=1e-3)
    assert [(each["model"], each["ended"]) for each in seen.attempts] == [(ORDER[0], verdict)]


def test_a_rate_limit_is_waited_for_before_another_model_is_tried() -> None:
    scene = scene_answering(*[Submission(verdict=Verdict.RATE_LIMITED)] * UNSENT_TRIES, ACCEPTED)
    edit = scene.validated()

    for _ in range(UNSENT_TRIES + 1):
        scene.clock.advance(scene.submit(edit, model_order=ORDER).wait_seconds)

    models = [order.model.key for order in scene.provider.orders]
    assert models == [ORDER[0]] * UNSENT_TRIES + [ORDER[1]]


@pytest.mark.parametrize("verdict", sorted(SHARED))
def test_what_another_provider_would_refuse_too_is_not_shopped_around(verdict: Verdict) -> None:
    scene = scene_answering(Submission(verdict=verdict), ACCEPTED)
    edit = scene.validated()

    step = scene.submit(edit, model_order=ORDER)

    assert step.next is Next.PERSIST
    assert len(scene.provider.orders) == 1


def test_an_ambiguous_submit_never_goes_to_another_provider() -> None:
    scene = scene_answering(Submission(verdict=Verdict.AMBIGUOUS), ACCEPTED)
    edit = scene.validated()

    for _ in range(3):
        scene.submit(edit, model_order=ORDER)

    assert len(scene.provider.orders) == 1


def test_a_model_the_user_chose_is_not_exchanged() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT), ACCEPTED)
    edit = scene.validated(model="novita/kling-o1-edit")

    step = scene.submit(edit, model_order=ORDER)

    assert step.next is Next.PERSIST


def test_a_model_that_would_not_admit_the_clip_is_passed_over() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT), ACCEPTED)
    scene.clip = replace(scene.clip, size_bytes=150_000_000)
    edit = scene.validated()

    scene.submit(edit, model_order=ORDER)

    assert scene.now(edit).model == "fal/kling-o1-edit"


def test_when_no_model_is_left_the_last_refusal_is_the_reason() -> None:
    scene = scene_answering(Submission(verdict=Verdict.NO_CREDIT))
    edit = scene.validated()

    steps = [scene.submit(edit, model_order=ORDER).next for _ in ORDER]

    conclusion = scene.now(edit).conclusion
    assert steps == [Next.SUBMIT, Next.SUBMIT, Next.PERSIST]
    assert conclusion is not None
    assert conclusion.reason is Reason.NO_CREDIT
    assert "fal" in conclusion.message

"""Poll: what the provider's words do to an edit, and how long it waits."""

from dataclasses import replace
from typing import Any

import pytest
from retake.catalog.models import MODELS
from retake.domain.errors import Misconfigured
from retake.domain.vocabulary import Reason
from retake.providers.contract import Report, Verdict
from retake.steps.outcome import Next

from tests.retake.steps.scripted_provider import RUNNING, conclusion_of, scene_reporting
from virtual.fake_provider import SUCCESS
from virtual.scene import Scene


def test_a_running_edit_waits_and_shows_its_progress() -> None:
    scene = scene_reporting(Report(verdict=Verdict.RUNNING, progress_percent=40, eta_seconds=25))
    edit = scene.running()
    scene.clock.advance(50)

    step = scene.poll(edit)

    assert (step.next, step.wait_seconds) == (Next.WAIT, 25)
    assert scene.now(edit).progress_percent == 40
    assert scene.now(edit).polls == 1


def test_progress_never_runs_backwards() -> None:
    scene = scene_reporting(
        Report(verdict=Verdict.RUNNING, progress_percent=60),
        Report(verdict=Verdict.RUNNING, progress_percent=0),
    )
    edit = scene.running()

    scene.poll(edit)
    scene.poll(edit)

    assert scene.now(edit).progress_percent == 60


def test_a_finished_edit_goes_on_to_be_kept_without_its_link_on_record() -> None:
    scene = scene_reporting(SUCCESS)
    edit = scene.running()

    step = scene.poll(edit)

    assert step.next is Next.PERSIST
    assert "https" not in str(scene.table.items)


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [(Verdict.FAILED, Reason.PROVIDER_FAILED), (Verdict.MODERATION, Reason.MODERATION)],
)
def test_a_failure_at_the_provider_ends_the_edit_in_its_words(
    verdict: Verdict, reason: Reason
) -> None:
    scene = scene_reporting(Report(verdict=verdict, detail="too dark"))
    edit = scene.running()

    step = scene.poll(edit)

    assert step.next is Next.PERSIST
    assert conclusion_of(scene, edit).reason is reason
    assert "too dark" in conclusion_of(scene, edit).message


def test_a_failure_may_be_billed_unless_the_catalog_says_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models: Any = MODELS
    evolink = models["evolink/kling-o1-edit"]
    monkeypatch.setitem(models, evolink.key, replace(evolink, bills_failures=False))
    unknown, free = scene_reporting(Report(verdict=Verdict.FAILED)), Scene()
    free.provider.reports = [Report(verdict=Verdict.FAILED)]
    at_novita = unknown.running()
    at_evolink = free.running(model="evolink/kling-o1-edit")

    unknown.poll(at_novita)
    free.poll(at_evolink)

    assert conclusion_of(unknown, at_novita).at_risk
    assert not conclusion_of(free, at_evolink).at_risk


@pytest.mark.parametrize(
    "report",
    [
        Report(verdict=Verdict.TRANSIENT),
        Report(verdict=Verdict.BAD_KEY),
        Report(verdict=Verdict.LOST),
        RUNNING,
        Report(verdict=Verdict.SUCCEEDED),
    ],
)
def test_whatever_says_nothing_final_means_asking_again(report: Report) -> None:
    scene = scene_reporting(report)
    edit = scene.running()

    assert scene.poll(edit).next is Next.WAIT
    assert conclusion_of(scene, edit) is None


def test_a_rate_limit_is_waited_out_as_asked() -> None:
    scene = scene_reporting(Report(verdict=Verdict.RATE_LIMITED, retry_after_seconds=133))

    assert scene.poll(scene.running()).wait_seconds == 133


@pytest.mark.parametrize("asked", [None, 1, 20])
def test_our_own_pace_is_the_floor_under_the_wait_that_is_asked_for(asked: int | None) -> None:
    scene = scene_reporting(Report(verdict=Verdict.RATE_LIMITED, retry_after_seconds=asked))
    edit = scene.running()
    scene.clock.advance(90)

    assert scene.poll(edit).wait_seconds == 30


def test_one_404_ends_no_edit_however_old_it_is() -> None:
    scene = scene_reporting(Report(verdict=Verdict.LOST), SUCCESS)
    edit = scene.running()
    scene.clock.advance(3000)

    asked = scene.poll(edit)
    found = scene.poll(edit)

    assert (asked.next, found.next) == (Next.WAIT, Next.PERSIST)
    assert scene.now(edit).trouble is None


def test_a_task_unknown_several_times_over_minutes_is_lost_with_its_amount() -> None:
    scene = scene_reporting(Report(verdict=Verdict.LOST, http_status=404))
    edit = scene.running()

    steps = [step.next for step in scene.polls(edit, 6)]

    assert steps == [Next.WAIT] * 5 + [Next.PERSIST]
    assert conclusion_of(scene, edit).reason is Reason.TASK_LOST
    assert conclusion_of(scene, edit).at_risk


def test_a_success_without_a_video_is_asked_again_for_a_quarter_of_an_hour() -> None:
    scene = scene_reporting(Report(verdict=Verdict.SUCCEEDED))
    edit = scene.running()

    steps = [step.next for step in scene.polls(edit, 16)]

    assert steps == [Next.WAIT] * 15 + [Next.PERSIST]
    assert conclusion_of(scene, edit).reason is Reason.BAD_RESULT


def test_an_end_that_is_not_certain_counts_when_it_is_said_again() -> None:
    odd = Report(verdict=Verdict.FAILED, is_certain=False)
    once, twice = scene_reporting(odd, SUCCESS), scene_reporting(odd)
    saved, failed = once.running(), twice.running()

    once.polls(saved, 2)
    steps = [step.next for step in twice.polls(failed, 2)]

    assert conclusion_of(once, saved) is None
    assert steps == [Next.WAIT, Next.PERSIST]


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_refused_result_of_a_finished_edit_is_waited_for_past_the_deadline(status: int) -> None:
    refused = Report(
        verdict=Verdict.TRANSIENT,
        http_status=status,
        detail="User is locked" if status < 500 else f"HTTP {status}",
        provider_status="COMPLETED",
        says_done=True,
    )
    scene = scene_reporting(*[refused] * 80, SUCCESS)
    edit = scene.running()

    steps = [step.next for step in scene.polls(edit, 81, park_seconds=86_400)]

    assert steps == [Next.WAIT] * 80 + [Next.PERSIST]
    assert conclusion_of(scene, edit) is None


def test_a_result_refused_in_the_same_words_for_a_quarter_of_an_hour_is_a_bad_one() -> None:
    said = Report(verdict=Verdict.TRANSIENT, http_status=500, detail="broken", says_done=True)
    scene = scene_reporting(said)
    edit = scene.running()

    steps = [step.next for step in scene.polls(edit, 16, park_seconds=86_400)]

    assert steps[-2:] == [Next.WAIT, Next.PERSIST]
    assert "HTTP 500" in conclusion_of(scene, edit).message


def test_who_is_refused_until_the_patience_ends_is_told_what_was_answered() -> None:
    locked = Report(
        verdict=Verdict.TRANSIENT,
        http_status=403,
        detail="User is locked",
        provider_status="COMPLETED",
        says_done=True,
    )
    scene = scene_reporting(locked)
    edit = scene.running()

    scene.polls(edit, 2, apart=3700)
    message = conclusion_of(scene, edit).message

    assert "HTTP 403: User is locked" in message
    assert "had completed" in message
    assert "had not finished" not in message


def test_a_key_that_is_missing_while_an_edit_runs_is_waited_for_and_marked_for_the_alarm() -> None:
    scene = Scene()
    edit = scene.running()
    scene.provider.poll = _without_key

    steps = scene.polls(edit, 3, park_seconds=86_400)

    assert [step.next for step in steps] == [Next.WAIT] * 3
    assert [step.log_marker for step in steps] == [None, None, "unanswered: NO_KEY"]
    trouble = scene.now(edit).trouble
    assert trouble is not None
    assert "replace" in trouble.message


def _without_key(task: object) -> Report:
    raise Misconfigured("No key for novita is set; replace it.")

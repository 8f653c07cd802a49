"""What one odd answer to a question does to a running edit, and what it takes to end it."""

from retake.domain.vocabulary import Reason
from retake.providers.contract import Report, Verdict
from retake.steps.outcome import Next

from tests.retake.steps.scripted_provider import RUNNING, conclusion_of, scene_reporting
from virtual.fake_provider import SUCCESS


def test_a_failure_that_names_no_task_counts_only_after_minutes() -> None:
    envelope = Report(
        verdict=Verdict.FAILED, detail="upstream broke", is_certain=False, names_task=False
    )
    once, always = scene_reporting(envelope, envelope, SUCCESS), scene_reporting(envelope)
    saved, failed = once.running(), always.running()

    once.polls(saved, 3)
    steps = [step.next for step in always.polls(failed, 6)]

    assert conclusion_of(once, saved) is None
    assert steps == [Next.WAIT] * 5 + [Next.PERSIST]
    assert conclusion_of(always, failed).is_doubted


DOUBTED = Report(
    verdict=Verdict.SUCCEEDED,
    provider_status="ready",
    video_url="https://cdn.example/out.mp4",
    is_certain=False,
)


def test_a_link_beside_an_unknown_word_is_a_result_when_it_is_seen_again() -> None:
    once, again = scene_reporting(DOUBTED, RUNNING), scene_reporting(DOUBTED)
    running, done = once.running(), again.running()

    once.polls(running, 2)
    steps = [step.next for step in again.polls(done, 2)]

    assert once.now(running).said_done_at is None
    assert steps == [Next.WAIT, Next.PERSIST]
    assert conclusion_of(again, done) is None


def test_a_link_beside_an_unknown_word_is_a_result_at_the_deadline() -> None:
    scene = scene_reporting(DOUBTED)
    edit = scene.running()
    scene.clock.advance(3601)

    step = scene.poll(edit)

    assert step.next is Next.PERSIST
    assert conclusion_of(scene, edit) is None


def test_a_result_that_is_not_there_says_both_halves_and_not_that_the_task_is_lost() -> None:
    gone = Report(
        verdict=Verdict.LOST,
        http_status=404,
        detail="Not Found",
        provider_status="COMPLETED",
        says_done=True,
    )
    once, always = scene_reporting(gone, SUCCESS), scene_reporting(gone)
    saved, failed = once.running(), always.running()

    once.polls(saved, 2)
    always.polls(failed, 16)

    assert conclusion_of(once, saved) is None
    end = conclusion_of(always, failed)
    assert end.reason is Reason.BAD_RESULT
    assert "says the edit is done and answers HTTP 404" in end.message


def refused_question(words: str) -> Report:
    return Report(verdict=Verdict.TRANSIENT, http_status=400, detail=words)


def test_a_question_refused_in_the_same_words_for_minutes_ends_the_edit_and_says_so() -> None:
    refusals = [refused_question(f"Bad id (request {n}a7)") for n in range(9)]
    scene = scene_reporting(*refusals)
    edit = scene.running()

    steps = [step.next for step in scene.polls(edit, 6, park_seconds=86_400)]

    assert steps == [Next.WAIT] * 5 + [Next.PERSIST]
    assert conclusion_of(scene, edit).reason is Reason.TASK_LOST
    assert "HTTP 400" in conclusion_of(scene, edit).message


def test_questions_refused_in_ever_other_words_end_nothing() -> None:
    scene = scene_reporting(*[refused_question(f"Trouble of kind {chr(65 + n)}") for n in range(9)])
    edit = scene.running()

    steps = [step.next for step in scene.polls(edit, 8, park_seconds=86_400)]

    assert set(steps) == {Next.WAIT}

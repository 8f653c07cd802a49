"""What only AIML API does."""

import httpx
import pytest
from retake.catalog.models import MODELS
from retake.providers.callbacks import BadCallback
from retake.providers.contract import Billed, Cancellation, Verdict

from tests.retake.providers.recorded_provider import TASK_IDS, desk_of, order_for, recorded, task_of

MODEL = MODELS["aimlapi/kling-o1-edit"]


def test_an_id_with_colon_and_slash_is_asked_for_as_one_value() -> None:
    desk = desk_of("aimlapi", *recorded("aimlapi", "running"))

    desk.provider.poll(task_of(MODEL))

    raw = desk.sent[0].url.raw_path.decode()
    assert raw == (
        "/v2/video/generations?generation_id=60ac7c34-3224-4b14-8e7d-0aa0db708325"
        "%3Aklingai%2Fvideo-o1-video-to-video-edit"
    )
    assert dict(desk.sent[0].url.params) == {"generation_id": TASK_IDS["aimlapi"]}


def test_the_pages_image_object_names_a_task_like_any_other_answer() -> None:
    submission = desk_of("aimlapi", *recorded("aimlapi", "image_object")).submit(order_for(MODEL))

    assert submission.verdict is Verdict.ACCEPTED
    assert submission.task is not None


def test_the_pages_image_object_says_nothing_of_how_a_task_stands() -> None:
    report = desk_of("aimlapi", *recorded("aimlapi", "image_object")).provider.poll(task_of(MODEL))

    assert report.verdict is Verdict.TRANSIENT
    assert report.video_url is None


def test_what_was_billed_is_told_in_credits_and_in_dollars() -> None:
    usage = {"usage": {"credits_used": 120_000}}
    answer = httpx.Response(200, json={"id": "x", "status": "completed", "meta": usage})

    report = desk_of("aimlapi", answer).provider.poll(task_of(MODEL))

    assert report.billed == Billed(amount=120_000, unit="credits", usd=0.06)


def test_a_submit_that_failed_at_once_still_has_its_task() -> None:
    submission = desk_of("aimlapi", *recorded("aimlapi", "failed")).submit(order_for(MODEL))

    assert submission.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("word", ["waiting", "active", "queued", "generating"])
def test_older_words_for_waiting_are_known_too(word: str) -> None:
    answer = httpx.Response(200, json={"id": TASK_IDS["aimlapi"], "status": word})

    report = desk_of("aimlapi", answer).provider.poll(task_of(MODEL))

    assert (report.verdict, report.provider_status) == (Verdict.RUNNING, word)


@pytest.mark.parametrize("video", [None, {}, {"url": None}, [], "", "x.mp4"])
def test_a_completed_generation_may_lack_everything_else(video: object) -> None:
    answer = httpx.Response(200, json={"id": "x", "status": "completed", "video": video})

    report = desk_of("aimlapi", answer).provider.poll(task_of(MODEL))

    assert (report.verdict, report.video_url) == (Verdict.SUCCEEDED, None)


def test_it_calls_nobody_back_cancels_nothing_and_finds_nothing() -> None:
    desk = desk_of("aimlapi", httpx.Response(500))

    with pytest.raises(BadCallback):
        desk.provider.read_callback({}, b'{"id": "x", "status": "completed"}')
    assert desk.provider.cancel(task_of(MODEL)) is Cancellation.NOT_OFFERED
    assert desk.sent == []

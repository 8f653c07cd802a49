"""Whatever a provider answers, nothing raises and nothing is taken that was not given."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.catalog.schema import Model
from retake.providers.answer_parsing import is_task_id, retry_after, video_link
from retake.providers.callbacks import BadCallback
from retake.providers.contract import Verdict
from retake.providers.error_table import OF_A_POLL
from retake.providers.status_words import VERDICTS, kind_of

from tests.retake.providers.recorded_provider import desk_of, one_model_of_each, order_for, task_of

EACH_PROVIDER = pytest.mark.parametrize(
    "model", one_model_of_each(), ids=lambda model: str(model.provider)
)

WORDS = st.sampled_from(
    [
        "TASK_STATUS_SUCCEED",
        "TASK_STATUS_FAILED",
        "completed",
        "failed",
        "cancelled",
        "error",
        "COMPLETED",
        "OK",
        "https://cdn.example/out.mp4",
        "https://cdn.example/out.png",
        "javascript:alert(1)",
        "//cdn.example/out.mp4",
        "f6aec953",
        "",
    ]
)
NAMES = st.sampled_from(
    [
        "task_id",
        "id",
        "request_id",
        "status",
        "status_url",
        "response_url",
        "task",
        "video",
        "videos",
        "video_url",
        "results",
        "result_data",
        "url",
        "error",
        "error_type",
        "detail",
        "code",
        "type",
        "message",
        "reason",
        "progress",
        "progress_percent",
        "eta",
        "task_info",
        "estimated_time",
        "data",
        "event_type",
        "payload",
        "items",
        "output",
        "result",
        "meta",
        "usage",
        "credits_used",
        "cost",
    ]
)
LEAVES = WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
BODIES = st.binary(max_size=200) | st.dictionaries(NAMES, TREES, max_size=8).map(
    lambda tree: json.dumps(tree).encode()
)
STATUSES = st.sampled_from([200, 201, 202, 204, 301, 400, 401, 402, 403, 404, 409, 422, 429, 499])
ANY_STATUS = STATUSES | st.integers(min_value=200, max_value=599)


def is_video(url: str) -> bool:
    return url.startswith(("https://", "http://")) and not url.endswith(".png")


@EACH_PROVIDER
@settings(max_examples=30, deadline=None)
@given(status=ANY_STATUS, body=BODIES, wait=st.text(max_size=20))
def test_no_submits_answer_raises_or_is_accepted_without_an_id(
    model: Model, status: int, body: bytes, wait: str
) -> None:
    headers = [(b"retry-after", wait.encode("utf-8", "ignore"))]
    desk = desk_of(model.provider, httpx.Response(status, headers=headers, content=body))

    submission = desk.submit(order_for(model))

    if submission.verdict is Verdict.ACCEPTED:
        assert 200 <= status < 300
        assert submission.task is not None
        assert is_task_id(submission.task.task_id)
        assert submission.task.task_id.encode() in body or b"\\u" in body
    elif submission.verdict is not Verdict.AMBIGUOUS:
        assert 400 <= status < 500
        assert status not in (408, 409, 425, 499)
    assert len(submission.detail or "") <= 500


@EACH_PROVIDER
@settings(max_examples=30, deadline=None)
@given(status=ANY_STATUS, body=BODIES, result_status=ANY_STATUS, result=BODIES)
def test_no_polls_answer_raises_or_succeeds_without_a_link(
    model: Model, status: int, body: bytes, result_status: int, result: bytes
) -> None:
    answers = [httpx.Response(status, content=body), httpx.Response(result_status, content=result)]

    report = desk_of(model.provider, *answers).provider.poll(task_of(model))

    if report.video_url is not None:
        assert report.verdict is Verdict.SUCCEEDED
        assert is_video(report.video_url)
    assert report.progress_percent is None or 0 <= report.progress_percent <= 100
    assert len(report.detail or "") <= 500


@pytest.mark.parametrize("name", ["novita", "evolink", "aimlapi", "fal"])
@settings(max_examples=30, deadline=None)
@given(body=BODIES)
def test_no_callback_does_more_than_be_refused(name: str, body: bytes) -> None:
    provider = desk_of(name, httpx.Response(500)).provider

    try:
        callback = provider.read_callback({}, body)
    except BadCallback:
        return

    assert is_task_id(callback.task_id)
    assert callback.claim.video_url is None


@given(said=st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,30} [A-Z][a-z]{2} \d+ .*"))
def test_no_wait_asked_for_raises_or_leaves_its_bounds(said: str) -> None:
    seconds = retry_after({"retry-after": said})

    assert seconds is None or 1 <= seconds <= 900


LINKS: list[tuple[Any, bool]] = [
    ("https://cdn.example/out.mp4?sig=1", True),
    ("http://127.0.0.1:8000/out.mp4", True),
    ("https://cdn.example/no-ending", True),
    ("https://cdn.example/out.PNG?x=.mp4", False),
    ("https://cdn.example/out.mp4\n", True),
    ("https://cdn.example/a b.mp4", True),
    ("https://cdn.example/out\n.mp4", False),
    ("//cdn.example/out.mp4", True),
    ("ftp://cdn.example/out.mp4", False),
    ("data:video/mp4;base64,AAAA", False),
    ("https:///out.mp4", False),
    ("https://[::1/out.mp4", False),
    ("out.mp4", False),
    ("x" * 10_000, False),
    (7, False),
    (None, False),
]


@pytest.mark.parametrize(("value", "is_link"), LINKS)
def test_only_an_address_that_may_hold_a_video_is_a_link_to_one(value: Any, is_link: bool) -> None:
    assert (video_link(value) is not None) is is_link


ENDED = {Verdict.SUCCEEDED, Verdict.FAILED, Verdict.MODERATION, Verdict.LOST}
OTHER_WORDS = st.text(max_size=20).filter(lambda word: kind_of(word) is None)


@EACH_PROVIDER
@settings(max_examples=30, deadline=None)
@given(word=OTHER_WORDS, rest=st.dictionaries(NAMES, TREES, max_size=3))
def test_no_unknown_status_word_ends_an_edit(model: Model, word: str, rest: dict[str, Any]) -> None:
    body = json.dumps({**rest, "status": word, "data": None, "task": None}).encode()

    report = desk_of(model.provider, httpx.Response(200, content=body)).provider.poll(
        task_of(model)
    )

    # A link beside it counts when it is seen again; no word at all says nothing against a link.
    is_link = report.video_url is not None and (word == "" or not report.is_certain)
    assert report.verdict not in ENDED or is_link


@EACH_PROVIDER
@settings(max_examples=30, deadline=None)
@given(status=st.integers(200, 299) | st.integers(500, 599), rest=st.dictionaries(NAMES, TREES))
def test_neither_a_2xx_without_an_id_nor_a_5xx_is_ever_a_refusal(
    model: Model, status: int, rest: dict[str, Any]
) -> None:
    body = json.dumps(rest).encode()

    submission = desk_of(model.provider, httpx.Response(status, content=body)).submit(
        order_for(model)
    )

    assert submission.verdict in (Verdict.ACCEPTED, Verdict.AMBIGUOUS)
    assert submission.verdict is Verdict.AMBIGUOUS or status < 300


def test_a_questions_answer_has_no_verdict_of_a_submit() -> None:
    of_a_submit = {Verdict.ACCEPTED, Verdict.NOT_SENT, Verdict.AMBIGUOUS, Verdict.NO_CREDIT}

    assert not of_a_submit & (OF_A_POLL | set(VERDICTS.values()))

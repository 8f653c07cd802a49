"""The same cases over all models: a new row here is a new case for each of them.

What a provider answers lies in tests/payloads/<provider>/; a case without its file fails.
"""

import gzip
import json
from typing import Any

import httpx
import pytest
from retake.catalog.schema import Model
from retake.providers.contract import Report, Submission, Verdict

from tests.retake.providers.recorded_provider import (
    ID_FIELDS,
    TASK_IDS,
    Answer,
    desk_of,
    every_model,
    one_model_of_each,
    order_for,
    recorded,
    task_of,
)

EVERY_MODEL = pytest.mark.parametrize("model", every_model(), ids=lambda model: str(model.key))
EACH_PROVIDER = pytest.mark.parametrize(
    "model", one_model_of_each(), ids=lambda model: str(model.provider)
)
HTML = "<html><head><title>502</title></head><body><center>nginx</center></body></html>"


def submit(model: Model, *answers: Answer) -> Submission:
    return desk_of(model.provider, *answers).submit(order_for(model))


def poll(model: Model, *answers: Answer) -> Report:
    report: Report = desk_of(model.provider, *answers).provider.poll(task_of(model))
    return report


def accepted_body(model: Model) -> dict[str, Any]:
    answer = recorded(model.provider, "accepted")[0]
    assert isinstance(answer, httpx.Response)
    body: dict[str, Any] = answer.json()
    return body


# ---------------------------------------------------------------- what a task's answers mean

POLLS = {
    # file: verdict
    "queued": Verdict.RUNNING,
    "running": Verdict.RUNNING,
    "unknown_word": Verdict.RUNNING,
    "no_word": Verdict.RUNNING,
    "progress_beyond": Verdict.RUNNING,
    "succeeded": Verdict.SUCCEEDED,
    "no_video": Verdict.SUCCEEDED,
    "empty_link": Verdict.SUCCEEDED,
    "two_videos": Verdict.SUCCEEDED,
    "picture": Verdict.SUCCEEDED,
    "failed": Verdict.FAILED,
    "moderated": Verdict.MODERATION,
}
WITHOUT_VIDEO = ("no_video", "empty_link", "picture")


@EACH_PROVIDER
@pytest.mark.parametrize("name", POLLS)
def test_a_recorded_answer_means_what_the_providers_page_says(model: Model, name: str) -> None:
    report = poll(model, *recorded(model.provider, name))

    assert report.verdict is POLLS[name]


@EACH_PROVIDER
def test_a_status_of_a_wrong_type_ends_nothing_before_it_is_seen_again(model: Model) -> None:
    report = poll(model, *recorded(model.provider, "wrong_types"))

    assert report.verdict is Verdict.RUNNING or (report.video_url and not report.is_certain)


@EVERY_MODEL
def test_a_success_names_its_video(model: Model) -> None:
    report = poll(model, *recorded(model.provider, "succeeded"))

    assert report.video_url is not None
    assert report.video_url.startswith("https://")
    assert ".mp4" in report.video_url


@EACH_PROVIDER
@pytest.mark.parametrize("name", WITHOUT_VIDEO)
def test_a_success_without_a_link_to_a_video_names_none(model: Model, name: str) -> None:
    assert poll(model, *recorded(model.provider, name)).video_url is None


@EACH_PROVIDER
def test_of_two_videos_the_first_is_taken(model: Model) -> None:
    video_url = poll(model, *recorded(model.provider, "two_videos")).video_url

    assert video_url is not None
    assert "other" not in video_url
    assert "/y/" not in video_url


@EACH_PROVIDER
def test_time_in_the_queue_is_told_from_time_at_work(model: Model) -> None:
    assert poll(model, *recorded(model.provider, "queued")).is_queued
    assert not poll(model, *recorded(model.provider, "running")).is_queued


@EACH_PROVIDER
@pytest.mark.parametrize("status", [400, 402, 403, 405, 500, 503])
def test_a_refused_question_is_told_with_its_status_and_words(model: Model, status: int) -> None:
    refused = httpx.Response(status, json={"message": "User is locked. Reason: TOP_UP."})

    report = poll(model, refused)

    assert (report.verdict, report.http_status) == (Verdict.TRANSIENT, status)
    assert report.detail == "User is locked. Reason: TOP_UP."


@EACH_PROVIDER
@pytest.mark.parametrize("name", ["failed", "moderated"])
def test_a_failure_is_told_in_the_providers_words_without_links_or_markup(
    model: Model, name: str
) -> None:
    report = poll(model, *recorded(model.provider, name))

    assert report.detail
    assert not [mark for mark in ("<", "://", "sig=") if mark in report.detail]


@EACH_PROVIDER
def test_progress_that_makes_no_sense_is_no_progress(model: Model) -> None:
    report = poll(model, *recorded(model.provider, "progress_beyond"))

    assert (report.progress_percent, report.eta_seconds) == (None, None)


@EACH_PROVIDER
def test_the_providers_own_word_rides_along(model: Model) -> None:
    report = poll(model, *recorded(model.provider, "unknown_word"))

    assert report.provider_status in ("TASK_STATUS_UNKNOWN", "paused", "PAUSED")


# ---------------------------------------------------------------- answers that are no answers

NO_ANSWERS: dict[str, Any] = {
    "empty": httpx.Response(200, content=b""),
    "html": httpx.Response(200, text=HTML),
    "half JSON": httpx.Response(200, content=b'{"task_id": "f6ae'),
    "empty object": httpx.Response(200, json={}),
    "list": httpx.Response(200, json=[]),
    "text": httpx.Response(200, json="completed"),
    "null": httpx.Response(200, content=b"null"),
    "bad UTF-8": httpx.Response(200, content=b'{"id": "\xff\xfe"}'),
    "deep": httpx.Response(200, content=b"[" * 100_000),
    "huge number": httpx.Response(200, content=b'{"id": ' + b"9" * 10_000 + b"}"),
    "over 1 MiB": httpx.Response(200, content=b" " * (1024 * 1024 + 1)),
    "encoded": httpx.Response(
        200, headers={"content-encoding": "gzip"}, content=gzip.compress(b"{}")
    ),
    "301": httpx.Response(301, headers={"location": "https://evil.example/"}),
    "307": httpx.Response(307, headers={"location": "https://evil.example/"}),
    "408": httpx.Response(408, json={"message": "timeout"}),
    "409": httpx.Response(409, json={"message": "conflict"}),
    "html 403": httpx.Response(403, text=HTML),
    "html 500": httpx.Response(500, text=HTML),
    "html 502": httpx.Response(502, text=HTML),
    "empty 503": httpx.Response(503),
    "read timeout": httpx.ReadTimeout(""),
    "connection reset": httpx.ReadError(""),
    "broken off": httpx.RemoteProtocolError(""),
    "write error": httpx.WriteError(""),
}


@EACH_PROVIDER
@pytest.mark.parametrize("name", NO_ANSWERS)
def test_a_submit_without_a_clear_answer_may_have_been_accepted(model: Model, name: str) -> None:
    submission = submit(model, NO_ANSWERS[name])

    assert submission.verdict is Verdict.AMBIGUOUS
    assert submission.task is None


PROVEN = {
    *(Verdict.REFUSED, Verdict.NO_CREDIT, Verdict.BAD_KEY, Verdict.RATE_LIMITED, Verdict.GONE)
}
NOT_CARRIED_OUT = (400, 401, 402, 404, 405, 406, 410, 411, 413, 414, 415, 422, 429, 431, 451)


@EACH_PROVIDER
@pytest.mark.parametrize("status", NOT_CARRIED_OUT)
@pytest.mark.parametrize("body", ["", HTML, "Request Entity Too Large"])
def test_a_request_that_was_not_carried_out_was_not_accepted_whoever_says_so(
    model: Model, status: int, body: str
) -> None:
    submission = submit(model, httpx.Response(status, text=body))

    assert submission.verdict in PROVEN
    assert submission.task is None


@EACH_PROVIDER
@pytest.mark.parametrize("status", NOT_CARRIED_OUT)
def test_a_page_says_nothing_about_the_task_that_was_asked_for(model: Model, status: int) -> None:
    report = poll(model, httpx.Response(status, text=HTML))

    assert report.verdict in (Verdict.TRANSIENT, Verdict.BAD_KEY, Verdict.RATE_LIMITED)


@EACH_PROVIDER
@pytest.mark.parametrize("name", NO_ANSWERS)
def test_a_poll_without_a_clear_answer_says_nothing_about_the_task(model: Model, name: str) -> None:
    assert poll(model, NO_ANSWERS[name]).verdict is Verdict.TRANSIENT


@EACH_PROVIDER
@pytest.mark.parametrize(
    "error", [httpx.ConnectError(""), httpx.ConnectTimeout(""), httpx.PoolTimeout("")]
)
def test_a_submit_that_never_left_is_known_to_be_unsent(model: Model, error: Exception) -> None:
    assert submit(model, error).verdict is Verdict.NOT_SENT


# ---------------------------------------------------------------- accepted


@EVERY_MODEL
@pytest.mark.parametrize("status", [200, 201, 202])
def test_an_accepted_submit_gives_the_providers_task(model: Model, status: int) -> None:
    submission = submit(model, httpx.Response(status, json=accepted_body(model)))

    assert submission.verdict is Verdict.ACCEPTED
    assert submission.task is not None
    assert submission.task.task_id == TASK_IDS[model.provider]


BAD_IDS = {
    "missing": ...,
    "null": None,
    "empty": "",
    "blank": " ",
    "zero": 0,
    "fraction": 7.5,
    "true": True,
    "list": ["f6aec953"],
    "object": {"id": "f6aec953"},
    "1 MB": "x" * 1_000_000,
    "513 characters": "x" * 513,
    "line end": "f6aec953\nx-evil: 1",
    "surrogate": "\ud800",
}


@EACH_PROVIDER
@pytest.mark.parametrize("name", BAD_IDS)
def test_an_accepting_answer_without_a_usable_id_is_ambiguous(model: Model, name: str) -> None:
    body = {**accepted_body(model), ID_FIELDS[model.provider]: BAD_IDS[name]}
    if BAD_IDS[name] is ...:
        del body[ID_FIELDS[model.provider]]

    submission = submit(model, httpx.Response(200, content=json.dumps(body).encode()))

    assert submission.verdict is Verdict.AMBIGUOUS
    assert submission.task is None


@EACH_PROVIDER
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("-1", 1),
        ("1e9", 900),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 900),
        ("soon", None),
        ("nan", None),
        (None, None),
    ],
)
def test_a_wait_that_is_asked_for_is_kept_within_reason(
    model: Model, said: str | None, seconds: int | None
) -> None:
    limited = httpx.Response(429, headers={"retry-after": said} if said else {}, json={})

    submission, report = submit(model, limited), poll(model, limited)

    assert (submission.verdict, submission.retry_after_seconds) == (Verdict.RATE_LIMITED, seconds)
    assert (report.verdict, report.retry_after_seconds) == (Verdict.RATE_LIMITED, seconds)

"""Answers as real services give them, each with the verdicts that are right.

tests/payloads/answers.json holds them one a line: what documents, public clients and bug reports
show, and further ones of the same kinds. `provider` may be `*`; `want` lists verdicts, with `+link`
where the video must be found, `+queued` where the task has not begun, and `+unsure` (or `+sure`)
where the end counts only when it is said again (or at once). `says` are words that the report must
have, `source` is where a real one comes from. The last answer is repeated for ever.
"""

import json
from typing import Any

import httpx
import pytest
from retake.providers.contract import Report, Submission
from retake.providers.registry import PROVIDERS

from tests.retake.providers.recorded_provider import (
    PAYLOADS,
    TASK_IDS,
    desk_of,
    one_model_of_each,
    order_for,
    task_of,
)

LINK = "https://cdn.example/out.mp4?X-Amz-Signature=1"
MODELS = {model.provider: model for model in one_model_of_each()}
CASES = json.loads((PAYLOADS / "answers.json").read_text())


def cases(call: str) -> list[Any]:
    return [
        pytest.param(provider, case, id=f"{provider}-{case['name']}")
        for case in CASES
        if case["call"] == call
        for provider in (PROVIDERS if case["provider"] == "*" else [case["provider"]])
    ]


def answers_of(provider: str, case: dict[str, Any]) -> list[httpx.Response]:
    """The case's answers with this provider's link and task id in them."""
    return [_response(provider, answer) for answer in case["answers"]]


def _response(provider: str, answer: dict[str, Any]) -> httpx.Response:
    body = answer["text"] if "text" in answer else json.dumps(answer["json"])
    body = body.replace("$LINK", LINK).replace("$ID", TASK_IDS[provider])
    return httpx.Response(answer["status"], headers=answer.get("headers"), content=body.encode())


def told(answer: Submission | Report) -> set[str]:
    """The verdict as `want` may name it: bare, and with what else the answer told."""
    if isinstance(answer, Submission):
        return {answer.verdict}
    marks = {
        "+link": answer.video_url == LINK,
        "+queued": answer.is_queued,
        "+sure": answer.is_certain,
        "+unsure": not answer.is_certain,
    }
    if answer.video_url is not None:
        return {f"{answer.verdict}+link"} if marks["+link"] else {"a wrong link"}
    return {answer.verdict, *(f"{answer.verdict}{mark}" for mark, holds in marks.items() if holds)}


@pytest.mark.parametrize(("provider", "case"), cases("submit"))
def test_a_submits_answer_is_read_rightly(provider: str, case: dict[str, Any]) -> None:
    desk = desk_of(provider, *answers_of(provider, case))

    submission = desk.submit(order_for(MODELS[provider]))

    assert told(submission) & set(case["want"])
    assert [request.method for request in desk.sent] == ["POST"]
    if submission.task is not None and "$ID" in json.dumps(case):
        assert submission.task.task_id == TASK_IDS[provider]


@pytest.mark.parametrize(("provider", "case"), cases("poll"))
def test_a_polls_answer_is_read_rightly(provider: str, case: dict[str, Any]) -> None:
    desk = desk_of(provider, *answers_of(provider, case))

    report = desk.provider.poll(task_of(MODELS[provider]))

    assert told(report) & set(case["want"])
    assert case.get("says", "") in (report.detail or "")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_named_result_comes_before_a_film_of_something_else(provider: str) -> None:
    link = "https://cdn.example/no-ending"
    body = {"status": "completed", "about": {"demo": "https://cdn.example/demo.mp4"}}
    desk = desk_of(provider, httpx.Response(200, json={**body, "results": [link]}))

    assert desk.provider.poll(task_of(MODELS[provider])).video_url == link

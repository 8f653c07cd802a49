"""Every row of every provider's error table, and that every class of error is among them.

The rows lie in tests/payloads/<provider>/errors.json, each with the verdict it must have.
"""

from typing import Any

import pytest
from retake.providers.contract import Verdict
from retake.providers.registry import PROVIDERS

from tests.retake.providers.recorded_provider import (
    completed,
    desk_of,
    error_rows,
    every_model,
    one_model_of_each,
    order_for,
    response,
    task_of,
)

ROWS = [
    pytest.param(model, row, id=f"{model.provider}-{number}-{row['status']}")
    for model in one_model_of_each()
    for number, row in enumerate(error_rows(model.provider))
]


@pytest.mark.parametrize(("model", "row"), ROWS)
def test_a_refused_submit_means_what_the_error_table_says(model: Any, row: dict[str, Any]) -> None:
    expected = row.get("submit")
    submission = desk_of(model.provider, response(row)).submit(order_for(model))

    assert expected in (None, submission.verdict)
    assert submission.task is None
    assert submission.detail


@pytest.mark.parametrize(("model", "row"), ROWS)
def test_a_failed_poll_means_what_the_error_table_says(model: Any, row: dict[str, Any]) -> None:
    expected = row.get("poll")
    answers = [*completed(model.provider), response(row)]
    report = desk_of(model.provider, *answers).provider.poll(task_of(model))

    assert expected in (None, report.verdict)
    assert report.video_url is None


ABSENT = {
    # No document of AIML API tells how a refused prompt is answered at submit.
    "aimlapi": {Verdict.MODERATION},
}
SUBMIT_CLASSES = {
    Verdict.REFUSED,
    Verdict.NO_CREDIT,
    Verdict.BAD_KEY,
    Verdict.MODERATION,
    Verdict.RATE_LIMITED,
    Verdict.GONE,
    Verdict.AMBIGUOUS,
}
POLL_CLASSES = {Verdict.BAD_KEY, Verdict.RATE_LIMITED, Verdict.LOST, Verdict.TRANSIENT}


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_class_of_error_is_tried_with_every_provider(name: str) -> None:
    tried = {word: {row.get(word) for row in error_rows(name)} for word in ("submit", "poll")}

    assert SUBMIT_CLASSES - ABSENT.get(name, set()) <= tried["submit"]
    assert tried["poll"] >= POLL_CLASSES


def test_every_model_of_the_catalog_has_its_provider() -> None:
    assert {model.provider for model in every_model()} == set(PROVIDERS)

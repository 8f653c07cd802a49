"""The same cases over all models: which calls an adapter makes, with which key."""

import httpx
import pytest
from retake.catalog.schema import Model
from retake.providers.contract import DeletionOutcome, Verdict

from tests.retake.providers.recorded_provider import (
    FakeKeys,
    desk_of,
    every_model,
    order_for,
    recorded,
    task_of,
)

EVERY_MODEL = pytest.mark.parametrize("model", every_model(), ids=lambda model: str(model.key))


@EVERY_MODEL
def test_a_submit_is_one_post_whatever_comes_back(model: Model) -> None:
    desk = desk_of(model.provider, httpx.Response(401, json={}), keys=FakeKeys("old", "new"))

    desk.submit(order_for(model))

    assert [request.method for request in desk.sent] == ["POST"]


@EVERY_MODEL
def test_a_key_that_changed_while_an_edit_ran_is_read_again(model: Model) -> None:
    answers = [httpx.Response(401, json={}), *recorded(model.provider, "running")]
    desk = desk_of(model.provider, *answers, keys=FakeKeys("old", "new"))

    report = desk.provider.poll(task_of(model))

    assert report.verdict is Verdict.RUNNING
    assert [request.headers["authorization"].split()[1] for request in desk.sent] == ["old", "new"]


@EVERY_MODEL
def test_a_key_goes_to_the_provider_in_its_own_scheme_only(model: Model) -> None:
    desk = desk_of(model.provider, *recorded(model.provider, "accepted"))

    desk.submit(order_for(model))

    scheme = "Key" if model.provider == "fal" else "Bearer"
    assert desk.sent[0].headers["authorization"] == f"{scheme} key-1"
    assert "key-1" not in str(desk.sent[0].url)
    assert b"key-1" not in desk.sent[0].content


@EVERY_MODEL
def test_a_provider_says_how_long_it_keeps_things_and_is_asked_to_forget_where_it_can(
    model: Model,
) -> None:
    desk = desk_of(model.provider, httpx.Response(403, json={}))

    said = desk.provider.forget(task_of(model))

    assert desk.provider.keeps.endswith(".")
    assert said is (DeletionOutcome.REFUSED if desk.sent else DeletionOutcome.NOT_OFFERED)
    assert {request.method for request in desk.sent} <= {"DELETE"}

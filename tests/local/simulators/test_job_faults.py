"""Faults of a job: how it ends, and what its polls say meanwhile."""

from typing import Any

import httpx
import pytest

from local.simulators import Simulators
from tests.local.simulators.customers import (
    CUSTOMERS,
    Customer,
    FalCustomer,
    NovitaCustomer,
    name_of,
)

EVERY_DIALECT = pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)


def script(sims: Simulators, call: str, fault: str, **params: Any) -> None:
    sims.backend.script.set([{"call": call, "fault": fault, **params}])


@EVERY_DIALECT
def test_a_job_can_be_told_to_fail(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    script(sims, "submit", "fail", reason="<b>out of luck</b>")
    customer = kind(sims, http)

    job_id = customer.job_id(customer.submit(clip_url))
    states = customer.walk(job_id)

    assert states[-1] == "failed"
    assert "out of luck" in customer.result(job_id).text
    assert sims.ledger.totals(kind.name)["billed"] == 0


# Provider → the word that says its content was refused.
MODERATION = {
    "novita": "safety filter",
    "evolink": "content_policy_violation",
    "aimlapi": "ContentPolicyViolation",
    "fal": "content_policy_violation",
}


@EVERY_DIALECT
def test_a_job_can_end_in_moderation(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    script(sims, "submit", "moderation_fail")
    customer = kind(sims, http)

    job_id = customer.job_id(customer.submit(clip_url))
    customer.walk(job_id)

    assert MODERATION[kind.name] in customer.result(job_id).text


@EVERY_DIALECT
def test_a_new_job_can_be_unknown_for_some_polls(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    script(sims, "submit", "lag_404", polls=2)
    customer = kind(sims, http)

    job_id = customer.job_id(customer.submit(clip_url))
    statuses = [customer.poll(job_id).status_code for _ in range(3)]

    assert statuses[:2] == [404, 404]
    assert statuses[2] < 300


@EVERY_DIALECT
def test_a_poll_can_say_what_is_not_true(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))
    customer.walk(job_id)

    script(sims, "poll", "lie", says="running", times=1)
    lied, then = customer.state(customer.poll(job_id)), customer.state(customer.poll(job_id))

    assert (lied, then) == ("running", "done")


@EVERY_DIALECT
def test_a_poll_can_show_a_strange_word(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))

    script(sims, "poll", "unknown_status", word="PAUSED")

    assert customer.word(customer.poll(job_id)) == "PAUSED"


@EVERY_DIALECT
@pytest.mark.parametrize(("fault", "left"), [("no_url", None), ("image_url", ".png")])
def test_a_finished_job_can_lack_its_video(
    kind: type[Customer],
    fault: str,
    left: str | None,
    sims: Simulators,
    http: httpx.Client,
    clip_url: str,
) -> None:
    script(sims, "submit", fault)
    customer = kind(sims, http)

    job_id = customer.job_id(customer.submit(clip_url))
    customer.walk(job_id)
    result = customer.result(job_id)

    assert "/cdn/" not in result.text if left is None else left in customer.video_url(result)


def test_a_stuck_job_never_ends(sims: Simulators, http: httpx.Client, clip_url: str) -> None:
    script(sims, "submit", "stuck")
    customer = NovitaCustomer(sims, http)
    stuck = customer.job_id(customer.submit(clip_url))
    sims.backend.script.set([])

    customer.walk(customer.job_id(customer.submit(clip_url)))

    assert customer.state(customer.poll(stuck)) in ("queued", "running")


def test_progress_can_be_nonsense(sims: Simulators, http: httpx.Client, clip_url: str) -> None:
    customer = NovitaCustomer(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))

    script(sims, "poll", "progress", value="50%")

    assert customer.poll(job_id).json()["task"]["progress_percent"] == "50%"


def test_novita_can_answer_500_for_a_failed_task(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.settings.change(novita_failed_status=500)
    script(sims, "poll", "fail")
    customer = NovitaCustomer(sims, http)

    answer = customer.poll(customer.job_id(customer.submit(clip_url)))

    assert (answer.status_code, answer.json()["reason"]) == (500, "TASK_FAILED")


@pytest.mark.parametrize(
    ("fault", "fetches", "state"), [("again", 2, "done"), ("fail", 0, "failed")]
)
def test_the_provider_can_read_the_source_badly(
    fault: str, fetches: int, state: str, sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    script(sims, "fetch", fault)
    customer = FalCustomer(sims, http)

    states = customer.walk(customer.job_id(customer.submit(clip_url)))

    assert states[-1] == state
    assert sims.ledger.totals("fal")["fetched"] == fetches

"""Faults of the wire and of a submit, and how rules are counted."""

import gzip
import json
import time
from typing import Any

import httpx
import pytest

from local.simulators import Simulators
from local.simulators.faults import Script
from tests.local.simulators.customers import CUSTOMERS, Customer, NovitaCustomer, name_of

EVERY_DIALECT = pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)


def script(sims: Simulators, call: str, fault: str, **params: Any) -> None:
    sims.backend.script.set([{"call": call, "fault": fault, **params}])


# Fault of the wire, what the client sees, and the jobs accepted behind it.
BROKEN: list[tuple[str, type[Exception], int]] = [
    ("drop", httpx.RemoteProtocolError, 1),
    ("drop_before", httpx.RemoteProtocolError, 0),
    ("rst", httpx.ReadError, 1),
    ("half", httpx.RemoteProtocolError, 1),
    ("hang", httpx.ReadTimeout, 1),
]


@EVERY_DIALECT
@pytest.mark.parametrize(("fault", "seen", "accepted"), BROKEN)
def test_a_broken_wire_hides_what_was_accepted(
    kind: type[Customer],
    fault: str,
    seen: type[Exception],
    accepted: int,
    sims: Simulators,
    clip_url: str,
) -> None:
    script(sims, "submit", fault)

    with httpx.Client(timeout=0.5, trust_env=False) as http, pytest.raises(seen):
        kind(sims, http).submit(clip_url)

    assert sims.ledger.totals(kind.name)["accepted"] == accepted


@EVERY_DIALECT
def test_what_is_accepted_behind_a_status_can_be_said(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    rule = {"call": "submit", "fault": "status", "status": 502, "body": "<html>nginx</html>"}
    sims.backend.script.set([{**rule, "accepted": True, "times": 1}, rule])

    answers = [kind(sims, http).submit(clip_url) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [502, 502]
    assert sims.ledger.totals(kind.name)["accepted"] == 1


def test_a_dripping_body_outlives_a_read_timeout(sims: Simulators, clip_url: str) -> None:
    script(sims, "submit", "drip", bytes_per_second=40)

    with httpx.Client(timeout=0.5, trust_env=False) as http:
        answer = NovitaCustomer(sims, http).submit(clip_url)

    assert answer.elapsed.total_seconds() > 0.5


def test_dripping_headers_never_end(sims: Simulators, clip_url: str) -> None:
    script(sims, "submit", "drip", part="headers", bytes_per_second=200_000)

    with httpx.Client(timeout=2, trust_env=False) as http, pytest.raises(httpx.TransportError):
        NovitaCustomer(sims, http).submit(clip_url)


def test_a_bomb_is_small_on_the_wire(sims: Simulators, http: httpx.Client, clip_url: str) -> None:
    script(sims, "submit", "bomb", megabytes=5)
    customer = NovitaCustomer(sims, http)
    url = customer.base + customer.submit_path

    with http.stream("POST", url, json=customer.body(clip_url), headers=customer.headers) as answer:
        wire = b"".join(answer.iter_raw())

    assert len(wire) < 100_000
    assert len(gzip.decompress(wire)) == 5 * 1024 * 1024


@pytest.mark.parametrize(
    ("fault", "params", "status", "start"),
    [
        ("html", {}, 200, "<html>"),
        ("html", {"status": 502}, 502, "<html>"),
        ("redirect", {"status": 307, "location": "https://else.example/"}, 307, ""),
        ("status", {"status": 409, "body": {"odd": True}}, 409, '{"odd": true}'),
    ],
)
def test_other_answers_can_be_put_in_place(
    fault: str,
    params: dict[str, Any],
    status: int,
    start: str,
    sims: Simulators,
    http: httpx.Client,
    clip_url: str,
) -> None:
    script(sims, "submit", fault, **params)

    answer = NovitaCustomer(sims, http).submit(clip_url)

    assert answer.status_code == status
    assert answer.text.startswith(start)


def test_a_slow_accept_happens_even_when_the_client_has_left(
    sims: Simulators, clip_url: str
) -> None:
    script(sims, "submit", "slow_accept", seconds=1.0)

    with httpx.Client(timeout=0.1, trust_env=False) as http, pytest.raises(httpx.ReadTimeout):
        NovitaCustomer(sims, http).submit(clip_url)
    early = sims.ledger.totals()["accepted"]
    while not sims.ledger.totals()["accepted"]:
        time.sleep(0.01)

    assert early == 0


@EVERY_DIALECT
def test_ids_can_be_missing_or_another_jobs(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http)
    first = customer.job_id(customer.submit(clip_url))

    script(sims, "submit", "reuse_id")
    second = customer.submit(clip_url)
    script(sims, "submit", "no_id")
    third = customer.submit(clip_url)

    assert customer.job_id(second) == first
    assert first not in third.text
    assert kind.id_field not in third.json()
    assert sims.ledger.totals(kind.name)["accepted"] == 3


def test_rules_are_counted_and_ordered() -> None:
    rules = Script()
    rules.set(
        [
            {"call": "poll", "fault": "ok", "times": 1},
            {"call": "poll", "fault": "drop", "times": 2, "provider": "fal"},
            {"call": "poll", "fault": "html", "after": 4},
            {"call": "submit", "fault": "rst", "match": "needle"},
        ]
    )

    polls = [rules.take("fal", "poll") for _ in range(6)]
    submits = [rules.take("fal", "submit", text) for text in ("hay", "a needle")]

    assert [rule.fault if rule else None for rule in polls] == [
        "ok",
        "drop",
        "drop",
        None,
        "html",
        "html",
    ]
    assert [rule.fault if rule else None for rule in submits] == [None, "rst"]


@pytest.mark.parametrize(
    "rule", [{"call": "submit", "fault": "sulk"}, {"call": "chat", "fault": "ok"}, {}]
)
def test_a_rule_nobody_knows_is_refused(
    rule: dict[str, Any], sims: Simulators, http: httpx.Client
) -> None:
    answer = http.post(f"{sims.url}/_faults", content=json.dumps([rule]))

    assert answer.status_code == 400
    assert http.get(f"{sims.url}/_faults").json() == {"rules": []}

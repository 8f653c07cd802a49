"""The ledger, the switches, the command line, and many jobs at once."""

import json
import signal
import socket
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_the_ledger_keeps_the_body_as_sent_and_no_key(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http, key="sk_canary_key")

    customer.submit(clip_url)
    answer = http.get(f"{sims.url}/_ledger", params={"provider": kind.name, "kind": "accepted"})

    (entry,) = answer.json()["entries"]
    assert entry["body"] == customer.body(clip_url)
    assert entry["headers"]["authorization"] == kind.scheme
    assert "sk_canary_key" not in answer.text


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_a_fetch_is_entered_without_its_signature(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http)

    customer.walk(customer.job_id(customer.submit(clip_url)))
    answer = http.get(f"{sims.url}/_ledger", params={"kind": "fetched"})

    assert [line["url"] for line in answer.json()["entries"]] == [clip_url.partition("?")[0]]
    assert "canary" not in answer.text


def test_the_ledger_can_be_cleared_and_filtered(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    NovitaCustomer(sims, http).submit(clip_url)

    other = http.get(f"{sims.url}/_ledger", params={"provider": "fal"}).json()
    http.delete(f"{sims.url}/_ledger")
    empty = http.get(f"{sims.url}/_ledger", params={"kind": "accepted"}).json()

    assert (other["entries"], other["totals"]["accepted"]) == ([], 0)
    assert empty["entries"] == []


def test_faults_and_switches_are_set_over_http(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    rule = {"provider": "novita", "call": "submit", "fault": "rate", "times": 1}

    http.post(f"{sims.url}/_faults", json=[rule])
    switches = http.post(f"{sims.url}/_settings", json={"seconds": 9, "ttl_seconds": {"fal": 5}})
    statuses = [NovitaCustomer(sims, http).submit(clip_url).status_code for _ in range(2)]
    used = http.get(f"{sims.url}/_faults").json()["rules"][0]["used"]

    assert statuses == [429, 200]
    assert used == 1
    assert switches.json()["ttl_seconds"] == {**sims.settings.ttl_seconds, "fal": 5}


@pytest.mark.parametrize("form", ["alone", "in a list", "as the answer says them"])
def test_a_rule_is_taken_in_each_form_that_it_is_told_in(
    form: str, sims: Simulators, http: httpx.Client
) -> None:
    rule = {"provider": "novita", "call": "submit", "fault": "rate", "times": 1}
    said: Any = {"alone": rule, "in a list": [rule], "as the answer says them": {"rules": [rule]}}

    answer = http.post(f"{sims.url}/_faults", json=said[form]).json()

    assert [each["fault"] for each in answer["rules"]] == ["rate"]


def test_finished_jobs_can_be_forgotten(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = NovitaCustomer(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))
    customer.walk(job_id)

    http.delete(f"{sims.url}/_jobs")

    assert customer.poll(job_id).status_code == 404


@pytest.mark.parametrize("body", ['{"speed": 3}', "[1]", "{"])
def test_a_switch_nobody_knows_is_refused(body: str, sims: Simulators, http: httpx.Client) -> None:
    assert http.post(f"{sims.url}/_settings", content=body).status_code == 400


def test_a_path_that_is_nobodys_is_not_found(sims: Simulators, http: httpx.Client) -> None:
    paths = ("/", "/nobody/v1", "/_nothing", "/fal/v1/meta", "/novita")

    assert {http.get(sims.url + path).status_code for path in paths} == {404}


def test_noise_on_the_socket_stops_nothing(sims: Simulators, http: httpx.Client) -> None:
    for noise in (b"\x16\x03\x01\x00\xa5", b"GET\r\n\r\n", b"POST /novita HTTP/1.1\r\nX", b""):
        with socket.create_connection(("127.0.0.1", sims.port)) as connection:
            connection.sendall(noise)

    assert http.get(f"{sims.url}/_health").status_code == 200


@pytest.mark.parametrize("length", ["-1", "many", "999999999999"])
def test_a_wrong_length_is_answered(length: str, sims: Simulators) -> None:
    request = f"POST /novita/v3/x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"

    with socket.create_connection(("127.0.0.1", sims.port)) as connection:
        connection.sendall(request.encode())
        answer = connection.recv(1000)

    assert answer.startswith((b"HTTP/1.1 411", b"HTTP/1.1 413"))


def test_two_hundred_jobs_run_side_by_side(sims: Simulators, clip_url: str) -> None:
    sims.settings.change(seconds=1.0)
    limits = httpx.Limits(max_connections=50)

    with httpx.Client(timeout=60, trust_env=False, limits=limits) as http:
        buyers = [CUSTOMERS[number % len(CUSTOMERS)](sims, http) for number in range(200)]
        with ThreadPoolExecutor(50) as pool:
            jobs = list(pool.map(lambda buyer: buyer.job_id(buyer.submit(clip_url)), buyers))
            ends = list(
                pool.map(lambda pair: pair[0].walk(pair[1])[-1], zip(buyers, jobs, strict=True))
            )
    totals = sims.ledger.totals()

    assert Counter(ends) == {"done": 200}
    assert len(set(jobs)) == 200
    assert (totals["accepted"], totals["billed"]) == (200, 200)


def test_fal_lives_at_the_root_too(sims: Simulators, http: httpx.Client, clip_url: str) -> None:
    sims.settings.change(seconds=30)
    customer = FalCustomer(sims, http)

    submitted = http.post(
        sims.url + customer.submit_path, json=customer.body(clip_url), headers=customer.headers
    )
    status = http.get(submitted.json()["status_url"], headers=customer.headers)

    assert submitted.json()["status_url"].startswith(f"{sims.url}/fal-ai/kling-video/requests/")
    assert status.status_code == 202


def test_the_command_says_its_port_and_stops_when_told(http: httpx.Client) -> None:
    command = [sys.executable, "-m", "local.simulators", "--port", "0", "--seconds", "1", "--json"]

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())
        health = http.get(f"http://127.0.0.1:{where['port']}/_health").json()
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=10)

    assert health["base_urls"] == where["base_urls"]
    assert code == 0

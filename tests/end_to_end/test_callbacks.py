"""Callbacks on the running stack: they save polls, and neither their loss nor a lie costs more."""

import json
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.emulator.api_client import send
from local.emulator.running_stack import Record
from tests.end_to_end.conftest import SECONDS, StartStack
from tests.end_to_end.stage import Stage

CALLING = ["novita/kling-o1-edit", "evolink/kling-o1-edit", "fal/kling-o1-edit"]
# A wait of 900 s lasts 18 s here: whoever is done before that was called.
SLOW = {"FirstPollSeconds": "900", "MaxPollSeconds": "900"}
SOONER = 15.0
PATIENCE = 30  # of a simulated provider with a door that has to be started first
_numbers = count()


@pytest.fixture(scope="module")
def _patient(start_module_stack: StartStack, clip: Path) -> Stage:
    stack = start_module_stack(copying=True, **SLOW)
    stack.simulators(callback_timeout_seconds=PATIENCE)
    stack.wait_for(dropped(stack, clip, "fal/kling-o1-edit"))  # every function has started once
    return stack


@pytest.fixture
def patient(_patient: Stage) -> Iterator[Stage]:
    """A stack that hardly ever asks by itself, and its simulators without a fault."""
    _patient.faults()
    _patient.clear_ledger()
    yield _patient
    _patient.simulators(seconds=SECONDS)


def dropped(stack: Stage, clip: Path, model: str) -> str:
    return stack.drop(clip, f"called {next(_numbers)}.mp4", prompt="Make it dusk", model=model)


def calls(stack: Stage, record: Record) -> list[int]:
    """How each callback about an edit was answered so far."""
    entries = stack.entries(record)
    return [each["http_status"] for each in entries if each["kind"] == "called_back"]


def answered(stack: Stage, record: Record, times: int) -> list[int]:
    """The same once there are so many."""
    give_up_at = time.monotonic() + 30
    while len(calls(stack, record)) < times and time.monotonic() < give_up_at:
        time.sleep(0.1)
    return calls(stack, record)


@pytest.mark.parametrize("model", CALLING)
def test_a_callback_ends_the_wait_long_before_the_guard_poll(
    patient: Stage, clip: Path, model: str
) -> None:
    record = patient.wait_for(dropped(patient, clip, model), patience=SOONER)

    assert record["status"] == "SUCCEEDED"
    assert record["polls"] <= 2
    assert answered(patient, record, 1) == [200]


@pytest.mark.parametrize("model", CALLING)
def test_a_callback_that_comes_five_times_is_one_result_and_one_message(
    patient: Stage, clip: Path, model: str
) -> None:
    patient.faults({"call": "callback", "fault": "repeat", "copies": 5})

    record = patient.wait_for(dropped(patient, clip, model), patience=SOONER)

    assert answered(patient, record, 5) == [200] * 5
    assert record["polls"] <= 2
    assert len(patient.messages(record["edit_id"])) == 1
    assert patient.ledger()["totals"]["billed"] == 1


@pytest.mark.parametrize("model", CALLING)
def test_a_callback_before_the_submits_answer_is_not_lost(
    patient: Stage, clip: Path, model: str
) -> None:
    patient.faults({"call": "callback", "fault": "early"})

    record = patient.wait_for(dropped(patient, clip, model), patience=SOONER)

    assert record["status"] == "SUCCEEDED"
    assert record["polls"] <= 2
    assert calls(patient, record) == [200]
    assert patient.ledger()["totals"]["accepted"] == 1


@pytest.mark.parametrize("fault", ["forged", "foreign"])
def test_what_fal_did_not_sign_for_us_is_refused_and_wakes_nobody(
    patient: Stage, clip: Path, fault: str
) -> None:
    patient.faults({"call": "callback", "fault": fault})

    record = patient.wait_for(dropped(patient, clip, "fal/kling-o1-edit"), patience=SOONER)

    assert record["status"] == "SUCCEEDED"
    assert sorted(answered(patient, record, 2)) == [200, 401]
    assert record["callback_seq"] == 1
    assert record["polls"] <= 2


@pytest.mark.parametrize("model", CALLING[:2])
def test_a_callback_that_lies_costs_a_question_and_nothing_else(
    patient: Stage, clip: Path, model: str
) -> None:
    patient.faults({"call": "callback", "fault": "lie"})

    record = patient.wait_for(dropped(patient, clip, model), patience=SOONER)

    assert record["status"] == "SUCCEEDED"
    assert record["polls"] <= 3
    downloads = [each for each in patient.entries(record) if each["kind"] == "downloaded"]
    assert len(downloads) == 1


@pytest.mark.parametrize("model", ["novita/kling-o1-edit", "fal/kling-o1-edit"])
def test_forged_calls_at_the_open_door_change_nothing(
    patient: Stage, clip: Path, model: str
) -> None:
    patient.simulators(seconds=3)
    edit_id = dropped(patient, clip, model)
    waiting = listening(patient, edit_id)
    url, headers = called_at(patient, waiting), {"content-type": "application/json"}
    base, _, path = url.rpartition("/callbacks/")
    provider, _, attempt, token = path.split("/")

    answers = [
        send("POST", address, body, headers)
        for address in (
            f"{base}/callbacks/{provider}/{edit_id}/{attempt}/{token[:-1]}",
            f"{base}/callbacks/{provider}/{edit_id}/{attempt}/{token}x",
            f"{base}/callbacks/{provider}/{edit_id}/2/{token}",
            f"{base}/callbacks/{provider}/e-00000000000000000000/{attempt}/{token}",
            f"{base}/callbacks/aimlapi/{edit_id}/{attempt}/{token}",
            url,
        )
        for body in (b"", b"{}", b'{"id": "x", "request_id": "x"}', b"\xff", b"[" * 50_000)
    ]
    giant = send("POST", url, b" " * (256 * 1024 + 1), headers)
    untouched = patient.record(edit_id)
    record = patient.wait_for(edit_id, patience=SOONER)

    assert {(answer.status, answer.body) for answer in answers} == {(401, b"")}
    assert (giant.status, giant.body) == (413, b"")
    assert untouched == waiting
    assert record["status"] == "SUCCEEDED"
    assert record["callback_seq"] == 1


def listening(stack: Stage, edit_id: str) -> Record:
    """The record of an edit as soon as its workflow waits for a call."""
    for record in stack.follow(edit_id):
        if "wake_token" in record:
            return record
    raise AssertionError("It never waited.")


def called_at(stack: Stage, record: Record) -> str:
    """The address at which the provider of an edit was asked to call."""
    (accepted,) = (each for each in stack.entries(record) if each["kind"] == "accepted")
    body: dict[str, Any] = accepted["body"]
    url = {
        "novita": lambda: body["extra"]["webhook"]["url"],
        "evolink": lambda: body["callback_url"],
        "fal": lambda: accepted["query"]["fal_webhook"],
    }[record["provider"]]()
    assert urlsplit(url).netloc == urlsplit(stack.address.api_url).netloc
    return str(url)


@pytest.mark.long
def test_edits_finish_when_every_callback_is_lost(stack: Stage, clip: Path) -> None:
    stack.faults({"call": "callback", "fault": "none"})

    for record in map(stack.wait_for, [dropped(stack, clip, model) for model in CALLING]):
        assert record["status"] == "SUCCEEDED"
        assert record["callback_seq"] == 0
        assert calls(stack, record) == []


def test_a_callback_after_the_deadline_asks_for_the_late_result_and_changes_nothing_else(
    start_stack: StartStack, clip: Path
) -> None:
    stack = start_stack(copying=True, DeadlineSeconds="3")
    stack.faults(
        {"call": "callback", "fault": "none"},
        {"call": "submit", "fault": "lie", "says": "running"},
    )

    edit = dropped(stack, clip, "evolink/kling-o1-edit")
    record = stack.told(edit, patience=120)  # which is the last that is written of it
    said = json.dumps({"id": record["provider_task_id"], "status": "completed"}).encode()
    answers = [send("POST", called_at(stack, record), said).status for _ in range(3)]

    assert (record["status"], record["reason"]) == ("FAILED", "TIMED_OUT")
    assert answers == [200] * 3
    now = stack.record(record["edit_id"]) or {}
    assert now["callback_seq"] == 3
    noted = {"callback_seq", "called_back_task_id", "called_back_attempt"}
    assert {name for name in now if now[name] != record.get(name)} <= noted
    assert record.keys() <= now.keys()
    assert len(stack.messages(record["edit_id"])) == 1

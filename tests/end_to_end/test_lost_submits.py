"""The moment that costs money: whatever breaks in it, one job at most and always an answer."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator.engine import free_port
from local.simulators import Simulators
from local.whole_stack import Studio
from tests.end_to_end.conftest import PARAMETERS, SECONDS, WAIT_SCALE, StartStack
from tests.end_to_end.killing import kill_workers
from tests.end_to_end.outage import Gate, gate
from tests.end_to_end.stage import Photocopier, Stage

pytestmark = pytest.mark.long

AIML = "aimlapi/kling-o1-edit"  # neither calls back nor lists: a lost answer stays lost
NOVITA = "novita/kling-o1-edit"  # calls back on the attempt's own address
BROKEN_ANSWERS: dict[str, dict[str, Any]] = {
    "no answer": {"fault": "drop"},
    "a reset": {"fault": "rst"},
    "half an answer": {"fault": "half"},
    "nginx 502": {"fault": "html", "status": 502},
    "a page instead of JSON": {"fault": "html"},
    "no id": {"fault": "no_id"},
    "an error of the provider": {"fault": "internal"},
    "a redirect": {"fault": "redirect", "location": "https://elsewhere.example/"},
    "a gzip bomb": {"fault": "bomb", "megabytes": 5},
    "a slow drip": {"fault": "drip"},
}


def until(holds: Callable[[], Any], patience: float = 30) -> Any:
    """What the condition gives once it gives something; fails the test when it never does."""
    give_up_at = time.monotonic() + patience
    while time.monotonic() < give_up_at:
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("It never came about.")


def judged(stack: Stage, edit_id: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The closed record and the ledger's totals, after the invariants every edit must keep."""
    record = stack.told(edit_id, patience=120)
    totals: dict[str, int] = stack.ledger()["totals"]
    assert totals["accepted"] <= 1
    assert totals["billed"] <= 1
    assert len(stack.messages(edit_id)) == 1
    return record, totals


@pytest.fixture(scope="module")
def impatient_stack(start_module_stack: StartStack) -> Stage:
    return start_module_stack(DeadlineSeconds="3", copying=True)


@pytest.mark.parametrize("broken", BROKEN_ANSWERS)
def test_an_answer_that_cannot_be_read_is_never_asked_for_again(
    impatient_stack: Stage, clip: Path, broken: str
) -> None:
    impatient_stack.clear_ledger()
    impatient_stack.faults({"provider": "aimlapi", "call": "submit", **BROKEN_ANSWERS[broken]})

    edit_id = impatient_stack.drop(clip, f"{broken}.mp4", prompt="Make it noir", model=AIML)
    record, totals = judged(impatient_stack, edit_id)

    assert (record["status"], record["reason"]) == ("FAILED", "SUBMIT_UNCERTAIN")
    assert record["at_risk_usd"] == record["quoted_usd"]
    assert totals["polls"] == 0


@pytest.fixture
def gated() -> Iterator[tuple[Stage, Gate, int]]:
    """A stack whose functions reach the table through a gate; and the emulator's process id."""
    port = free_port()
    with gate() as (one, url), Simulators(seconds=SECONDS, developer=Photocopier()) as simulators:
        one.behind = f"http://127.0.0.1:{port}"
        studio = Studio(
            port=port,
            wait_scale=WAIT_SCALE,
            parameters=PARAMETERS,
            simulators=simulators,
            environment={"AWS_ENDPOINT_URL_DYNAMODB": url},
        )
        with studio:
            yield Stage(studio.stack, studio.outputs), one, studio.engine_pid


def test_a_table_that_is_down_right_after_the_acceptance_loses_nothing(
    gated: tuple[Stage, Gate, int], clip: Path
) -> None:
    stack, table, _ = gated
    stack.faults({"provider": "aimlapi", "call": "submit", "fault": "slow_accept", "seconds": 2})
    edit_id = stack.drop(clip, "down.mp4", prompt="Make it noir", model=AIML)

    until(lambda: (stack.record(edit_id) or {}).get("status") == "SUBMITTING")
    table.is_down = True
    until(lambda: stack.ledger()["totals"]["accepted"])
    threading.Timer(10, lambda: setattr(table, "is_down", False)).start()
    record, totals = judged(stack, edit_id)

    assert table.refused > 0
    assert record["status"] == "SUCCEEDED"
    assert (totals["accepted"], totals["billed"]) == (1, 1)


def test_a_function_killed_in_the_middle_of_the_post_is_found_by_the_callback(
    gated: tuple[Stage, Gate, int], clip: Path
) -> None:
    stack, _, engine_pid = gated
    stack.faults({"provider": "novita", "call": "submit", "fault": "hang", "seconds": 30})
    edit_id = stack.drop(clip, "killed.mp4", prompt="Make it noir", model=NOVITA)

    until(lambda: stack.ledger()["totals"]["accepted"])
    killed = kill_workers("SubmitFunction", engine_pid)
    record, totals = judged(stack, edit_id)

    assert killed
    assert record["status"] == "SUCCEEDED"
    assert totals["accepted"] == 1


def test_a_provider_that_is_down_for_two_hours_is_waited_for(clip: Path) -> None:
    # A thousandth of the waits: the eight polls in vain stand for 900 s of the workflow each.
    parameters = PARAMETERS | {"FirstPollSeconds": "900"}
    with (
        Simulators(seconds=SECONDS, developer=Photocopier()) as simulators,
        Studio(wait_scale=0.001, parameters=parameters, simulators=simulators) as studio,
    ):
        stack = Stage(studio.stack, studio.outputs)
        stack.faults({"provider": "aimlapi", "call": "poll", "times": 8, "fault": "unavailable"})

        edit_id = stack.drop(clip, "patient.mp4", prompt="Make it noir", model=AIML)
        record, totals = judged(stack, edit_id)

    assert record["status"] == "SUCCEEDED"
    assert record["polls"] >= 9
    assert totals["accepted"] == 1

"""The workflow on two interpreters that know nothing of each other, and its expressions by a third.

moto walks the definition with JSONata's reference implementation put in its place, for which moto
has a hook and no filling; the local engine walks it as it always does. Both must take the same
way to the same end.
"""

import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path as File
from types import SimpleNamespace
from typing import Any

import boto3
import jsonata as port
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import mock_eval_utils
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.jsonata import jsonata as hook
from moto.stepfunctions.parser.mocking.mock_config import MockedResponseReturn, MockedResponseThrow

from local.emulator.clients import Clients
from local.emulator.engine import REGION, Engine
from tests.judges.paths import (
    BY_MOTO_ALONE,
    GIVEN,
    GIVEN_UP,
    MACHINE,
    PATHS,
    PATIENT,
    STUMBLING,
    TRIED_AGAIN,
    USUALLY,
    Path,
    case_name,
    configuration,
)
from tests.judges.reference import HOME, NODE, NOTHING, Reference
from tests.local.emulator.probes import ROLE
from tests.support.template_reader import ROOT, WORKFLOW, names_to_fill, workflow

pytestmark = pytest.mark.long
Walked = tuple[str, list[str]]
PATIENCE_SECONDS = 30
EXPRESSION = re.compile(r'"\{%(.+?)%\}"')


def definition() -> str:
    """As SAM fills it in."""
    text = (ROOT / WORKFLOW).read_text()
    for name in names_to_fill():
        text = text.replace(f"${{{name}}}", f"arn:aws:sns:{REGION}:000000000000:{name}")
    return text


def walked(client: Any, machine: str, name: str) -> Walked:
    """The status of one execution, and the states it entered."""
    started = client.start_execution(stateMachineArn=machine, name=name, input=json.dumps(GIVEN))
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        seen = client.describe_execution(executionArn=started["executionArn"])
        if seen["status"] != "RUNNING" or time.monotonic() > give_up_at:
            break
        time.sleep(0.02)
    history = client.get_execution_history(executionArn=started["executionArn"], maxResults=1000)
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in history["events"]
        if "stateEnteredEventDetails" in event
    ]
    return str(seen["status"]), entered


@pytest.fixture(scope="module")
def by_the_engine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Walked]:
    file = tmp_path_factory.mktemp("paths") / "mocked.json"
    file.write_text(json.dumps(configuration()))
    environment = {"SFN_MOCK_CONFIG": str(file)}
    with Engine(wait_scale=0.001, extra_environment=environment) as engine:
        return _by(Clients(engine.url).stepfunctions, mark="#")


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    with Reference() as running:
        yield running


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Every expression that moto had evaluated, with its bindings before it."""
    return []


@pytest.fixture(scope="module")
def by_moto(reference: Reference, asked: list[str]) -> Iterator[dict[str, Walked]]:
    def evaluate(text: str) -> Any:
        asked.append(text)
        value = reference.evaluate(text)
        return None if value is NOTHING else value

    with (
        pytest.MonkeyPatch.context() as patch,
        mock_aws(config={"stepfunctions": {"execute_state_machine": True}}),
    ):
        patch.setattr(hook, "_eval_jsonata", evaluate)
        patch.setattr(Environment, "is_mocked_mode", lambda self: self.next_state_name in USUALLY)
        patch.setattr(mock_eval_utils, "CustomErrorName", _error_name)
        mocked = Mocked()
        patch.setattr(Environment, "get_current_mocked_response", lambda self: mocked(self))
        # It would wait as long as AWS does.
        patch.setattr(retrier_decl, "time", SimpleNamespace(sleep=lambda seconds: None))
        yield _by(boto3.client("stepfunctions", region_name=REGION), *BY_MOTO_ALONE)


def _by(client: Any, *more: Path, mark: str = "") -> dict[str, Walked]:
    made = client.create_state_machine(name=MACHINE, definition=definition(), roleArn=ROLE)
    arn = made["stateMachineArn"]
    return {
        path.name: walked(client, f"{arn}{mark and mark + case_name(path)}", case_name(path))
        for path in (*PATHS, *more)
    }


class Mocked:
    """What moto's interpreter asks for the answer of a state; it has a place for it, and no way in.

    Each execution is named after its path, and counts its calls of each state.
    """

    def __init__(self) -> None:
        whole = configuration()
        self._cases = whole["StateMachines"][MACHINE]["TestCases"]
        self._answers = whole["MockedResponses"]
        self._calls: Counter[tuple[str, str]] = Counter()

    def __call__(self, environment: Any) -> Any:
        name = environment.states.context_object.context_object_data["Execution"]["Name"]
        state = environment.next_state_name
        call = self._calls[name, state]
        self._calls[name, state] += 1
        for calls, said in self._answers[self._cases[name][state]].items():
            first, _, last = calls.partition("-")
            if int(first) <= call <= int(last or first):
                return _answer(call, said)
        raise AssertionError(f"{state} is called once more than its path says.")


def _error_name(name: str) -> Any:
    """moto takes every mocked error for one of the task's own."""
    if name.startswith("States."):
        return StatesErrorName(typ=StatesErrorNameType.from_name(name))
    return CustomErrorName(name)


def _answer(call: int, said: dict[str, Any]) -> Any:
    if "Return" in said:
        return MockedResponseReturn(call, call, said["Return"])
    return MockedResponseThrow(call, call, said["Throw"]["Error"], said["Throw"]["Cause"])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_both_interpreters_take_the_same_way_to_the_same_end(
    path: Path, by_the_engine: dict[str, Walked], by_moto: dict[str, Walked]
) -> None:
    status, entered = by_moto[path.name]

    assert by_moto[path.name] == by_the_engine[path.name]
    assert status == path.status
    assert set(path.through) <= set(entered)


def test_what_stumbles_is_tried_again_and_goes_on(by_moto: dict[str, Walked]) -> None:
    plain, stumbling = by_moto["polled twice"], by_moto[TRIED_AGAIN.name]

    assert stumbling[0] == "SUCCEEDED"
    assert set(stumbling[1]) == set(plain[1])  # no state that cleans up after another


@pytest.mark.parametrize("path", STUMBLING, ids=lambda path: path.name)
def test_whatever_a_retry_may_mend_is_tried_again_by_the_state_that_it_befell(
    path: Path, by_moto: dict[str, Walked]
) -> None:
    status, entered = by_moto[path.name]

    assert status == "SUCCEEDED"
    assert path.through[-1] in entered
    assert (PATIENT[path.through[-1]] in entered) is (path.through[-1] == "Poll")


@pytest.mark.parametrize("path", GIVEN_UP, ids=lambda path: path.name)
def test_what_no_retry_can_mend_is_caught_at_once(path: Path, by_moto: dict[str, Walked]) -> None:
    status, entered = by_moto[path.name]

    assert status == path.status
    assert set(path.through) <= set(entered)


def test_the_ways_lead_through_every_state(by_moto: dict[str, Walked]) -> None:
    entered = {state for _, states in by_moto.values() for state in states}

    assert entered == workflow()["States"].keys()


def test_every_expression_means_the_same_to_the_reference_and_to_the_engine(
    by_moto: dict[str, Walked], asked: list[str], reference: Reference
) -> None:
    written = {text.strip() for text in EXPRESSION.findall((ROOT / WORKFLOW).read_text())}
    judged = set()

    for text in sorted(set(asked)):
        judged |= {each for each in written if each in text}
        if "$now()" not in text:
            value = reference.evaluate(text)
            same = port.Jsonata(text).evaluate(None)
            assert (None if value is NOTHING else value) == same, text

    assert judged == written


def test_the_time_of_the_reference_is_what_the_record_holds(reference: Reference) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", reference.evaluate("$now()"))


def test_a_validator_of_states_languages_finds_nothing(tmp_path: File) -> None:
    file = tmp_path / "edit_video.asl.json"
    file.write_text(definition())
    program = HOME / "node_modules/asl-validator/dist/bin/asl-validator.js"

    said = subprocess.run(
        [NODE, program, "--json-path", file],
        capture_output=True,
        text=True,
        env=os.environ,
        check=False,
    )

    assert said.returncode == 0, said.stdout + said.stderr

"""The whole stack on the local engine, with everything counted that costs money or time."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from retake.aws.dynamodb_values import to_attribute

from bench.certificates import Certificate, certificate_in, packages_that_trust
from bench.footage import film
from bench.rooms import ROOT
from bench.tally import Tally
from bench.units import units
from local.emulator.engine import Engine, free_port
from local.emulator.running_stack import Record, Stack
from local.simulators import Simulators
from local.whole_stack import Studio

CALLED, POLLED = "fal/kling-o1-edit", "aimlapi/kling-o1-edit"
ASKED = frozenset({"accepted", "polled", "result"})
WORKERS = 4  # processes per function
STATES = frozenset({"TaskStateEntered", "WaitStateEntered", "ChoiceStateEntered"})


class CountedSimulators(Simulators):
    """`asked` grows by one for whatever any provider is asked, its files and keys included."""

    asked = 0

    def answer(self, *asked: Any) -> Any:
        self.asked += 1
        return super().answer(*asked)


class Copier:
    """Hands every clip back unedited: the frames are not what is measured."""

    def develop(self, source: Path, destination: Path, **asked: Any) -> None:
        shutil.copyfile(source, destination)

    def imagine(self, destination: Path, **asked: Any) -> None:
        raise NotImplementedError("Every edit that is measured has a clip.")


@dataclass
class Edit:
    """What became of one edit. Times in seconds since 1970."""

    record: Record
    finished_there: float
    known_at: float
    transitions: int
    states: Counter[str]


@dataclass
class Observed:
    """A running stack and its counters."""

    stack: Stack
    simulators: CountedSimulators
    tally: Tally
    clip: Path
    pid: int

    def run(self, model: str, seconds: Sequence[float], *, patience: float = 300) -> list[Edit]:
        """One edit for each length of a job, all in flight together."""
        drops = []
        for number, each in enumerate(seconds):
            self.simulators.settings.change(seconds=each)
            taken = self._accepted()
            upload = self.stack.upload(
                self.clip, f"{number}-{time.time_ns()}.mp4", prompt="make it snow", model=model
            )
            drops.append(upload)
            if len(set(seconds)) > 1:  # the next one takes longer: wait until this one is taken
                while self._accepted() == taken:
                    time.sleep(0.02)
        return [self._told(self.stack.edit_of(drop, 120), patience) for drop in drops]

    def warm(self, model: str) -> None:
        """Have every process of every function started before anything is measured."""
        self.run(model, [1] * 2 * WORKERS)

    def run_cold(self, model: str, seconds: float) -> Edit:
        """One edit, before whose job ends every process of every function is ended."""
        self.simulators.settings.change(seconds=seconds)
        drop = self.stack.upload(
            self.clip, f"cold-{time.time_ns()}.mp4", prompt="make it snow", model=model
        )
        edit_id = self.stack.edit_of(drop, 120)
        self._wait_until_it_waits(edit_id)
        for pid in self._processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return self._told(edit_id, 120)

    def cpu_seconds(self) -> float:
        """What the functions' processes have used since they started; the engine is not in it."""
        # user and system time, behind fourteen fields from the state on
        used = sum(int(it[11]) + int(it[12]) for it in self._processes().values())
        return used / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> dict[int, list[str]]:
        """The functions' processes: proc(5)'s fields behind the name, which stands in brackets."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[1]) == self.pid:
                    found[int(stat.parent.name)] = fields
        return found

    def _wait_until_it_waits(self, edit_id: str) -> None:
        """Until its workflow waits for a call, and no function works for it. Of a provider that
        has never called it does not: RuntimeError."""
        give_up_at = time.monotonic() + 120
        while "Wait For Callback" not in self._states(edit_id):
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"{edit_id} waits for no call.")
            time.sleep(0.05)
        time.sleep(0.3)  # the message has left the queue, and Intake's process its work

    def _states(self, edit_id: str) -> Counter[str]:
        """The states that its workflow has entered so far."""
        with suppress(self.stack.clients.stepfunctions.exceptions.ExecutionDoesNotExist):
            events = self._history(f"{self._executions}:{edit_id}")
            entered = [each for each in events if each["type"] in STATES]
            return Counter(each["stateEnteredEventDetails"]["name"] for each in entered)
        return Counter()

    @property
    def _executions(self) -> str:
        return self.stack.address.state_machine_arn.replace(":stateMachine:", ":execution:")

    def _accepted(self) -> int:
        return len(self.simulators.ledger.entries(None, "accepted", None))

    def _told(self, edit_id: str, patience: float) -> Edit:
        record = self.stack.wait_for(edit_id, patience)
        events = self._history(f"{self._executions}:{edit_id}")
        names = self._states(edit_id)
        notify = next(
            e["timestamp"]
            for e in events
            if e["type"] == "TaskStateExited" and e["stateExitedEventDetails"]["name"] == "Persist"
        )
        lines = self.simulators.ledger.entries(None, None, str(record["provider_task_id"]))
        ended = next(line.at for line in lines if line.kind == "finished")
        return Edit(record, ended, notify.timestamp(), names.total(), names)

    def _history(self, arn: str) -> list[Any]:
        client = self.stack.clients.stepfunctions
        events: list[Any] = []
        more: dict[str, str] = {}
        while True:
            page = client.get_execution_history(executionArn=arn, maxResults=1000, **more)
            events += page["events"]
            if not page.get("nextToken"):
                return events
            more = {"nextToken": page["nextToken"]}


@contextmanager
def observed(
    *,
    parameters: dict[str, str] | None = None,
    counted: bool = True,
    over_tls: bool = False,
) -> Iterator[Observed]:
    """A stack whose functions reach AWS through the tally, or straight where nothing is counted.

    `over_tls` has them reach AWS and the providers by TLS, with roots as `make build` lays them
    out; it counts nothing.
    """
    port = free_port()
    with ExitStack() as opened:
        room = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        tally = opened.enter_context(Tally(port))
        made = CountedSimulators(seconds=1, developer=Copier())
        simulators = opened.enter_context(made)
        secured: dict[str, Any] = {}
        if over_tls:
            secured = opened.enter_context(_secured(room, port, simulators))
        engine = partial(_engine, tally=tally if counted else None, **secured)
        with patch("local.whole_stack.Engine", engine):
            studio = opened.enter_context(
                Studio(port=port, simulators=simulators, parameters=parameters or {})
            )
        table = studio.stack.clients.dynamodb
        tally.read = lambda it: table.get_item(
            TableName=it["TableName"], Key=it["Key"], ConsistentRead=True
        ).get("Item", {})
        footage = film(room / "clip.mp4")
        yield Observed(studio.stack, made, tally, footage, studio.engine_pid)


@contextmanager
def _secured(room: Path, port: int, simulators: Simulators) -> Iterator[dict[str, Any]]:
    """TLS before the engine and the simulators, for as long as the block lasts."""
    certificate = certificate_in(room)
    with _terminated(certificate, port, simulators.port) as (aws, providers):
        simulators.url = simulators.backend.root_url = f"https://127.0.0.1:{providers}"
        environment = {
            "AWS_ENDPOINT_URL": f"https://127.0.0.1:{aws}",
            "PYTHONPATH": str(packages_that_trust(certificate, room)),
        }
        # The providers fetch clips in this process, from links that the functions have signed.
        with patch.dict(os.environ, SSL_CERT_FILE=str(certificate.chain)):
            yield {"ports": [aws, providers], "environment": environment}


@contextmanager
def _terminated(certificate: Certificate, *ports: int) -> Iterator[list[int]]:
    probe = ROOT / "bench/probes/terminator.py"
    command = [sys.executable, probe, certificate.chain, certificate.key, *ports]
    with subprocess.Popen(
        [str(each) for each in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield [int(each) for each in (process.stdout.readline() if process.stdout else "").split()]
        process.terminate()


def _engine(
    port: int,
    *,
    tally: Tally | None,
    ports: Sequence[int] = (),
    environment: dict[str, str] | None = None,
    **given: Any,
) -> Engine:
    more = {"RETAKE_WORKERS_PER_FUNCTION": str(WORKERS), **(environment or {})}
    given["loopback_ports"] = [*given["loopback_ports"], *ports]
    if tally is not None:
        given["loopback_ports"].append(tally.port)
        more["AWS_ENDPOINT_URL"] = tally.url
    given["extra_environment"] = {**(given.get("extra_environment") or {}), **more}
    return Engine(port, **given)


def record_units(record: Record) -> int:
    """What a write of this record takes of DynamoDB."""
    return units({name: to_attribute(value) for name, value in record.items()})

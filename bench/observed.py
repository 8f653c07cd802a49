"""The whole stack on the local engine, with everything counted that costs money or time."""

import os
import shutil
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

from bench.footage import film
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
    provider_requests: int = 0


@dataclass
class Observed:
    """A running stack and its counters."""

    stack: Stack
    simulators: Simulators
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

    def cpu_seconds(self) -> float:
        """What the functions' processes have used since they started; the engine is not in it."""
        used = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                # proc(5): behind the name in brackets state, parent, …, user and system time
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[1]) == self.pid:
                    used += int(fields[11]) + int(fields[12])
        return used / os.sysconf("SC_CLK_TCK")

    def _accepted(self) -> int:
        return len(self.simulators.ledger.entries(None, "accepted", None))

    def _told(self, edit_id: str, patience: float) -> Edit:
        record = self.stack.wait_for(edit_id, patience)
        arn = self.stack.address.state_machine_arn.replace(":stateMachine:", ":execution:")
        events = self._history(f"{arn}:{edit_id}")
        entered = [e for e in events if e["type"] in STATES]
        names = Counter(e["stateEnteredEventDetails"]["name"] for e in entered)
        notify = next(
            e["timestamp"]
            for e in events
            if e["type"] == "TaskStateExited" and e["stateExitedEventDetails"]["name"] == "Persist"
        )
        lines = self.simulators.ledger.entries(None, None, str(record["provider_task_id"]))
        ended = next(line.at for line in lines if line.kind == "finished")
        asked = sum(line.kind in ASKED for line in lines)
        return Edit(record, ended, notify.timestamp(), len(entered), names, asked)

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
    *, parameters: dict[str, str] | None = None, counted: bool = True
) -> Iterator[Observed]:
    """A stack whose functions reach AWS through the tally, or straight where nothing is counted."""
    port = free_port()
    with ExitStack() as opened:
        room = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        tally = opened.enter_context(Tally(port))
        simulators = opened.enter_context(Simulators(seconds=1, developer=Copier()))
        with patch("local.whole_stack.Engine", partial(_engine, tally=tally if counted else None)):
            studio = opened.enter_context(
                Studio(port=port, simulators=simulators, parameters=parameters or {})
            )
        table = studio.stack.clients.dynamodb
        tally.read = lambda it: table.get_item(TableName=it["TableName"], Key=it["Key"])["Item"]
        footage = film(room / "clip.mp4")
        yield Observed(studio.stack, simulators, tally, footage, studio.stack.address.pid)


def _engine(port: int, *, tally: Tally | None, **given: Any) -> Engine:
    environment = {"RETAKE_WORKERS_PER_FUNCTION": str(WORKERS)}
    if tally is not None:
        given["loopback_ports"] = [*given["loopback_ports"], tally.port]
        environment["AWS_ENDPOINT_URL"] = tally.url
    given["extra_environment"] = {**(given.get("extra_environment") or {}), **environment}
    return Engine(port, **given)


def record_units(record: Record) -> int:
    """What a write of this record takes of DynamoDB."""
    return units({name: to_attribute(value) for name, value in record.items()})

"""One edit as a timeline: what its record, its workflow and the functions' logs say of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from command.door import Door
from command.terminal import cut, shown

# What the record says of a moment; the names are those of the API.
RECORDED = {
    "created_at": "asked for",
    "submitted_at": "taken by the provider",
    "recovery_asked_at": "its result is looked for",
    "finished_at": "ended",
    "erased_at": "erased",
}
STATES = ("TaskStateEntered", "ChoiceStateEntered", "WaitStateEntered", "PassStateEntered")
# What Powertools writes into every line; the rest says something of the edit.
OF_EVERY_LINE = frozenset(
    {"level", "location", "message", "timestamp", "service", "xray_trace_id", "cold_start"}
    | {f"function_{name}" for name in ("name", "memory_size", "arn", "request_id")}
)
LINES_PER_GROUP = 200
AROUND = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, order=True)
class TimedEvent:
    """`at` is ISO 8601 in UTC, `source` where it was read: record, workflow, or a function."""

    at: str
    source: str
    text: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def of_edit(door: Door, edit: Mapping[str, Any]) -> list[TimedEvent]:
    """All of them, in order. What these credentials may not read is said as a moment of its own."""
    readers = {"record": _recorded, "workflow": _states, "logs": _lines}
    found: list[TimedEvent] = []
    for name, reader in readers.items():
        try:
            found += reader(door, edit)
        except (BotoCoreError, ClientError) as error:
            found.append(TimedEvent(str(edit["created_at"]), name, f"cannot be read: {error}"))
    return sorted(found)


def told(moments: list[TimedEvent], width: int | None) -> str:
    """A line for each, its time as seconds since the first."""
    first = datetime.fromisoformat(moments[0].at)
    widest = max(len(each.source) for each in moments)
    lines = []
    for (source, text), alike in groupby(moments, lambda each: (each.source, each.text)):
        times = [each.at for each in alike]
        seconds = (datetime.fromisoformat(times[0]) - first).total_seconds()
        count = f"  × {len(times)}" if len(times) > 1 else ""
        line = f"  {seconds:8.1f} s  {source:<{widest}}  {shown(text)}{count}"
        lines.append(line if width is None else cut(line, width - 1))
    return "\n".join([f"  since {moments[0].at}", *lines])


def _recorded(door: Door, edit: Mapping[str, Any]) -> Iterator[TimedEvent]:
    for name, words in RECORDED.items():
        if edit.get(name):
            status = f" as {edit['status']}" if name == "finished_at" else ""
            reason = f" ({edit['reason']})" if name == "finished_at" and edit.get("reason") else ""
            yield TimedEvent(_iso(edit[name]), "record", f"{words}{status}{reason}")
    trouble = edit.get("trouble")
    if trouble:
        said = f"{trouble['kind']}, {trouble['count']} times: {trouble.get('message', '')}"
        yield TimedEvent(_iso(trouble["since"]), "record", said)


def _states(door: Door, edit: Mapping[str, Any]) -> Iterator[TimedEvent]:
    arn = door.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    pages = door.client("stepfunctions").get_paginator("get_execution_history")
    for page in pages.paginate(executionArn=f"{arn}:{edit['edit_id']}"):
        for event in page["events"]:
            entered = event.get("stateEnteredEventDetails")
            if entered and event["type"] in STATES:
                yield TimedEvent(_iso(event["timestamp"]), "workflow", entered["name"])
            elif event["type"].endswith(("Failed", "TimedOut")):
                detail: dict[str, str] = next(
                    (v for k, v in event.items() if k.endswith("EventDetails")), {}
                )
                said = f"{event['type']} {detail.get('error', '')}".strip()
                yield TimedEvent(_iso(event["timestamp"]), "workflow", said)


def _lines(door: Door, edit: Mapping[str, Any]) -> Iterator[TimedEvent]:
    """The functions' own lines about this edit; a log group is named after its function."""
    began = datetime.fromisoformat(str(edit["created_at"])) - AROUND
    logs = door.client("logs")
    prefix = f"/aws/lambda/{door.stack_name}-"
    for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
        name = group["logGroupName"]
        answer = logs.filter_log_events(
            logGroupName=name,
            startTime=int(began.timestamp() * 1000),
            filterPattern=f'"{edit["edit_id"]}"',
            limit=LINES_PER_GROUP,
        )
        for event in answer["events"]:
            said = _said(event["message"], str(edit["edit_id"]))
            if said is not None and "method=GET" not in said:  # who looks, changes nothing
                yield TimedEvent(_iso(event["timestamp"] / 1000), name.removeprefix(prefix), said)


def _said(message: str, edit_id: str) -> str | None:
    """What a line of ours says, without what every line carries; None for what is not ours."""
    if edit_id not in message:
        return None
    try:
        line = json.loads(message)
    except ValueError:
        return None
    if not isinstance(line, dict) or "message" not in line:
        return None
    told = {
        name: value
        for name, value in line.items()
        if name not in OF_EVERY_LINE and value not in (None, "", edit_id)
    }
    words = " ".join(f"{name}={value}" for name, value in told.items())
    level = "" if line.get("level") in (None, "INFO", "DEBUG") else f"{line['level']} "
    # The message of most lines is the name of the function that wrote it, which stands before it.
    return f"{level}{words or line['message']}"


def _iso(at: Any) -> str:
    if isinstance(at, datetime):
        at = at.astimezone(UTC)
    elif isinstance(at, (int, float)):
        at = datetime.fromtimestamp(at, UTC)
    else:
        at = datetime.fromisoformat(str(at)).astimezone(UTC)
    return str(at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))

"""What the history of an execution tells."""

from collections.abc import Iterable, Mapping
from typing import Any

# By type of event, where it names what went wrong. A wait for a token whose own call is refused
# may be noted under either name ("HistoryEvent", AWS Step Functions API Reference).
_ENDS = {
    "TaskSucceeded": "",
    "TaskTimedOut": "",
    "TaskFailed": "taskFailedEventDetails",
    "TaskSubmitFailed": "taskSubmitFailedEventDetails",
}


def listening_ends(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """How each wait for a call ended: TaskSucceeded when woken, TaskTimedOut, or its error."""
    ends: list[str] = []
    waiting = False
    for event in events:
        if "stateEnteredEventDetails" in event:
            waiting = event["stateEnteredEventDetails"]["name"] == "Wait For Callback"
        elif waiting and event["type"] in _ENDS:
            ends.append(event.get(_ENDS[event["type"]], {}).get("error", event["type"]))
    return ends

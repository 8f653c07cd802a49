"""Shows an edit moving, from the states of its own record: a bar, or lines when nobody watches."""

import shutil
import sys
import threading
import time
from types import TracebackType
from typing import Any, Self, TextIO

# Status → percent of the bar it begins at, and what happens in it. RUNNING fills 20 to 90 by the
# provider's own percentage.
_STAGES = {
    "RECEIVED": (5, "looking at the clip"),
    "PLANNED": (8, "repairing the clip"),  # RECEIVED, and to be brought within the limits first
    "ADMITTED": (10, "handing it to the provider"),  # RECEIVED, and found to be in order
    "SUBMITTING": (15, "handing it to the provider"),
    "UNCERTAIN": (15, "looking for it at the provider"),
    "RUNNING": (20, ""),
    "SAVING": (92, "saving the result"),
    "SUCCEEDED": (100, "done"),
    "FAILED": (100, "failed"),
    "REJECTED": (100, "refused"),
    "CANCELLED": (100, "cancelled"),
}
_RUNNING_SPAN = 70
_COLOURS = {"SUCCEEDED": "32", "FAILED": "31", "REJECTED": "31", "CANCELLED": "33"}
_FRAMES_PER_SECOND = 10


class Progress:
    """A context manager; `show` takes each new state of the record.

    On a terminal one line is redrawn until the end; elsewhere every change is a line of its own,
    so that a log stays readable.
    """

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._alive = stream.isatty()
        self._record: dict[str, Any] = {}
        self._began_at = time.monotonic()
        self._last_line = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._redraw, daemon=True)

    def show(self, record: dict[str, Any]) -> None:
        """The record has changed."""
        self._record = record
        line = f"{record['status']:<10} {_percent(record):3d} %  {_doing(record)}"
        if not self._alive and line != self._last_line:
            print(f"  {self._seconds():5.1f} s  {line}", file=self._stream, flush=True)
        self._last_line = line

    def __enter__(self) -> Self:
        self._began_at = time.monotonic()
        if self._alive:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._alive:
            self._stop.set()
            self._thread.join()
            self._draw()
            print(file=self._stream, flush=True)

    def _seconds(self) -> float:
        return time.monotonic() - self._began_at

    def _redraw(self) -> None:
        while not self._stop.wait(1 / _FRAMES_PER_SECOND):
            self._draw()

    def _draw(self) -> None:
        width = shutil.get_terminal_size().columns
        line = bar(self._record, self._seconds(), width, fancy=_can_show("█", self._stream))
        self._stream.write(f"\r\x1b[2K{line}")
        self._stream.flush()


def bar(record: dict[str, Any], seconds: float, width: int, *, fancy: bool = True) -> str:
    """The one line of the terminal, at most `width` columns wide."""
    status = str(record.get("status", "WAITING"))
    percent = _percent(record)
    full, empty = ("█", "░") if fancy else ("#", ".")
    tail = f" {percent:3d} %  {status:<10} {_doing(record)}  {seconds:.1f} s"
    cells = max(10, min(30, width - len(tail) - 4))
    done = cells * percent // 100
    colour = _COLOURS.get(status, "36")
    plain = f"{full * done}{empty * (cells - done)}{tail}"[: max(0, width - 3)]
    return f"  \x1b[{colour}m{plain[:cells]}\x1b[0m{plain[cells:]}"


def _stage(record: dict[str, Any]) -> tuple[int, str]:
    status = record.get("status", "")
    if status == "RECEIVED":
        marks = (("validated_at", "ADMITTED"), ("fit_planned_at", "PLANNED"))
        status = next((stage for mark, stage in marks if mark in record), status)
    return _STAGES.get(status, (0, "waiting to be taken in"))


def _percent(record: dict[str, Any]) -> int:
    begins, _ = _stage(record)
    if record.get("status") == "RUNNING":
        return begins + _RUNNING_SPAN * int(record.get("progress_percent", 0)) // 100
    return begins


def _doing(record: dict[str, Any]) -> str:
    _, doing = _stage(record)
    if record.get("status") == "RUNNING":
        # The provider's own word, without the ornament: TASK_STATUS_PROCESSING is "processing".
        said = str(record.get("provider_status") or "accepted").lower()
        return (
            f"{record.get('provider', '')}: {said.removeprefix('task_status_').replace('_', ' ')}"
        )
    return doing


def _can_show(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True

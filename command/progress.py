"""Shows edits moving, from the states of their records: a bar, or lines when nobody watches."""

import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TextIO

from retake.domain.phases import EDITING_SPAN, PHASES, EditPhase

from command.terminal import can_show, columns, cut, is_coloured, is_lively, shown

_COLOURS = {"SUCCEEDED": "32", "FAILED": "31", "REJECTED": "31", "CANCELLED": "33"}
FRAMES_PER_SECOND = 10
# How much of the way to what is known the bar goes with each frame: it glides, and never jumps.
GLIDE = 0.2
MOST_PER_FRAME = 6.0
LAST_FRAMES = 6
MOST_CELLS, FEWEST_CELLS = 30, 8
DOING_CHARS = 30
NOT_TAKEN_IN = "Waiting to be taken in"
_AROUND = len("  ") + len(" 100 %  ") + len("  9999 s")

Record = Mapping[str, Any]


class Progress:
    """A context manager; `show` takes each new state of the record of each of `total` edits.

    On a terminal one line is redrawn until the end, as wide in every frame; elsewhere every change
    is a line of its own, so that a log stays readable; after `quiet_seconds` without one, if that
    is said, the last line of one edit comes again.
    """

    def __init__(
        self, stream: TextIO = sys.stderr, total: int = 1, quiet_seconds: float | None = None
    ) -> None:
        self._stream = stream
        self._alive = is_lively(stream)
        self._total = total
        self._records: dict[str, Record] = {}
        self._lines: dict[str, str] = {}
        self._quiet_seconds = quiet_seconds
        self._printed_at = time.monotonic()
        self._waits: dict[str, str] = {}
        self._drawing = threading.Lock()
        self._shown = 0.0
        self._began_at = time.monotonic()
        self._stop = threading.Event()
        work = self._redraw if self._alive else self._repeat
        self._thread = threading.Thread(target=work, daemon=True)

    def show(self, record: Record) -> None:
        """The record of an edit has changed."""
        edit_id = str(record.get("edit_id", ""))
        self._records[edit_id] = record
        line = f"{record['status']:<10} {percent(record):3d} %  {waiting(record) or doing(record)}"
        which = f"{edit_id}  " if self._total > 1 else ""
        if not self._alive and line != self._lines.get(edit_id):
            self._print(f"{which}{line}")
        self._lines[edit_id] = line
        if self._alive:
            self._say_waiting(edit_id, which, record)

    def tell(self, line: str) -> None:
        """A line that stays, above the bar where there is one."""
        with self._drawing:
            self._stream.write("\r\x1b[2K" if self._alive else "")
            self._stream.write(f"  {shown(line)}\n")
            self._stream.flush()

    def _say_waiting(self, edit_id: str, which: str, record: Record) -> None:
        """Once for each wait, above the bar: for what, since when and until when."""
        told, wait = waiting(record), record.get("waiting") or {}
        kind = str(wait.get("waits_for", ""))
        if kind == self._waits.get(edit_id, ""):
            return
        self._waits[edit_id] = kind
        if told:
            with self._drawing:
                self._stream.write(f"\r\x1b[2K  {which}{shown(told)}\n")
                self._stream.flush()

    def __enter__(self) -> Self:
        self._began_at = time.monotonic()
        if self._alive or self._quiet_seconds:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if not self._alive:
            return
        for _ in range(LAST_FRAMES if kind is None else 0):
            self._draw(glide=0.5)
            time.sleep(0.4 / LAST_FRAMES)
        self._draw(glide=1.0 if kind is None else 0.0)
        print(file=self._stream, flush=True)

    def _seconds(self) -> float:
        return time.monotonic() - self._began_at

    def _print(self, line: str) -> None:
        with self._drawing:
            self._printed_at = time.monotonic()
            print(f"  {self._seconds():5.1f} s  {line}", file=self._stream, flush=True)

    def _repeat(self) -> None:
        """A log shows that it goes on, too, while a record stays as it is."""
        patience = self._quiet_seconds or 0.0
        while not self._stop.wait(patience / 10):
            quiet = time.monotonic() - self._printed_at
            if quiet >= patience and (line := next(iter(self._lines.values()), "")):
                self._print(line)

    def _redraw(self) -> None:
        while not self._stop.wait(1 / FRAMES_PER_SECOND):
            self._draw()

    def _draw(self, glide: float = GLIDE) -> None:
        records = list(self._records.values())
        now = datetime.now(UTC)
        known = sum(reached(each, now) for each in records) / self._total
        step = min(max(0.0, known - self._shown) * glide, MOST_PER_FRAME if glide < 1 else 100)
        self._shown += step
        line = bar(
            self._shown,
            _told(records, self._total),
            self._seconds(),
            columns(),
            is_fancy=can_show("█…", self._stream),
            colour=_colour(records, self._total) if is_coloured(self._stream) else "",
        )
        with self._drawing:
            self._stream.write(f"\r\x1b[2K{line}")
            self._stream.flush()


def bar(
    percentage: float,
    what: str,
    seconds: float,
    width: int,
    *,
    is_fancy: bool = True,
    colour: str = "",
) -> str:
    """The one line of the terminal, narrower than `width`, and as wide for every state."""
    full, empty = ("█", "░") if is_fancy else ("#", ".")
    room = width - 1 - _AROUND
    cells = max(FEWEST_CELLS, min(MOST_CELLS, room - DOING_CHARS, room // 2))
    words = max(0, min(DOING_CHARS, room - cells))
    done = round(cells * percentage / 100)
    drawn = f"{full * done}{empty * (cells - done)}"
    told = cut(shown(what), words) if is_fancy else shown(what)[:words]
    painted = f"\x1b[{colour}m{drawn}\x1b[0m" if colour else drawn
    tail = f" {round(percentage):3d} %  {told:<{words}}  {seconds:4.0f} s"
    return f"  {painted}{tail}"


def reached(record: Record, now: datetime) -> float:
    """Percent of the way: what is known, and while the provider is silent what is usual."""
    known = float(percent(record))
    if record.get("status") != "RUNNING":
        return known
    return max(
        known, PHASES[EditPhase.EDITING].begins_at + EDITING_SPAN * 0.95 * _usual(record, now)
    )


def _usual(record: Record, now: datetime) -> float:
    """How much of its time a running edit has had, from 0 to 1."""
    try:
        began = datetime.fromisoformat(str(record["submitted_at"]))
        ends = datetime.fromisoformat(str(record["expected_finish_at"]))
    except (KeyError, ValueError):
        return 0.0
    whole = (ends - began).total_seconds()
    return min(1.0, max(0.0, (now - began).total_seconds() / whole)) if whole > 0 else 0.0


def percent(record: Record) -> int:
    """Percent of the way that the record proves."""
    return int(record.get("progress_percent", 0))


def doing(record: Record) -> str:
    """What is being done, in some words."""
    told = str(record.get("doing") or NOT_TAKEN_IN)
    position = (record.get("waiting") or {}).get("position")
    return f"number {position} in line: {told}" if position is not None else told


def waiting(record: Record) -> str:
    """What it waits for, since when and until when; empty where it waits for nothing."""
    wait = record.get("waiting")
    return str(wait.get("message", "")) if isinstance(wait, Mapping) else ""


def _told(records: list[Record], total: int) -> str:
    if total > 1:
        ended = sum(1 for each in records if percent(each) == 100)
        return f"{ended} of {total} have ended"
    return doing(records[0]) if records else NOT_TAKEN_IN


def _colour(records: list[Record], total: int) -> str:
    states = {str(each["status"]) for each in records}
    if len(records) < total or not states <= _COLOURS.keys():
        return "36"
    return _COLOURS["SUCCEEDED" if states == {"SUCCEEDED"} else "FAILED"]

"""Every call to the outside is a point where a fault may be set, in one of a few modes."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from random import Random
from typing import Any, NamedTuple, TypeVar

from virtual.world import Abandoned, Killed, TimedOut, World

T = TypeVar("T")


class Mode(StrEnum):
    """What goes wrong with one call."""

    FAILS = "fails"  # an error, and nothing was done
    LOSES = "loses"  # done, and an error all the same
    LATE = "late"  # an error, and done a moment later
    HANGS = "hangs"  # no answer until Lambda ends the function; done after that
    DIES = "dies"  # the process is killed before the call
    ENDS = "ends"  # the process is killed right after the call
    ORPHANS = "orphans"  # the caller gives up waiting; the function goes on beside its successor
    ABORTS = "aborts"  # somebody stops the execution; the function goes on
    # What a provider may answer to the paid call.
    DROPPED = "dropped"  # the connection breaks before the request is read
    REFUSED = "refused"  # 400
    BAD_KEY = "bad-key"  # 401
    NO_CREDIT = "no-credit"  # 402
    BUSY = "busy"  # 429
    ACCEPTED_5XX = "5xx-accepted"
    REJECTED_5XX = "5xx-rejected"
    GARBLED = "garbled"  # accepted, and an answer nobody can read
    # What may be answered once to a question or a download, and means nothing.
    PAGE = "page"  # 200, and a web page
    EMPTY = "empty"  # 200, and nothing
    CUT = "cut"  # 200, and the first half
    FORGOTTEN = "404"
    LOCKED = "403"
    DOWN = "503"


LETHAL = (Mode.HANGS, Mode.DIES, Mode.ENDS, Mode.ORPHANS, Mode.ABORTS)
READ = (Mode.FAILS, Mode.HANGS, Mode.DIES, Mode.ORPHANS, Mode.ABORTS)
WRITE = (Mode.FAILS, Mode.LOSES, Mode.LATE, *LETHAL)
SENT = (Mode.FAILS, Mode.LOSES)  # by AWS itself: there is no process of ours to kill
INTEGRATED = (*SENT, Mode.LATE, Mode.HANGS, Mode.ABORTS)
ODD = (Mode.PAGE, Mode.EMPTY, Mode.CUT, Mode.FORGOTTEN, Mode.LOCKED, Mode.DOWN)
ANSWERS = tuple(mode for mode in Mode if mode not in (*WRITE, *ODD))


def kinds(modes: tuple[Mode, ...]) -> list[tuple[Mode, ...]]:
    """The modes of a call, those together that leave the same behind."""
    like = [ODD, (Mode.DIES, Mode.HANGS)] if Mode.LOSES not in modes else [ODD]
    together = [tuple(mode for mode in each if mode in modes) for each in like]
    alone = [(mode,) for mode in modes if not any(mode in each for each in together)]
    return [*alone, *(each for each in together if each)]


# A moment, in seconds, by which something late may be late: amid the next calls, or long after.
LATENESS = (0.015, 0.0, 0.035, 0.055, 1.0, 20.0, 90.0)


MAX_CALLS = 60_000  # a run that makes more goes round and round


class Point(NamedTuple):
    """One call on the way of a run: its name, and what may go wrong with it."""

    name: str
    modes: tuple[Mode, ...]


class Gate:
    """Where all calls to the outside pass; it knows which of them shall fail.

    `faults` maps the number of a call to its mode; None lets the seed choose one.
    """

    def __init__(self, world: World, faults: Mapping[int, Mode | None], rng: Random | None) -> None:
        self.world = world
        self.faults = faults
        self.trace: list[Point] = []
        self.struck: list[str] = []
        self.calls = 0
        self.most_calls = MAX_CALLS
        self._rng = rng

    def call(
        self,
        name: str,
        act: Callable[[], T],
        *,
        modes: tuple[Mode, ...],
        error: Callable[[], BaseException],
        answers: Mapping[Mode, Callable[[], T]] | None = None,
    ) -> T:
        """Do it, unless a fault is set here. `answers` are the modes only this call has."""
        self.world.step()
        self.calls += 1
        if self.calls > self.most_calls:
            self.world.horizon = -1.0
            raise Abandoned
        self._end_at_deadline()
        mode = self._mode(name, modes)
        if mode is None:
            return act()
        if answers is not None and mode in answers:
            return answers[mode]()
        return self._strike(mode, act, error)

    def _mode(self, name: str, modes: tuple[Mode, ...]) -> Mode | None:
        actor = self.world.me
        if not actor.is_observed:
            return None
        if actor.invocation is None or not actor.invocation.can_abort:
            modes = tuple(mode for mode in modes if mode is not Mode.ABORTS)
        number = len(self.trace)
        self.trace.append(Point(name, modes))
        if number not in self.faults:
            return None
        mode = self.faults[number]
        if mode is None:
            mode = (self._rng or self.world.rng).choice(modes)
        if mode not in modes:
            return None
        self.struck.append(f"{number}.{mode} ({name})")
        return mode

    def _strike(self, mode: Mode, act: Callable[[], T], error: Callable[[], BaseException]) -> T:
        invocation = self.world.me.invocation
        match mode:
            case Mode.FAILS:
                raise error()
            case Mode.LOSES:
                act()
                raise error()
            case Mode.LATE:
                self._later(act, self._lateness())
                raise error()
            case Mode.DIES:
                raise Killed("Runtime.ExitError")
            case Mode.ENDS:
                act()
                raise Killed("Runtime.OutOfMemory")
            case Mode.HANGS:
                left = max(0.0, invocation.deadline - self.world.seconds)
                self._later(act, left + self._lateness())
                self.world.sleep(left)
                raise TimedOut
            case Mode.ORPHANS:
                invocation.orphan()
                self.world.go_on_at(invocation.given_up_at + self._lateness())
            case Mode.ABORTS:
                invocation.abort()
        return act()

    def _lateness(self) -> float:
        return self._rng.choice(LATENESS) if self._rng else LATENESS[0]

    def _later(self, act: Callable[[], Any], seconds: float) -> None:
        def arrive() -> None:
            try:
                act()
            except Exception:
                return  # nobody is left to be told

        self.world.spawn("late", arrive, after=seconds).is_observed = False

    def _end_at_deadline(self) -> None:
        invocation = self.world.me.invocation
        if invocation is not None and self.world.seconds >= invocation.deadline:
            raise TimedOut

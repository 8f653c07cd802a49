"""Two kinds of time for actors that race: one that chance decides, and the real one.

In both an actor may sleep, let others go first, wait for a token, and wake whoever waits for one.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from virtual.clock import Clock

Work = Callable[[], None]
MAX_TURNS = 20_000  # more than this is a loop that never ends
PAUSES = (0.0, 0.0, 0.0, 0.1, 0.5, 2.0)  # seconds before a call of AWS goes through
REAL_SHARE = 1 / 5000  # of a second that an actor sleeps in real time
REAL_PATIENCE = 30.0  # real seconds until a wait is given up; only a lost wake-up takes so long


class Time(Protocol):
    """What an actor needs of either."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    def let_others_go(self) -> None: ...

    def spawn(self, work: Work, *, after: float = 0.0) -> None: ...

    def wait(self, token: str, seconds: float) -> bool:
        """Whether the token was woken before the time was over."""

    def wake(self, token: str) -> None: ...

    def run(self) -> None:
        """Until every actor is done; raises what one of them raised."""


@dataclass(eq=False)
class _Actor:
    work: Work
    due: float
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    is_done: bool = False
    error: BaseException | None = None


class Turns:
    """One actor moves at a time; whose turn it is, chance decides, the same for the same seed."""

    def __init__(self, chance: Random, clock: Clock) -> None:
        self._chance = chance
        self._clock = clock
        self._actors: list[_Actor] = []
        self._waiting: dict[str, _Actor] = {}
        self._woken: set[str] = set()
        self._back = threading.Semaphore(0)
        self._mine = threading.local()

    def now(self) -> float:
        return self._clock.monotonic()

    def spawn(self, work: Work, *, after: float = 0.0) -> None:
        actor = _Actor(work, self.now() + after)
        self._actors.append(actor)
        threading.Thread(target=self._play, args=(actor,), daemon=True).start()

    def sleep(self, seconds: float) -> None:
        actor: _Actor = self._mine.actor
        actor.due = self.now() + seconds
        self._back.release()
        actor.turn.acquire()

    def let_others_go(self) -> None:
        if hasattr(self._mine, "actor"):  # not while the scene is set
            # At times a call of AWS takes so long that much may happen meanwhile.
            self.sleep(self._chance.choice(PAUSES))

    def wait(self, token: str, seconds: float) -> bool:
        if token not in self._woken:
            self._waiting[token] = self._mine.actor
            self.sleep(seconds)
            del self._waiting[token]
        return token in self._woken

    def wake(self, token: str) -> None:
        self.let_others_go()
        self._woken.add(token)
        if token in self._waiting:
            self._waiting[token].due = self.now()

    def run(self) -> None:
        for _ in range(MAX_TURNS):
            self._actors = [actor for actor in self._actors if not actor.is_done]
            if not self._actors:
                return
            soonest = min(actor.due for actor in self._actors)
            if soonest > self.now():
                self._clock.advance(soonest - self.now())
            actor = self._chance.choice([a for a in self._actors if a.due <= self.now()])
            actor.turn.release()
            self._back.acquire()
            if actor.error is not None:
                raise actor.error
        raise AssertionError("They go on for ever.")

    def _play(self, actor: _Actor) -> None:
        self._mine.actor = actor
        actor.turn.acquire()
        try:
            actor.work()
        except BaseException as error:  # handed to whoever runs the play
            actor.error = error
        actor.is_done = True
        self._back.release()


class RealTime:
    """Threads as the machine runs them, a second shortened to a fifth of a millisecond."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._errors: list[BaseException] = []
        self._tokens: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def now(self) -> float:
        return time.monotonic() / REAL_SHARE

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds * REAL_SHARE)

    def let_others_go(self) -> None:
        time.sleep(0)

    def spawn(self, work: Work, *, after: float = 0.0) -> None:
        def play() -> None:
            self.sleep(after)
            try:
                work()
            except BaseException as error:  # handed to whoever waits for all of them
                self._errors.append(error)

        thread = threading.Thread(target=play, daemon=True)
        thread.start()  # first: whoever finds it in the list joins it
        with self._lock:
            self._threads.append(thread)

    def wait(self, token: str, seconds: float) -> bool:
        return self._event(token).wait(REAL_PATIENCE)

    def wake(self, token: str) -> None:
        self._event(token).set()

    def run(self) -> None:
        with suppress(IndexError):
            while True:
                self._threads.pop().join()
        if self._errors:
            raise self._errors[0]

    def _event(self, token: str) -> threading.Event:
        with self._lock:
            return self._tokens.setdefault(token, threading.Event())

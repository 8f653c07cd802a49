"""Virtual time and the actors in it, one of them running, in an order a seed fixes.

Each is a coroutine of its own stack (a greenlet), because the code they run is not written to wait:
threads would pass the turn through the machine's scheduler, ten times as slowly on a busy one. An
actor gives the turn away only where it calls the outside or sleeps, so that the same seed makes
the same run. Waits cost nothing: when nobody can go on, the clock jumps to the next who can.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from greenlet import getcurrent, greenlet

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CALL_SECONDS = 0.01  # what a call to the outside takes


class Stopped(BaseException):
    """The actor goes on no further. No `except Exception` may hold it up."""


class Killed(Stopped):
    """The process was killed, as Lambda names it: nothing after this line runs."""

    def __init__(self, name: str = "Lambda.Unknown") -> None:
        super().__init__(name)
        self.name = name


class TimedOut(Stopped):
    """Lambda ended the function at its deadline."""


class Abandoned(Stopped):
    """The run is over."""


@dataclass(eq=False)
class Actor:
    """One line of work: what it does, and when it may go on."""

    name: str
    work: Callable[[], None]
    order: int
    wakes_at: float
    coroutine: greenlet
    # The function this actor is inside of: when Lambda ends it, and who waits for its answer.
    invocation: Any = None
    is_observed: bool = True  # its calls are counted as points where a fault may be set
    turn: int = 0  # which of its entries in the order of turns holds
    is_done: bool = False


class World:
    """The clock, the actors, and the one turn they share."""

    def __init__(self, seed: int = 0, *, switching: float = 0.0) -> None:
        self.rng = random.Random(seed)
        self.switching = switching
        self.seconds = 0.0
        self.horizon = float("inf")
        self.actors: dict[Actor, None] = {}  # in the order of their birth
        self.running: Actor | None = None
        self.error: BaseException | None = None
        self._turns: list[tuple[float, int, int, Actor]] = []
        self._born = 0
        self._is_over = False
        self._hub = getcurrent()  # who runs the world, and gives the turn to the next

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def spawn(self, name: str, work: Callable[[], None], *, after: float = 0.0) -> Actor:
        """Another actor, from now or later on."""
        self._born += 1
        coroutine = greenlet(self._live, self._hub)  # where it ends, the hub goes on
        actor = Actor(name, work, self._born, self.seconds + after, coroutine)
        self.actors[actor] = None
        self._turn_at(actor, actor.wakes_at)
        return actor

    def run(self) -> None:
        """Let everybody go on until nobody is left or the horizon is reached."""
        while (following := self._pick()) is not None:
            self._give(following)
        self._is_over = True
        while self.actors:
            # What stands still at the end is unwound, so that no stack outlives its run.
            actor = next(iter(self.actors))
            if actor.coroutine:
                self._give(actor)
            else:
                del self.actors[actor]
        if self.error is not None:
            raise self.error

    def go_on(self, work: Callable[[], None], *, horizon: float) -> None:
        """After a run: somebody does one thing more, and everything goes on from there."""
        self._is_over = False
        self.horizon = self.seconds + horizon
        self.spawn("afterwards", work).is_observed = False
        self.run()

    def sleep(self, seconds: float) -> None:
        """Give the turn away until then; the actor may be woken before, through `wake`."""
        self.go_on_at(self.seconds + max(0.0, seconds))

    def go_on_at(self, moment: float) -> None:
        actor = self.me
        self._turn_at(actor, moment)
        self._switch(actor)

    def step(self) -> None:
        """A call takes its time; somebody else may have the turn before it."""
        actor = self.me
        if self._is_over:
            raise Abandoned
        if self.switching and self.rng.random() < self.switching:
            self._turn_at(actor, self.seconds + self.rng.random() * 0.2)
            self._switch(actor)
        elif self._is_next(self.seconds + CALL_SECONDS):
            self.seconds += CALL_SECONDS
        else:
            self._turn_at(actor, self.seconds + CALL_SECONDS)
            self._switch(actor)

    def wake(self, actor: Actor) -> None:
        self._turn_at(actor, min(actor.wakes_at, self.seconds))

    @property
    def me(self) -> Actor:
        """The actor whose turn it is."""
        assert self.running is not None
        return self.running

    def _turn_at(self, actor: Actor, moment: float) -> None:
        actor.wakes_at = moment
        actor.turn += 1
        heappush(self._turns, (moment, actor.order, actor.turn, actor))

    def _next(self) -> Actor | None:
        """Who has the next turn. Whoever is running has none of its own before it gives one up."""
        while self._turns:
            _, _, turn, actor = self._turns[0]
            if actor.turn == turn and not actor.is_done:
                return actor
            heappop(self._turns)
        return None

    def _is_next(self, moment: float) -> bool:
        following = self._next()
        return following is None or following.wakes_at > moment

    def _switch(self, actor: Actor) -> None:
        if not self._is_over and self._pick() is not actor:
            self._hub.switch()
        actor.turn += 1  # it is taken
        if self._is_over:
            raise Abandoned

    def _pick(self) -> Actor | None:
        following = self._next()
        if following is None or following.wakes_at > self.horizon:
            return None
        self.seconds = max(self.seconds, following.wakes_at)
        return following

    def _give(self, actor: Actor) -> None:
        self.running = actor
        actor.turn += 1  # it is taken
        actor.coroutine.switch(actor)  # what _live begins with; later nobody looks at it

    def _live(self, actor: Actor) -> None:
        """The life of an actor."""
        try:
            actor.work()
        except Stopped:
            pass
        except BaseException as error:
            self.error = self.error or error
            self.horizon = -1.0
        actor.is_done = True
        del self.actors[actor]

"""One thread that runs small pieces of work at their time."""

import heapq
import time
from collections.abc import Callable
from itertools import count
from threading import Condition, Thread


class Timer:
    """Runs callables after a delay; they must be short, or hand over to a pool."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._changed = Condition()
        self._stopped = False
        self._thread = Thread(target=self._run, name="simulators-timer", daemon=True)
        self._thread.start()

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Run `work` in `seconds` from now, or never when the timer is closed first."""
        with self._changed:
            due = time.monotonic() + max(0.0, seconds)
            heapq.heappush(self._heap, (due, next(self._order), work))
            self._changed.notify()

    def close(self) -> None:
        """Stop; what was not due yet is dropped."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and not self._due():
                    wait = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._changed.wait(wait)
                if self._stopped:
                    return
                work = heapq.heappop(self._heap)[2]
            work()

    def _due(self) -> bool:
        return bool(self._heap) and self._heap[0][0] <= time.monotonic()

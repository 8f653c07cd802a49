"""The submit protocol, tried out whole: every way in which three invocations of the real submit
may end, and what reconciling makes of it afterwards.

An invocation is one of 8 fates of the POST and one of 4 places to crash, so three of them are
32,768 sequences. Two sequences that have left the same record, the same ledger and the same time
go on alike; such states are walked once, and counted as often as they come.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from tests.faults.one_edit import ACTIONS, DONE, DOUBLE, LOST, UNBILLED, Bench, Crash, Fate, State
from tests.faults.runs import VARIANTS

INVOCATIONS = 3
COLUMNS = (DONE, DOUBLE, LOST, UNBILLED)
POLICIES: Mapping[str, Callable[[], Bench]] = {
    "can neither call back nor list": lambda: Bench(VARIANTS["neither"]),
    "calls back": lambda: Bench(VARIANTS["calls-back"]),
    "lists": lambda: Bench(VARIANTS["lists"]),
    "calls back and lists": lambda: Bench(VARIANTS["both"]),
    "neither, and ON_UNCERTAIN=retry_once": lambda: Bench(
        VARIANTS["neither"], on_uncertain="retry_once"
    ),
}


def sequences(bench: Bench) -> Counter[str]:
    """How all sequences of a policy end."""
    states: dict[str, tuple[int, State]] = {"": (1, bench.start())}
    for number in range(1, INVOCATIONS + 1):
        following: dict[str, tuple[int, State]] = {}
        for times, state in states.values():
            for action in ACTIONS:
                bench.resume(state, number)
                bench.invoke(*action)
                left = bench.state()
                name = _name(left)
                before = following[name][0] if name in following else 0
                following[name] = (before + times, left)
        states = following
    ends: Counter[str] = Counter()
    for times, state in states.values():
        bench.resume(state, INVOCATIONS)
        ends[bench.reconcile()] += times
    return ends


def walked(bench: Bench, actions: tuple[tuple[Fate, Crash], ...]) -> str:
    """One sequence by itself, from the beginning."""
    bench.start()
    for number, action in enumerate(actions, start=1):
        bench.resume(bench.state(), number)
        bench.invoke(*action)
    return bench.reconcile()


def _name(state: State) -> str:
    """What tells two states apart: all but the random ids, which nothing else depends on."""
    items, jobs = state
    random = ("attempt_id", "last_write")
    plain = {
        key: {name: value for name, value in item.items() if name not in random}
        for key, item in items.items()
    }
    return json.dumps([plain, [(job.job_id, job.source, job.accepted_at) for job in jobs]])


def counted() -> dict[str, Counter[str]]:
    return {name: sequences(make()) for name, make in POLICIES.items()}


def table(counts: Mapping[str, Counter[str]]) -> str:
    """As it is printed and stands in the documentation."""
    lines = ["| the provider | " + " | ".join(COLUMNS) + " |", "|---|" + "--:|" * len(COLUMNS)]
    for name, ends in counts.items():
        lines.append(f"| {name} | " + " | ".join(f"{ends[end]:,}" for end in COLUMNS) + " |")
    return "\n".join(lines)


def wrong(counts: Mapping[str, Counter[str]]) -> list[str]:
    """The promises that do not hold."""
    return list(_wrong(counts))


def _wrong(counts: Mapping[str, Counter[str]]) -> Iterator[str]:
    whole = len(ACTIONS) ** INVOCATIONS
    for name, ends in counts.items():
        if ends.total() != whole:
            yield f"{name}: {ends.total():,} sequences instead of {whole:,}"
        if ends[DOUBLE] and "retry_once" not in name:
            yield f"{name}: billed twice in {ends[DOUBLE]:,}"
        if ends[LOST] and "neither" not in name:
            yield f"{name}: paid and lost in {ends[LOST]:,}"

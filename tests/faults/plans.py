"""Which runs there are: every single fault, every pair of them, and as many seeds as one likes.

Each run has a line that names it whole; `replayed` plays that line again.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from tests.faults.money_worlds import world
from tests.faults.runs import (
    IN_LINE,
    TWO_KEYS,
    VARIANTS,
    Outcome,
    Tally,
    Variant,
    names_of,
    played,
    run,
)
from virtual.lambdas import USUAL_SECONDS, Capacity
from virtual.points import Mode, kinds
from virtual.vault import secret_of
from virtual.whole_stack import Stage

Faults = dict[int, Mode]
RUNS = {**VARIANTS, IN_LINE.name: IN_LINE, TWO_KEYS.name: TWO_KEYS}
MAX_FAULTS = 6
CHUNK = 100  # seeds that are run in one go
# What is written, sent and said around a turn: place, grant, intent, the paid call, its verdict,
# the release, the word to the next one.
OF_A_TURN = frozenset(
    {"table.write", "table.counted", "seller.post", "states.wake", "listen.update"}
)
CALLS = 90  # about as many as a run with faults makes; a number beyond its end strikes nothing


def line_of(variant: Variant, faults: Faults) -> str:
    """As `lists:12.loses+17.dies`; without faults `lists:`."""
    return f"{variant.name}:" + "+".join(f"{number}.{mode}" for number, mode in faults.items())


def replayed(line: str) -> Outcome:
    """Play what a line names: `seed=123`, `money=123`, or a variant and its faults."""
    if line.startswith("money="):
        return world(int(line.removeprefix("money=")))
    if line.startswith("seed="):
        return seeded(int(line.removeprefix("seed=")))
    name, _, named = line.partition(":")
    pairs = (each.split(".", 1) for each in named.split("+") if each)
    return struck(RUNS[name], {int(number): Mode(mode) for number, mode in pairs})


def struck(variant: Variant, faults: Faults) -> Outcome:
    """One upload on its way through these faults."""
    return played(variant, dict(faults), line=line_of(variant, faults))


def following(outcome: Outcome, after: int) -> Iterator[tuple[int, Mode]]:
    """Every fault that may still be set in a run after its call of this number."""
    for number, point in enumerate(outcome.trace):
        if number > after:
            for mode in point.modes:
                yield number, mode


def following_kinds(outcome: Outcome, first: int, after: int) -> Iterator[tuple[int, Mode]]:
    """The same with one of each kind of like faults, in turn: which one differs by the first.

    A read that is killed leaves what one that hangs leaves, nothing; and of six odd answers each
    only says that there was none. By itself each of them is tried everywhere.
    """
    for number, point in enumerate(outcome.trace):
        if number > after:
            for kind in kinds(point.modes):
                yield number, kind[(first + number) % len(kind)]


def singles(variant: Variant) -> Iterator[Outcome]:
    """Every call of an edit, in every mode."""
    for number, mode in following(struck(variant, {}), -1):
        yield struck(variant, {number: mode})


def pairs(variant: Variant, *, part: int = 0, parts: int = 1) -> Iterator[Outcome]:
    """Every second fault in every run with a single one, of the kinds that differ; of many parts,
    the one asked for.
    """
    firsts = list(enumerate(following(struck(variant, {}), -1)))
    for first, (number, mode) in firsts[part::parts]:
        for second in following_kinds(struck(variant, {number: mode}), first, number):
            yield struck(variant, {number: mode, second[0]: second[1]})


def turn_pairs(*, part: int = 0, parts: int = 1) -> Iterator[Outcome]:
    """Every two faults in the writes around the turns of two who share one slot."""
    without = struck(IN_LINE, {})
    firsts = [each for each in following(without, -1) if _is_of_turn(without, each[0])]
    for first, (number, mode) in list(enumerate(firsts))[part::parts]:
        once = struck(IN_LINE, {number: mode})
        for second in following_kinds(once, first, number):
            if _is_of_turn(once, second[0]):
                yield struck(IN_LINE, {number: mode, second[0]: second[1]})


def _is_of_turn(outcome: Outcome, number: int) -> bool:
    return outcome.trace[number].name in OF_A_TURN


def seeded(seed: int, *, functions: float | None = None) -> Outcome:
    """A run in which everything is drawn: the provider and its pace, duplicates of the event, the
    order in which all take turns, lost and doubled callbacks, sweeps at odd moments, an execution
    that is run again, how many functions the account runs at once, and faults.
    """
    rng = Random(seed)
    variant = rng.choice(list(VARIANTS.values()))
    retries = rng.random() < 0.2
    # Some share one slot, and then whatever befalls one of them befalls those behind it.
    uploads = rng.choice((1, 1, 3))
    room = {} if uploads == 1 else replace(variant, room=1).environment
    stage = Stage(
        variant.model,
        seed=seed,
        switching=rng.choice((0.0, 0.1, 0.3)),
        faults={rng.randrange(CALLS): None for _ in range(rng.randrange(MAX_FAULTS + 1))},
        rng=rng,
        calls_back=variant.calls_back,
        lists=variant.lists,
        environment={**({"ON_UNCERTAIN": "retry_once"} if retries else {}), **room},
        capacity=_capacity(seed, functions),
    )
    stage.ledger.seconds = rng.choice((0.0, 5.0, 60.0, 200.0, 1000.0))
    stage.ledger.succeeds = rng.random() < 0.9
    stage.ledger.link_seconds = rng.choice((30.0, 3600.0))
    stage.callback_delays = tuple(rng.uniform(-1, 60) for _ in range(rng.choice((0, 1, 1, 1, 3))))
    _draw_keys(stage, Random(f"keys {seed}"))
    event, *others = [stage.upload(key) for key in names_of(uploads)]
    for other in others:
        stage.deliver(other, after=rng.uniform(0, 1))
    for _ in range(rng.choice((1, 1, 2, 4))):
        stage.deliver(event, after=rng.choice((0.0, 0.0, rng.uniform(0, 2), rng.uniform(0, 400))))
    for _ in range(rng.choice((0, 0, 2))):
        stage.sweep(after=rng.uniform(0, 1500), is_observed=True)
    if rng.random() < 0.4:
        stage.rerun(after=rng.choice((0.05, 0.15, 2.0, rng.uniform(0, 400))))
    return run(stage, f"seed={seed}", uploads=uploads, most_accepted=2 if retries else 1)


def _draw_keys(stage: Stage, rng: Random) -> None:
    """Some stacks have two keys there; of them one may have no credit for a while, or be taken out
    of the secret and put back. Drawn apart, as is how many functions there are."""
    if rng.random() < 0.7:
        return
    stage.ring.names = TWO_KEYS.keys
    if rng.random() < 0.4:
        poor = secret_of(rng.choice(TWO_KEYS.keys))
        stage.ledger.without_credit.add(poor)
        _later(stage, rng.uniform(0, 3000), lambda: stage.ledger.without_credit.discard(poor))
    if rng.random() < 0.4:
        left = rng.choice(TWO_KEYS.keys)
        out, back = rng.uniform(0, 300), rng.uniform(300, 3000)
        _later(stage, out, lambda: setattr(stage.ring, "names", (left,)))
        _later(stage, back, lambda: setattr(stage.ring, "names", TWO_KEYS.keys))


def _later(stage: Stage, seconds: float, work: Callable[[], None]) -> None:
    stage.world.spawn("owner", work, after=seconds).is_observed = False


def _capacity(seed: int, functions: float | None) -> Capacity:
    # Drawn apart, so that a seed of old draws what it always drew.
    at_once = functions or Random(f"functions {seed}").choice((float("inf"),) * 3 + (1, 2, 3))
    return Capacity(at_once, USUAL_SECONDS) if at_once != float("inf") else Capacity()


def chunk_of_singles(name: str) -> Tally:
    return Tally.of(singles(RUNS[name]))


def chunk_of_pairs(asked: tuple[str, int, int]) -> Tally:
    """One part of the pairs of a variant, by name, part and how many parts there are."""
    name, part, parts = asked
    return Tally.of(pairs(VARIANTS[name], part=part, parts=parts))


def chunk_of_turn_pairs(asked: tuple[int, int]) -> Tally:
    """One part of the pairs around a turn, and how many parts there are."""
    part, parts = asked
    return Tally.of(turn_pairs(part=part, parts=parts))


def chunk_of_money(first: int) -> Tally:
    """Stacks that say something about money and slots."""
    return Tally.of(world(seed) for seed in range(first, first + CHUNK))


def chunk_of_seeds(first: int) -> Tally:
    return Tally.of(seeded(seed) for seed in range(first, first + CHUNK))

"""All of it, as `make faults` runs it: every single fault, every pair, 20,000 seeds, 2,000 worlds
with slots and money, the crowd of deliveries and the protocol's whole model. `--replay LINE` plays
one run again and tells its way.

Exits with 1 when anything does not hold. 0 failures in N seeded runs bound their rate at about 3/N
with 95 % confidence, of the simulated faults and no others.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.faults import protocol
from tests.faults.deliveries import delivered
from tests.faults.plans import (
    CHUNK,
    RUNS,
    chunk_of_money,
    chunk_of_pairs,
    chunk_of_seeds,
    chunk_of_singles,
    chunk_of_turn_pairs,
    replayed,
)
from tests.faults.runs import Outcome, Tally

SEEDS = 20_000
UPLOADS = 1_000
# "both" finds a lost submit in either way; each way by itself is what the pairs are tried on.
PAIRED = ("calls-back", "lists", "neither")
PARTS = 64  # of the pairs of a variant, so that the work can be shared and told as it goes
SHOWN = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--replay", metavar="LINE", help="one run, as a failure names it")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many (default %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--pairs", type=int, default=PARTS, help=f"parts of {PARTS} of the pairs")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default %(default)s)")
    chosen = parser.parse_args()
    if chosen.replay:
        return _told(replayed(chosen.replay))
    # Not forked: each begins from the same state on every system.
    with ProcessPoolExecutor(chosen.jobs, mp_context=get_context("spawn")) as pool:
        total = Tally()
        total += _ran("single faults", pool.map(chunk_of_singles, RUNS), len(RUNS))
        parts = [(name, part, PARTS) for name in PAIRED for part in range(chosen.pairs)]
        total += _ran("pairs of faults", pool.map(chunk_of_pairs, parts), len(parts))
        turns = [(part, PARTS) for part in range(chosen.pairs)]
        total += _ran("pairs around a turn", pool.map(chunk_of_turn_pairs, turns), len(turns))
        worlds = range(chosen.first, chosen.first + chosen.seeds // 10, CHUNK)
        total += _ran("slots and money", pool.map(chunk_of_money, worlds), len(worlds))
        firsts = range(chosen.first, chosen.first + chosen.seeds, CHUNK)
        total += _ran("seeds", pool.map(chunk_of_seeds, firsts), len(firsts))
    crowd = delivered(UPLOADS)
    print(
        f"deliveries: {crowd.deliveries:,} of {UPLOADS:,} uploads: {crowd.edits:,} edits, "
        f"{crowd.executions:,} executions, {crowd.accepted:,} accepted jobs"
    )
    table = protocol.counted()
    print(protocol.table(table))
    for line in total.failures[:SHOWN]:
        print(f"FAILED {line}\n  again: make faults REPLAY='{line.partition(': ')[0]}'")
    wrong = protocol.wrong(table)
    if {crowd.edits, crowd.executions, crowd.accepted, crowd.accepted_edits} != {UPLOADS}:
        wrong.append("deliveries: not one edit, one execution and one job for each upload")
    print(
        f"{total.runs:,} runs, {len(total.failures):,} in which something does not hold; "
        f"{len(wrong)} wrong counts. {'; '.join(wrong)}"
    )
    return 1 if total.failures or wrong else 0


def _ran(what: str, tallies: Iterable[Tally], parts: int) -> Tally:
    total, begun = Tally(), time.monotonic()
    for number, tally in enumerate(tallies, start=1):
        total += tally
        seconds = time.monotonic() - begun
        line = f"{what}: {total.runs:,} runs, {len(total.failures)} failures, {seconds:,.0f} s"
        sys.stderr.write(f"\r{line} ({number}/{parts}) ")
        sys.stderr.flush()
    sys.stderr.write("\r")
    ends = ", ".join(f"{count:,} {end}" for end, count in total.ends.most_common())
    print(f"{line}\n  {ends}")
    return total


def _told(outcome: Outcome) -> int:
    for line in _way(outcome):
        print(line)
    print(f"struck: {', '.join(outcome.struck) or 'nothing'}")
    print(f"ended: {dict(outcome.ends)}, {outcome.accepted} accepted")
    print("\n".join(outcome.violations) or "Everything holds.")
    return 1 if outcome.violations else 0


def _way(outcome: Outcome) -> Iterator[str]:
    for number, point in enumerate(outcome.trace):
        yield f"{number:4} {point.name}"


if __name__ == "__main__":
    sys.exit(main())

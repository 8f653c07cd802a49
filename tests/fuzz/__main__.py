"""`make fuzz`: every reader of strangers' bytes at length, and 5,000 uploads of nonsense.

With atheris, which follows what the code does with a byte, where there is a wheel for this Python;
with hypothesis and our own mutations otherwise. Whatever is found is written into a file that
belongs into tests/fuzz/corpus once it is mended.
"""

import argparse
import hashlib
import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.fuzz import uploads
from tests.fuzz.mutations import mutated, mutated_json
from tests.fuzz.targets import TARGETS

FOUND = Path(".local/fuzz-found")
JSON_BEHIND = {"event": 0, "document": 0, "answer": 3, "callback": 1}  # bytes before the JSON


def main() -> int:
    """Run what was asked for; the exit status says whether anything was found."""
    asked = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    asked.add_argument("--seconds", type=float, default=30.0, help="for each reader")
    asked.add_argument("--uploads", type=int, default=5000)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--only", choices=TARGETS, default=None)
    given = asked.parse_args()
    follows = importlib.util.find_spec("atheris") is not None
    print(f"with {'atheris' if follows else 'mutations alone (no atheris here)'}")
    bad = 0
    for name in [given.only] if given.only else TARGETS:
        mutate_for = given.seconds / 2 if follows else given.seconds
        bad += not _mutate(name, mutate_for, given.seed)
        bad += follows and not _in_a_process_of_its_own(name, given.seconds / 2)
    if not given.only:
        begun = time.monotonic()
        for line in uploads.run(given.uploads, given.seed).lines():
            print(line)
        print(f"in {time.monotonic() - begun:.0f} s")
    return 1 if bad else 0


def _mutate(name: str, seconds: float, seed: int) -> bool:
    """Change good examples for so long; whether nothing was found."""
    target, seeds = TARGETS[name], list(TARGETS[name].seeds())
    until, tries, failures = time.monotonic() + seconds, 0, {}
    while time.monotonic() < until:
        chance = Random(f"{seed} {tries}")
        tries += 1
        data = _changed(name, chance, chance.choice(seeds))
        try:
            target.run(data)
        except Exception as error:
            where = (type(error), getattr(error.__traceback__, "tb_lasti", 0), str(error)[:40])
            if where not in failures:
                failures[where] = _kept(name, data)
                print(f"{name}: {type(error).__name__}: {error} -> {failures[where]}")
    print(f"{name:10} {tries:8,} mutations, {len(failures)} found")
    return not failures


def _changed(name: str, chance: Random, seed: bytes) -> bytes:
    before = JSON_BEHIND.get(name)
    if before is not None and chance.random() < 0.5:
        try:
            return seed[:before] + mutated_json(chance, json.loads(seed[before:]))
        except ValueError:
            pass  # an example that is no JSON, as some are
    return mutated(chance, seed)


def _kept(name: str, data: bytes) -> Path:
    FOUND.mkdir(parents=True, exist_ok=True)
    path = FOUND / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


def _in_a_process_of_its_own(name: str, seconds: float) -> bool:
    # libFuzzer ends the process it runs in.
    words = [sys.executable, "-m", "tests.fuzz.following", name, str(seconds), str(FOUND)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).splitlines()
    runs = [line for line in said if line.startswith("Done ")]
    if done.returncode:
        print("\n".join(said[-25:]))
    print(f"{name:10} {runs[-1] if runs else 'stopped'} (atheris)")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())

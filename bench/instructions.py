"""How many instructions a start takes, and who has them carried out: the same on every run.

valgrind counts them. CPU time says how fast the machine was that minute; a count differs by less
than a hundredth, whatever else runs.
"""

import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.rooms import runtime_python

PROBE = Path(__file__).parent / "probes/parts.py"
VALGRIND = shutil.which("valgrind")
_TOTAL = "summary:"  # of one part of a profile ("Callgrind Format Specification")


def counted(room: Path, name: str, environment: Mapping[str, str]) -> Mapping[str, float]:
    """Millions of instructions by who takes them, in a process of its own; needs valgrind."""
    with TemporaryDirectory() as folder:
        profile, labels = Path(folder) / "profile", Path(folder) / "labels"
        subprocess.run(
            [
                *("valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={profile}"),
                *("--dump-before=getppid", "--combine-dumps=yes"),
                *(runtime_python(), "-s", str(PROBE), str(labels), str(room), name),
            ],
            env={**environment, "STARTED_AT": "0", "PYTHONHASHSEED": "0"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return by_label(profile.read_text().splitlines(), labels.read_text().splitlines())


def by_label(profile: list[str], labels: list[str]) -> Mapping[str, float]:
    """The sums of a profile's parts, each of which belongs to the label in its place."""
    totals = [int(line.removeprefix(_TOTAL)) for line in profile if line.startswith(_TOTAL)]
    sums: Counter[str] = Counter()
    for label, total in zip(labels, totals, strict=True):
        sums[label] += total
    return {label: total / 1e6 for label, total in sums.items()}

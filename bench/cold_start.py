"""P1: from a new process to a function that is ready for its first call.

The goals are held by counted instructions where valgrind is installed, else by CPU time.
"""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from bench.figures import Figure, Part, Row, judged, ratio
from bench.instructions import VALGRIND, counted
from bench.rooms import ROOT, built, runtime_python

PROBE = Path(__file__).parent / "probes/start.py"
REFERENCE = "reference"
ROUNDS = 7
GOALS = {"callback": 0.8, "api": 1.3} | dict.fromkeys(
    ("intake", "validate", "submit", "poll", "persist", "share", "sweep"), 1.0
)
WHY = {
    "api": "pydantic reads and writes at the HTTP door: importing it is a third of the reference, "
    "and the models of an edit a tenth",
}
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "POWERTOOLS_SERVICE_NAME": "retake",
    "TABLE_NAME": "edits",
    "INBOX_BUCKET": "inbox",
    "RESULTS_BUCKET": "results",
    "DEFAULT_MODEL": "novita/kling-o1-edit",
    "STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:111122223333:stateMachine:edit",
    "TOPIC_ARN": "arn:aws:sns:eu-central-1:111122223333:done",
    "INTAKE_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/111122223333/intake",
    "LINKS_SECRET_ID": "links",
} | {
    f"{name}_{what}": value
    for name in ("NOVITA", "EVOLINK", "AIMLAPI", "FAL")
    for what, value in (("BASE_URL", "https://provider.example"), ("SECRET_ID", name))
}

LABELS = (
    "interpreter",
    "botocore",
    "boto3",
    "AWS clients",
    "httpx",
    "Powertools",
    "pydantic",
    "pydantic's models",
    "PyNaCl",
    "PyAV",
    "roots of TLS",
    "own code",
)
_COUNTED = (
    "Instructions are millions, in all and by part; they differ by less than a hundredth from run "
    "to run. A module of the standard library counts to who imports it first. The interpreter's "
    "part holds what it takes to mark the turns of the others (bench/probes/parts.py).",
)
WITHIN = 0.01  # of each other, two counts of the same start
Start = tuple[float, float]  # wall and CPU time in milliseconds


def measure(quick: bool) -> Part:
    room = built()
    functions = sorted(path.name for path in (ROOT / "functions").iterdir() if path.is_dir())
    starts: dict[str, list[Start]] = defaultdict(list)
    before: dict[str, list[Start]] = defaultdict(list)  # the reference's right before each of them
    for _ in range(2 if quick else ROUNDS):
        for function in functions:
            before[function].append(_start(room, REFERENCE))
            starts[function].append(_start(room, function))
    starts[REFERENCE] = before[REFERENCE] = [it for name in functions for it in before[name]]
    is_counted = VALGRIND is not None and not quick
    counts = {
        name: counted(room, name, ENVIRONMENT) if is_counted else {}
        for name in (REFERENCE, *functions)
    }
    rows = []
    for name in (REFERENCE, *functions):
        (walls, cpus), (_, cpus_before) = (
            zip(*each[name], strict=True) for each in (starts, before)
        )
        by_time = ratio(cpus, cpus_before)
        figures: dict[str, Figure | float | str] = {
            "wall": Figure.of(walls, "ms"),
            "CPU": Figure.of(cpus, "ms"),
        }
        reached = by_time
        if is_counted:
            figures |= {"CPU ratio": by_time, **_parts(counts[name])}
            reached = by_count(counts[name], counts[REFERENCE])
        bound = GOALS.get(name)
        rows.append(
            Row(
                "boto3 and one S3 client (reference)" if name == REFERENCE else name,
                figures,
                reached,
                judged({f"≤ {bound} ×": (reached, bound)}, WHY.get(name, "")) if bound else None,
            )
        )
    same = "3.13" in runtime_python()
    return Part(
        "p1",
        "Cold start of each function as built",
        "importing boto3 and making one S3 client, with bytecode (ratio of "
        + ("counted instructions)" if is_counted else "CPU time; valgrind would count)"),
        rows,
        (
            *(_COUNTED if is_counted else ()),
            "A fresh process for each value, round-robin, each right behind one of the reference; "
            "interpreter start included. A function is ready when its module is imported and the "
            "clients of its first call are made.",
            "Bytecode is compiled as `make build` does it (unchecked-hash), by "
            + (
                "Python 3.13, Lambda's version." if same else f"{sys.version.split()[0]}, not 3.13."
            ),
            "This is x86-64 or whatever this machine is; Lambda's arm64 was not measured.",
        ),
    )


def _parts(counts: Mapping[str, float]) -> dict[str, float]:
    """Millions of instructions in all, and of each part, in one order for all rows."""
    parts = {label: round(counts.get(label, 0.0), 1) for label in LABELS}
    return {"instructions": round(sum(counts.values()), 1), **parts}


def by_count(counts: Mapping[str, float], reference: Mapping[str, float]) -> Figure:
    """Counted once, for the spread is known."""
    share = sum(counts.values()) / sum(reference.values())
    return Figure(share, share * (1 - WITHIN), share * (1 + WITHIN), "×", 1)


def _start(room: Path, name: str) -> Start:
    done = subprocess.run(
        [runtime_python(), "-s", str(PROBE), str(room), name],
        env=ENVIRONMENT | {"STARTED_AT": str(time.time())},
        capture_output=True,
        text=True,
        check=True,
    )
    wall, cpu = map(float, done.stdout.split())
    return wall, cpu

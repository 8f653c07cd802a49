"""P1: from a new process to a function that is ready for its first call."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from bench.figures import Figure, Goal, Part, Row, ratio
from bench.rooms import ROOT, built, runtime_python

PROBE = Path(__file__).parent / "probes/start.py"
REFERENCE = "reference"
ROUNDS = 7
GOALS = {"callback": 0.8, "sweep": None, "fit": None, "erase": None} | dict.fromkeys(
    ("intake", "validate", "submit", "poll", "persist", "api", "share"), 1.0
)
WHY = {
    "validate": "pydantic reads the request: a fifth of the reference by itself",
    "submit": "three AWS clients, then httpx and the authorities of TLS: a quarter of it",
    "poll": "two AWS clients, then httpx and the authorities of TLS: a quarter of it",
    "persist": "three AWS clients, then httpx and the authorities of TLS: a quarter of it",
    "api": "Powertools' resolver with validation and pydantic's models: 0.6 of the reference",
    "callback": "three AWS clients and the logger",
    "intake": "two AWS clients and the logger",
    "share": "two AWS clients, the logger and the pages",
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
    rows = []
    for name in (REFERENCE, *functions):
        (walls, cpus), (walls_before, cpus_before) = (
            zip(*each[name], strict=True) for each in (starts, before)
        )
        to_reference = ratio(cpus, cpus_before)
        bound = GOALS.get(name)
        rows.append(
            Row(
                "boto3 and one S3 client (reference)" if name == REFERENCE else name,
                {
                    "wall": Figure.of(walls, "ms"),
                    "CPU": Figure.of(cpus, "ms"),
                    "wall ratio": ratio(walls, walls_before),
                },
                to_reference,
                Goal(f"≤ {bound} ×", to_reference.median <= bound, WHY.get(name, ""))
                if bound
                else None,
            )
        )
    same = "3.13" in runtime_python()
    return Part(
        "p1",
        "Cold start of each function as built",
        "importing boto3 and making one S3 client, with bytecode (ratio of CPU time)",
        rows,
        (
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

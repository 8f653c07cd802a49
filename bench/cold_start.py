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


ROUNDS = 7


def measure(quick: bool) -> Part:
    room = built()
    functions = sorted(path.name for path in (ROOT / "functions").iterdir() if path.is_dir())
    walls, cpus = defaultdict(list), defaultdict(list)
    beside: dict[str, list[int]] = defaultdict(list)  # which of the references each one followed
    for _ in range(2 if quick else ROUNDS):
        for function in functions:
            for name in (REFERENCE, function):
                wall, cpu = _start(room, name)
                walls[name].append(wall)
                cpus[name].append(cpu)
            beside[function].append(len(cpus[REFERENCE]) - 1)
    beside[REFERENCE] = [*range(len(cpus[REFERENCE]))]
    rows = []
    for name in (REFERENCE, *functions):
        to_reference = ratio(cpus[name], [cpus[REFERENCE][at] for at in beside[name]])
        slower = ratio(walls[name], [walls[REFERENCE][at] for at in beside[name]])
        bound = GOALS.get(name)
        rows.append(
            Row(
                "boto3 and one S3 client (reference)" if name == REFERENCE else name,
                {
                    "wall": Figure.of(walls[name], "ms"),
                    "CPU": Figure.of(cpus[name], "ms"),
                    "wall ratio": slower,
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


def _start(room: Path, name: str) -> tuple[float, float]:
    """Wall and CPU time of one start in milliseconds."""
    done = subprocess.run(
        [runtime_python(), "-s", str(PROBE), str(room), name],
        env=ENVIRONMENT | {"STARTED_AT": str(time.time())},
        capture_output=True,
        text=True,
        check=True,
    )
    wall, cpu = map(float, done.stdout.split())
    return wall, cpu

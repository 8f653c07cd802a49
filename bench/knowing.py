"""P2: how soon somebody knows that an edit is done, and what asking for it takes."""

import json
import random
import statistics
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.figures import Figure, Goal, Part, Row, percentile, slowest
from bench.footage import film
from bench.observed import ASKED, POLLED, WORKERS, Copier, Observed, observed
from bench.orchestration import PARAMETERS
from bench.rooms import ROOT, peers
from local.simulators import Simulators

SHORTEST, LONGEST = 10.0, 30.0
CALLED = ("novita/kling-o1-edit", "evolink/kling-o1-edit", "fal/kling-o1-edit")
PEERS = {
    "fal": "fal_client.subscribe (0.1 s)",
    "fal-1": "fal_client, every 1 s",
}


def measure(quick: bool) -> Part:
    # More, and on two processors everybody waits for the simulator's one interpreter.
    jobs, ours = (20, 4) if quick else (50, 20)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        film(Path(folder) / "clip.mp4")
        with _served(Path(folder)) as url:
            peers = {"fal": _fal("fal", jobs, f"{url}/clip.mp4")}  # alone: it takes a processor
            peers["fal-1"] = _fal("fal-1", jobs, f"{url}/clip.mp4")
    asked = statistics.median(peers["fal"][1])
    for key, (waits, requests, cpu) in peers.items():
        rows.append(_row(PEERS[key], waits, requests, cpu, asked))
    with observed(parameters=PARAMETERS, counted=False) as seen:
        rows[:0] = [
            *(
                _ours(f"Retake, called back by {model.partition('/')[0]}", seen, model, ours, asked)
                for model in CALLED
            ),
            _ours("Retake, asking only", seen, POLLED, ours, asked),
        ]
    notes = (
        f"Jobs of {SHORTEST:.0f} to {LONGEST:.0f} s. Peers: {jobs} in flight in one process, "
        "against the same simulator of fal, one after the other. The wait is from the job's end "
        "to the client's knowledge of it.",
        f"Retake: {ours} in flight, on the local engine, every function's {WORKERS} processes "
        "started before (a cold start is measured by itself); with more, edits wait for the one "
        "interpreter of the engine and for two processors. The wait is from the job's end to the "
        "published message: the callback, the question that finds the result, its copy, its "
        "look inside, poster and page included. Its own settings are a tenth (FirstPollSeconds 5, "
        'MaxPollSeconds 6), as the jobs are. What hundreds at once change is counted under "One '
        'edit among many".',
        "Requests are those the provider got for one edit: the order, questions, and the result's "
        "link. CPU is that of the whole client, start included; of Retake that of all functions "
        "for the whole edit, the copy, the poster and the page included.",
    )
    reference = "fal_client.subscribe (ratio of requests per edit)"
    return Part("p2", "Knowing that it is done", reference, rows, notes)


def _row(
    what: str,
    waits: Sequence[float],
    requests: Sequence[int],
    cpu: float,
    asked: float,
    goal: Goal | None = None,
) -> Row:
    figures = {
        "wait": Figure.of(waits, "s"),
        "p95": slowest(waits, 0.95, "s"),
        "requests per edit": Figure.of(requests, ""),
        "CPU per edit": Figure.of([cpu * 1000], "ms"),
    }
    return Row(what, figures, Figure.of([each / asked for each in requests], "×"), goal)


def _ours(what: str, seen: Observed, model: str, many: int, asked: float) -> Row:
    seen.warm(model)
    before = seen.cpu_seconds()
    with _uneven(seen.simulators):
        edits = seen.run(model, [SHORTEST] * many)
    cpu = (seen.cpu_seconds() - before) / many
    waits = [edit.known_at - edit.finished_there for edit in edits]
    requests = [edit.provider_requests for edit in edits]
    few = statistics.mean(requests)
    if model in CALLED:
        met = percentile(waits, 0.95) <= 0.5 and few <= 4
        why = "two edits that end together share two processors with the engine and the provider"
        goal = Goal("p95 ≤ 0.5 s, ≤ 4 requests", met, why)
    else:
        goal = Goal("≤ 1/3 of fal_client's requests", few <= asked / 3)
    return _row(what, waits, requests, cpu, asked, goal)


def _fal(name: str, jobs: int, clip: str) -> tuple[list[float], list[int], float]:
    with Simulators(seconds=SHORTEST, developer=Copier()) as simulators, _uneven(simulators):
        done = _client(name, simulators.url, jobs, clip)
        lines = simulators.ledger.entries(None, None, None)
    ends = {line.job_id: line.at for line in lines if line.kind == "finished"}
    waits = [at - ends[job] for job, at in done["known"].items()]
    asked = [sum(line.job_id == job and line.kind in ASKED for line in lines) for job in ends]
    return waits, asked, done["cpu"] / jobs


def _client(name: str, url: str, jobs: int, clip: str) -> Any:
    probe = ROOT / "bench/probes/clients.py"
    done = subprocess.run(
        [peers("clients"), str(probe), name, url, str(jobs), clip],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@contextmanager
def _uneven(simulators: Simulators) -> Iterator[None]:
    """Each job takes another time, as the switch stands when it is accepted."""
    over = threading.Event()

    def turn() -> None:
        while not over.wait(0.005):
            length = random.uniform(SHORTEST, LONGEST)  # no secret
            simulators.settings.change(seconds=length)

    hand = threading.Thread(target=turn)
    hand.start()
    try:
        yield
    finally:
        over.set()
        hand.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()

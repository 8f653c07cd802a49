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

from bench.figures import Figure, Goal, Part, Row, judged, slowest
from bench.footage import film
from bench.observed import ASKED, POLLED, WORKERS, Copier, Observed, observed
from bench.orchestration import PARAMETERS
from bench.rooms import ROOT, peers
from local.simulators import Simulators

SHORTEST, LONGEST = 10.0, 30.0
CALLED = (
    "novita/kling-o1-edit",
    "novita/kling-o1-reference",
    "evolink/kling-o1-edit",
    "fal/kling-o1-edit",
)
COLD_SECONDS = 3.0  # of a job that is long enough to end all processes meanwhile
PEERS = {
    "fal": "fal_client.subscribe (0.1 s)",
    "fal-1": "fal_client, every 1 s",
}


def measure(quick: bool) -> Part:
    # More, and on two processors everybody waits for the simulator's one interpreter.
    jobs, ours, cold = (20, 4, 2) if quick else (50, 16, 4)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        film(Path(folder) / "clip.mp4")
        with _served(Path(folder)) as url:
            peers = {"fal": _fal("fal", jobs, f"{url}/clip.mp4")}  # alone: it takes a processor
            peers["fal-1"] = _fal("fal-1", jobs, f"{url}/clip.mp4")
    asked = statistics.median(peers["fal"][1])
    for key, (waits, requests, cpu) in peers.items():
        rows.append(_row(PEERS[key], waits, requests, cpu, asked))
    with observed(parameters=PARAMETERS, counted=False, over_tls=True) as seen:
        rows[:0] = [
            *(_called(seen, model, ours, asked) for model in CALLED),
            *(_cold(seen, model, cold, asked) for model in CALLED),
            _polled(seen, ours, asked),
        ]
    notes = (
        f"Jobs of {SHORTEST:.0f} to {LONGEST:.0f} s. Peers: {jobs} in flight in one process, "
        "against the same simulator of fal, one after the other, without TLS. The wait is from "
        "the job's end to the client's knowledge of it.",
        f"Retake: {ours} in flight, on the local engine, every function's {WORKERS} processes "
        "started before; with more, edits wait for the one interpreter of the engine and for two "
        "processors. The wait is from the job's end to the published message: the callback, the "
        "question that finds the result, its copy, its look inside, poster and page included. Its "
        "own settings are a tenth (FirstPollSeconds 5, MaxPollSeconds 6), as the jobs are. What "
        'hundreds at once change is counted under "One edit among many".',
        f"Cold: {cold} edits one after another, in jobs of {COLD_SECONDS:.0f} s. While a job runs "
        "every process of every function is killed, so the wait holds the start of the function "
        "that is called and of Persist: the interpreter, the engine's unpacking of the function, "
        "imports, clients, roots, and first handshakes.",
        "The functions reach the providers and AWS by TLS, each connection with its handshake, the "
        "roots laid out as `make build` does it, with a certificate made for the run among them. "
        "What provider and API Gateway speak with each other is not in it.",
        "Requests are all that the provider got, for one edit: the order, questions, what it took, "
        "the result's file. A freshly started callback of fal's asks for fal's public keys too. Of "
        "the peers the file is not counted. CPU is that of the whole client, start included; of "
        "Retake that of all functions for the whole edit, the copy, the poster and the page "
        "included.",
    )
    reference = "fal_client.subscribe (ratio of requests per edit)"
    return Part("p2", "Knowing that it is done", reference, rows, notes)


def _row(
    what: str,
    waits: Sequence[float],
    requests: Sequence[float],
    cpu: float | None,
    asked: float,
    goal: Goal | None = None,
) -> Row:
    figures = {
        "wait": Figure.of(waits, "s"),
        "p95": slowest(waits, 0.95, "s"),
        "requests per edit": Figure.of(requests, ""),
    }
    if cpu is not None:  # what a killed process took nobody tells
        figures["CPU per edit"] = Figure.of([cpu * 1000], "ms")
    return Row(what, figures, Figure.of([each / asked for each in requests], "×"), goal)


def _called(seen: Observed, model: str, many: int, asked: float) -> Row:
    waits, requests, cpu = _warm(seen, model, many)
    most, few = slowest(waits, 0.95, "s"), Figure.of([requests], "")
    why = "two edits that end together share two processors with the engine and the provider"
    goal = judged({"p95 ≤ 0.5 s": (most, 0.5), "≤ 4 requests": (few, 4)}, why)
    return _row(f"Retake, called back by {model}", waits, [requests], cpu, asked, goal)


def _polled(seen: Observed, many: int, asked: float) -> Row:
    waits, requests, cpu = _warm(seen, POLLED, many)
    goal = Goal("≤ 1/3 of fal_client's requests", requests <= asked / 3)
    return _row(f"Retake, asking {POLLED} only", waits, [requests], cpu, asked, goal)


def _cold(seen: Observed, model: str, many: int, asked: float) -> Row:
    asked_before = seen.simulators.asked
    edits = [seen.run_cold(model, COLD_SECONDS) for _ in range(many)]
    waits = [edit.known_at - edit.finished_there for edit in edits]
    requests = (seen.simulators.asked - asked_before) / many
    why = "two functions start one after the other, on a processor shared with the engine"
    goal = judged({"≤ 1.5 s": (Figure.of(waits, "s"), 1.5)}, why)
    return _row(f"Retake, called back by {model}, cold", waits, [requests], None, asked, goal)


def _warm(seen: Observed, model: str, many: int) -> tuple[list[float], float, float]:
    """Each wait, and of one edit the provider's requests and the functions' CPU."""
    seen.warm(model)
    cpu, asked = seen.cpu_seconds(), seen.simulators.asked
    with _uneven(seen.simulators):
        edits = seen.run(model, [SHORTEST] * many)
    waits = [edit.known_at - edit.finished_there for edit in edits]
    return waits, (seen.simulators.asked - asked) / many, (seen.cpu_seconds() - cpu) / many


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

"""P4: bringing a 200 MB result from one TLS server to another."""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.certificates import certificate_in
from bench.figures import Figure, Goal, Part, Row, judged, ratio
from bench.rooms import ROOT

SIZE = 200_000_000
PROBES = ROOT / "bench/probes"
REFERENCE = "curl | curl -T -"
UNKNOWN = "Retake, length unknown (parts)"
Cost = tuple[float, float, float]  # wall seconds, CPU seconds, peak MB


def measure(quick: bool) -> Part:
    nets: dict[str, list[Cost]] = defaultdict(list)
    digest_mb_s = _digest_mb_s()
    with tempfile.TemporaryDirectory() as folder, _servers(Path(folder)) as (url, certificate):
        methods = _methods(url, certificate)
        for _ in range(2 if quick else 3):
            for name, command in methods.items():
                # The same with one byte is what starting and connecting costs.
                idle, busy = (_run(command.replace("BYTES", str(n))) for n in (1, SIZE))
                nets[name].append((busy[0] - idle[0], busy[1] - idle[1], busy[2] - idle[2]))
    seconds = {name: [cost[0] for cost in costs] for name, costs in nets.items()}
    cpus = {name: [cost[1] for cost in costs] for name, costs in nets.items()}
    rows = []
    for name, costs in nets.items():
        to_reference = ratio(seconds[name], seconds[REFERENCE])
        to_upload = ratio(cpus[name], cpus["upload_fileobj"])
        memory = Figure.of([cost[2] for cost in costs], "MB")
        figures: dict[str, Figure | float | str] = {
            "time": Figure.of(seconds[name], "s"),
            "CPU": Figure.of(cpus[name], "s"),
            "CPU / upload_fileobj": to_upload,
        }
        if any(cost[2] for cost in costs):  # of pipes of programs nobody tells it
            figures["peak memory"] = memory
        goal = None
        if name == "Retake":
            bounds = {"≤ 0.95 ×": (to_reference, 0.95), "CPU ≤ 0.85 ×": (to_upload, 0.85)}
            goal = judged({**bounds, "< 16 MB": (memory, 16)}, _why(digest_mb_s))
        elif name == UNKNOWN:
            goal = Goal("< 48 MB", memory.median < 48)
        rows.append(Row(name, figures, to_reference, goal))
    notes = (
        "Net of the same method with one byte: start, imports and handshakes are taken off. "
        "Source and sink are one Python process on this machine, which verifies and keeps nothing, "
        "and shares the processors with what is measured; its certificate is made for the run.",
        f"One thread of this machine digests {digest_mb_s:,.0f} MB a second (SHA-256), so that is "
        f"{SIZE / 1e6 / digest_mb_s:.2f} s of Retake's CPU; curl and upload_fileobj make none.",
        "CPU is that of all processes of a method; memory is that of the Python process above its "
        "idle self.",
    )
    return Part("p4", "Saving a result of 200 MB over TLS", f"{REFERENCE} (time)", rows, notes)


SHA_MB_S = 800  # what one thread reaches with the processor's own instructions for it, and more


def _why(digest_mb_s: float) -> str:
    if digest_mb_s >= SHA_MB_S:
        return "TLS on both sides is most of what is left"
    return (
        f"this machine digests {digest_mb_s:,.0f} MB a second, without SHA instructions or shared"
    )


def _digest_mb_s() -> float:
    """How fast one thread digests, from the best of five goes."""
    block = bytes(32_000_000)
    goes = []
    for _ in range(5):
        began = time.perf_counter()
        hashlib.sha256(block)
        goes.append(time.perf_counter() - began)
    return len(block) / 1e6 / min(goes)


def _methods(url: str, certificate: Path) -> dict[str, str]:
    get = f"curl -s --cacert {certificate} {url}/BYTES"
    put = f"curl -s --cacert {certificate} -T - {url}/results/video.mp4"
    probe = f"{sys.executable} {PROBES}/transfer.py"
    given = f"{url}/BYTES {url} {certificate}"
    return {
        REFERENCE: f"{get} | {put} > /dev/null",
        "Retake": f"{probe} retake {given}",
        UNKNOWN: f"{probe} retake {given.replace('BYTES', 'BYTES?unknown')}",
        "upload_fileobj": f"{probe} upload_fileobj {given}",
    }


def _run(command: str) -> Cost:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "layers/core"),
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
    }
    started = time.perf_counter()
    # The rusage of a shell that has waited is that of all it ran.
    child = subprocess.Popen(["/bin/sh", "-c", f"{command}; exit $?"], env=environment, stdout=-1)
    told = (child.stdout.read() if child.stdout else b"").strip()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command} ended with {child.returncode}")
    seconds = time.perf_counter() - started
    return seconds, used.ru_utime + used.ru_stime, float(told or 0)


@contextmanager
def _servers(folder: Path) -> Iterator[tuple[str, Path]]:
    certificate = certificate_in(folder)
    with subprocess.Popen(
        [sys.executable, str(PROBES / "tls.py"), str(certificate.chain), str(certificate.key)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        port = server.stdout.readline().strip() if server.stdout else ""
        yield f"https://127.0.0.1:{port}", certificate.chain
        server.terminate()

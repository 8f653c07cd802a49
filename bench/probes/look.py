"""Looks into one clip behind an address; prints seconds and the peak of memory in MB.

python look.py retake|download URL
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path


def retake(url: str) -> Callable[[], float]:
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    import av  # noqa: F401  # as a function that has looked before
    from retake.media.probe import probe

    place = urlsplit(url)

    class Ranges:
        def __init__(self) -> None:
            self.connection = HTTPConnection(place.netloc)
            self.connection.request("HEAD", place.path)
            answer = self.connection.getresponse()
            answer.read()
            self.size_bytes = int(answer.headers["Content-Length"])

        def read_at(self, offset: int, length: int) -> bytes:
            asked = {"Range": f"bytes={offset}-{offset + length - 1}"}
            self.connection.request("GET", place.path, headers=asked)
            return self.connection.getresponse().read()

    return lambda: probe(Ranges()).duration_seconds


def download(url: str) -> Callable[[], float]:
    import shutil
    import tempfile
    import urllib.request

    import av

    def work() -> float:
        with (
            tempfile.NamedTemporaryFile(suffix=".mp4") as file,
            urllib.request.urlopen(url) as body,
        ):
            shutil.copyfileobj(body, file, 1024 * 1024)
            file.flush()
            with av.open(file.name) as container:
                return float(container.duration or 0) / av.time_base

    return work


if __name__ == "__main__":
    METHODS = {"retake": retake, "download": download}
    work = METHODS[sys.argv[1]](sys.argv[2])
    started = time.perf_counter()
    seconds = work()
    if not 4.5 < seconds < 5.5:
        raise SystemExit(f"{seconds} s is not how long the clip is")
    spent = time.perf_counter() - started
    # Not getrusage, which counts what the process that started this one once held.
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000
    print(json.dumps({"seconds": spent, "mb": peak}))

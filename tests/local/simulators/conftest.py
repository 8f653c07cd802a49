"""Footage, a place it can be fetched from, a receiver of callbacks, and the simulators."""

import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest

from local.simulators import Simulators

JOB_SECONDS = 0.08


def draw_clip(
    path: Path, seconds: float = 3.0, size: tuple[int, int] = (1280, 720), rate: int = 24
) -> Path:
    """A grey clip that grows lighter."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(round(seconds * rate)):
            pixels = np.full((size[1], size[0], 3), number % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def draw_picture(path: Path, side: int = 320) -> Path:
    """A grey square."""
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width = stream.height = side
        stream.pix_fmt = "rgb24"
        pixels = np.full((side, side, 3), 90, np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


class CopyingDeveloper:
    """Stands in for the darkroom: the edit is a copy, a new video is the sample clip."""

    def __init__(self, sample: Path) -> None:
        self.sample = sample
        self.asked: list[dict[str, Any]] = []

    def develop(self, source: Path, destination: Path, **wishes: Any) -> None:
        self.asked.append(wishes)
        shutil.copy(source, destination)

    def imagine(self, destination: Path, **wishes: Any) -> None:
        self.asked.append(wishes)
        shutil.copy(self.sample, destination)


class Receiver:
    """Takes callbacks; answers the statuses given, then 200."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.statuses: list[int] = []
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.came = threading.Condition()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        with self.came:
            self.calls.append((headers, body))
            self.came.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def wait_for(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.calls) >= count, timeout=15)
            return list(self.calls)


class _QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    request_queue_size = 256  # by default the sixth of those who come at once is dropped


def _serve(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[ThreadingHTTPServer]:
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clip.mp4 (3 s, 1280x720, 24 fps) and face.png (320x320)."""
    folder = tmp_path_factory.mktemp("shelf")
    draw_clip(folder / "clip.mp4")
    draw_picture(folder / "face.png")
    return folder


@pytest.fixture(scope="session")
def shelf_url(shelf: Path) -> Iterator[str]:
    """The URL the folder is served at."""

    def handler(*args: Any) -> BaseHTTPRequestHandler:
        return _QuietFiles(*args, directory=str(shelf))

    for server in _serve(handler):
        yield f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture
def clip_url(shelf_url: str) -> str:
    return f"{shelf_url}/clip.mp4?X-Amz-Signature=canary"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes callbacks."""
    box: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = box[0].take({k.lower(): v for k, v in self.headers.items()}, body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", box[0].url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    for server in _serve(Handler):
        box.append(Receiver(f"http://127.0.0.1:{server.server_address[1]}/callbacks/x?t=canary"))
        yield box[0]


@pytest.fixture
def developer(shelf: Path) -> CopyingDeveloper:
    return CopyingDeveloper(shelf / "clip.mp4")


@pytest.fixture
def sims(developer: CopyingDeveloper) -> Iterator[Simulators]:
    with Simulators(
        seconds=JOB_SECONDS, developer=developer, callback_time_factor=0.01
    ) as simulators:
        yield simulators


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One client for all tests; it keeps no connection to a simulator that has been closed."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(timeout=20, trust_env=False, limits=limits) as client:
        yield client

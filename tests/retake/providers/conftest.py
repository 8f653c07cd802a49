"""The simulated providers, a clip they can fetch, and an address they can call back."""

import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local.simulators import Simulators
from virtual.clips import clip

Letter = tuple[dict[str, str], bytes]


class CopyingDeveloper:
    """Stands in for the darkroom: an edit is a copy, a new video is the clip."""

    def __init__(self, clip_path: Path) -> None:
        self._clip = clip_path

    def develop(self, source: Path, destination: Path, **wishes: Any) -> None:
        shutil.copy(source, destination)

    def imagine(self, destination: Path, **wishes: Any) -> None:
        shutil.copy(self._clip, destination)


@pytest.fixture(scope="module")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    path.write_bytes(clip(3.0))
    return path


def served(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on this machine for as long as the caller needs it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(BaseHTTPRequestHandler):
    def reply(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture(scope="module")
def clip_url(clip_path: Path) -> Iterator[str]:
    """Where the providers fetch the clip, whatever the query."""

    class Shelf(Quiet):
        def do_GET(self) -> None:
            self.reply(clip_path.read_bytes(), "video/mp4")

    for url in served(Shelf):
        yield f"{url}/clip.mp4"


@pytest.fixture
def sims(clip_path: Path) -> Iterator[Simulators]:
    with Simulators(seconds=0.1, developer=CopyingDeveloper(clip_path)) as simulators:
        yield simulators


@pytest.fixture
def letters() -> Iterator[tuple[str, list[Letter]]]:
    """An address for callbacks, and those that came."""
    came: list[Letter] = []

    class Door(Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((dict(self.headers), body))
            self.reply(b"", "text/plain")

    for url in served(Door):
        yield f"{url}/callbacks/x", came

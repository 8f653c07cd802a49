"""`up`: one stack to a file of addresses, and what is told when it ends."""

import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self, cast

import pytest

from command import studio
from command.main import main
from command.refusals import CommandRefused
from command.verbs.studio import up
from local.emulator.running_stack import Address
from local.whole_stack import Studio
from tests.command.addresses import an_address
from tests.support.numbered_film import film


class Ready(BaseHTTPRequestHandler):
    """An engine that runs, as far as anybody asks."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


class Upright:
    """A studio without processes, in which so many edits are open."""

    def __init__(self, address: Address, open_edits: int) -> None:
        self.stack, self.address, self._open_edits = self, address, open_edits

    def open_count(self) -> int:
        return self._open_edits

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        return


class Interrupted(threading.Event):
    """Ctrl-C comes at once."""

    def wait(self, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt


@pytest.fixture
def other() -> Iterator[Address]:
    """A stack that runs."""
    server = HTTPServer(("127.0.0.1", 0), Ready)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield replace(an_address(os.getpid()), endpoint_url=url)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stack.json"


def test_a_second_stack_is_refused_and_the_first_stays_where_it_is_found(
    other: Address, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other.write(file)
    written = file.read_text()

    assert main(["up", "--board-port", "0", "--address", str(file)]) == 3

    told = capsys.readouterr().err
    assert f"up already on {other.endpoint_url}, process {other.pid}" in told
    assert f"`kill {other.pid}`" in told
    assert "--address FILE" in told
    assert file.read_text() == written


def test_what_came_up_meanwhile_keeps_its_file_too(
    other: Address, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Slow(Upright):
        def __enter__(self) -> Self:
            other.write(file)
            return self

    mine = replace(other, endpoint_url="http://127.0.0.1:1")
    with pytest.raises(CommandRefused, match="up already"):
        studio.keep_up(cast(Studio, Slow(mine, 0)), file, 0, is_json=False)

    assert Address.read(file) == other


def test_a_file_that_was_left_by_a_stack_that_died_is_in_nobodys_way(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    an_address(os.getpid()).write(file)  # the number of its process is another's by now
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = ["--port", str(taken.getsockname()[1]), "--board-port", "0"]
        assert main(["up", *ports, "--address", str(file)]) == 1

    assert "is in use" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("open_edits", "told"),
    [
        (0, ""),
        (1, "  1 edit was open and is forgotten; this stack keeps nothing between two runs.\n"),
        (2, "  2 edits were open and are forgotten; this stack keeps nothing between two runs.\n"),
    ],
)
def test_the_end_is_told_at_once_with_what_is_lost(
    open_edits: int,
    told: str,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(studio, "threading", SimpleNamespace(Event=Interrupted))
    standing = Upright(an_address(os.getpid()), open_edits)

    with pytest.raises(KeyboardInterrupt):
        studio.keep_up(cast(Studio, standing), file, 0, is_json=False)

    assert capsys.readouterr().err == f"\n  ending the stack …\n{told}"
    assert not file.exists()


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "text.mp4: "), (2, "clip.mp4: The clip is 2 s")],
)
def test_a_demo_of_what_is_no_clip_or_too_short_starts_nothing(
    seconds: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / ("clip.mp4" if seconds else "text.mp4")
    if seconds:
        clip.write_bytes(film(range(seconds * 24), width=736, height=720))
    else:
        clip.write_text("no clip")

    assert main(["demo", "--video", str(clip)]) == 3

    said = capsys.readouterr().err
    assert told in said
    assert "starting" not in said


def test_help_says_that_nothing_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert up.help is not None
    assert "keeps nothing between two runs" in " ".join(up.help.split())

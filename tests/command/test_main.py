"""The command line: a user's mistake is one line, and nothing stays behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from retake.request.parsing import decode_metadata

from command.exits import MEANINGS
from command.main import _FILES, main
from local.emulator.engine import ROOT, free_port
from local.emulator.running_stack import as_header
from tests.command.addresses import an_address
from tests.local.emulator.test_engine import gone

# The names other programs read from the file; a change breaks them.
PROMISED = [
    "endpoint_url",
    "region",
    "inbox_bucket",
    "inbox_prefix",
    "results_bucket",
    "table_name",
    "topic_arn",
    "state_machine_arn",
    "api_url",
    "providers",
    "simulator_url",
    "pid",
    "links_secret",
    "board_secret",
    "access_key",
    "board_url",
]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"not really a clip")
    return path


@pytest.fixture
def address_file(tmp_path: Path) -> Path:
    return tmp_path / "stack.json"


@pytest.fixture
def running(address_file: Path) -> Iterator[subprocess.Popen[str]]:
    """`up` in a process of its own."""
    ports = ["--port", str(free_port()), "--board-port", "0"]
    arguments = ["up", "--json", "--fast", *ports, "--address", str(address_file)]
    process = subprocess.Popen(
        [ROOT / "retake", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=address_file.parent,
    )
    with process:
        yield process
        process.kill()


def test_a_missing_clip_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edit", "no/such.mp4", "--prompt", "x"]) == 3
    assert capsys.readouterr().err == "retake: There is no file no/such.mp4.\n"


def test_a_missing_video_of_the_demo_is_told_before_anything_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--video", "no/such.mp4"]) == 3
    assert capsys.readouterr().err == "retake: There is no file no/such.mp4.\n"


def test_without_a_stack_the_way_to_start_one_is_told(
    clip: Path, address_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["edit", str(clip), "--prompt", "x", "--address", str(address_file)]) == 4
    assert "No stack is running on this machine; start one with" in capsys.readouterr().err


def test_a_stack_that_died_is_recognised(
    address_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    an_address(pid=finished.pid).write(address_file)

    assert main(["list", "--address", str(address_file)]) == 4

    assert "no longer running" in capsys.readouterr().err


def test_a_stack_that_does_not_answer_is_one_line(
    address_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    an_address(pid=os.getpid()).write(address_file)

    assert main(["show", f"e-{'0' * 20}", "--address", str(address_file)]) == 4

    assert capsys.readouterr().err.startswith("retake: this machine does not answer")


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert main(["up", "--port", str(port), "--board-port", "0"]) == 1

    expected = f"retake: Port {port} is in use; choose another one with --port.\n"
    assert capsys.readouterr().err == expected


def test_a_parameter_the_template_lacks_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    ports = ["--port", str(free_port()), "--board-port", "0"]

    assert main(["up", *ports, "--set", "Nonsense=1"]) == 1
    assert "The template has no parameter Nonsense; see template.yaml" in capsys.readouterr().err


def test_a_folder_is_told_from_a_file_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--video", str(tmp_path)]) == 3
    assert f"{tmp_path} is a folder; name a clip in it." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["up", "--provider-url", "acme=http://127.0.0.1:1"], "'acme' is none of novita"),
        (["up", "--provider-url", "novita"], "'novita' is not of the form NAME=VALUE"),
        (["up", "--set", "=1"], "'=1' is not of the form NAME=VALUE"),
        (["edit", "clip.mp4"], "Missing option '-p'"),
        (["lsit"], "There is no verb 'lsit'; did you mean list?"),
        (["status"], "There is no verb 'status'; did you mean show or list?"),
        (["frobnicate"], "`retake --help` lists them"),
    ],
)
def test_wrong_usage_is_explained(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


def test_help_teaches_by_example_and_names_every_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0

    told = capsys.readouterr().out
    assert 'retake edit clip.mp4 -p "Make it snow"' in told
    assert all(meaning in told for meaning in MEANINGS.values())


@pytest.mark.parametrize("verb", sorted(_FILES))
@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_help_of_every_verb_fits_the_terminal(
    verb: str, width: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)

    assert main([verb, "--help"]) == 0

    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > int(width)] == []


def test_what_is_piped_into_somebody_who_leaves_ends_without_a_word() -> None:
    ended = subprocess.run(
        f"{ROOT / 'retake'} --help | head -n 1", shell=True, capture_output=True, text=True
    )

    assert ended.stdout == "Usage: retake [OPTIONS] COMMAND [ARGS]...\n"
    assert ended.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_tells_where_it_is_and_leaves_nothing_behind(
    running: subprocess.Popen[str], address_file: Path, number: signal.Signals
) -> None:
    assert running.stdout is not None
    told = json.loads(running.stdout.readline())
    stored = json.loads(address_file.read_text())
    engine = children(running.pid)

    running.send_signal(number)
    exit_code = running.wait(timeout=30)

    assert list(told) == PROMISED
    assert stored == told
    assert exit_code == 128 + number
    assert engine
    assert all(gone(group) for group in engine)
    assert not address_file.exists()
    assert running.stderr is not None
    assert running.stderr.read().strip() == ""  # no word before its own, and none at the end


@pytest.mark.parametrize("prompt", ["Make it snow", "Día de lluvia 🌧", "a\nb", "=?utf-8?q?x?="])
def test_a_prompt_survives_the_headers_of_an_upload(prompt: str) -> None:
    header = as_header(prompt)

    assert header.isascii()
    assert header.isprintable()
    assert decode_metadata(header) == prompt


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True)
    rows = [line.split() for line in listed.stdout.splitlines()[1:]]
    return [int(child) for child, parent in rows if int(parent) == pid]

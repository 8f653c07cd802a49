"""The engine starts clean, and leaves nothing behind however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator.engine import ROOT, WORKSHOP, Engine, free_port
from local.errors import UserError

STARTER = """
import sys, time
from local.emulator.engine import Engine
engine = Engine().start()
print(engine.pid, flush=True)
time.sleep(600)
"""


def in_group(group: int) -> list[int]:
    """The living processes of a process group."""
    listed = subprocess.run(["ps", "-eo", "pid,pgid,stat"], capture_output=True, text=True)
    rows = [line.split() for line in listed.stdout.splitlines()[1:]]
    return [int(pid) for pid, pgid, stat in rows if int(pgid) == group and "Z" not in stat]


def gone(group: int, patience: float = 10) -> bool:
    give_up_at = time.monotonic() + patience
    while in_group(group):
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def starter() -> Iterator[subprocess.Popen[str]]:
    """Another process that has started an engine, as the command line does."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


def test_an_engine_answers_on_loopback_only() -> None:
    with Engine() as engine:
        named = {"Authorization": f"AWS4-HMAC-SHA256 Credential={engine.access_key}/test"}
        health = urllib.request.Request(f"{engine.url}/_ministack/health", headers=named)
        with urllib.request.urlopen(health) as answer:
            assert answer.status == 200

        assert listening_addresses(engine.pid) == {"127.0.0.1"}


def test_an_engine_that_is_stopped_leaves_no_process_and_no_file() -> None:
    with Engine() as engine:
        group = engine.pid
        room = rooms(engine.port)
        assert in_group(group)
        assert room

    assert gone(group)
    assert not rooms(engine.port)


def test_an_engine_dies_with_the_process_that_started_it(starter: subprocess.Popen[str]) -> None:
    assert starter.stdout is not None
    group = int(starter.stdout.readline())
    assert in_group(group)

    os.kill(starter.pid, signal.SIGKILL)

    assert gone(group)


def test_a_port_in_use_is_named_together_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(UserError, match=rf"^Port {port} is in use; .* --port\.$"):
            Engine(port).start()


def test_an_impossible_port_is_refused() -> None:
    with pytest.raises(UserError, match="Port 70000 cannot be used"):
        Engine(70_000).start()


def test_an_engine_that_cannot_start_says_why_and_leaves_nothing() -> None:
    port = free_port()

    with pytest.raises(UserError, match="ended while starting; it said: KeyError: 'no-such-shim'"):
        Engine(port, shims=["no-such-shim"]).start()

    assert not rooms(port)


def test_nothing_of_the_users_environment_reaches_the_functions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("NOVITA_API_KEY", "a real key")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")

    with Engine() as engine:
        environment = Path(f"/proc/{engine.pid}/environ").read_bytes().decode()

    assert "production" not in environment
    assert "a real key" not in environment
    assert "proxy.example" not in environment


def rooms(port: int) -> list[Path]:
    return list((ROOT / ".local").glob(f"engine-*-{port}-*"))


def listening_addresses(pid: int) -> set[str]:
    """Of a process, from Linux's own table of sockets."""
    sockets = {
        os.readlink(path)
        for path in Path(f"/proc/{pid}/fd").iterdir()
        if path.is_symlink() and os.readlink(path).startswith("socket:")
    }
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    rows += [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    listening = {
        row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets
    }
    return {socket.inet_ntoa(bytes.fromhex(each)[::-1]) for each in listening}


def test_an_engine_tidies_up_after_one_whose_starter_was_killed() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = WORKSHOP / f"engine-{ended.pid}-left"
    left.mkdir(parents=True)

    with Engine():
        is_there = left.exists()

    assert not is_there

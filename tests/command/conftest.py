import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from command import editing, memory, starting, watching
from command.door import Door, StackChoice
from command.main import main
from tests.command.stack_door import StackDoor
from virtual.clips import clip

Retake = Callable[..., tuple[int, str, str]]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StackDoor:
    """A deployed stack behind every --stack, and a folder to stand in."""
    made = StackDoor()
    monkeypatch.setattr(StackChoice, "open", lambda place: made.open())
    monkeypatch.setattr(starting, "upload", made.upload)
    monkeypatch.setattr(editing, "fetch", _fetch)
    monkeypatch.setattr(watching, "fetch", _fetch)
    monkeypatch.setattr(memory.Memory.__init__, "__defaults__", (tmp_path / ".calls",))
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """A clip that every model takes."""
    path = tmp_path / "street.mp4"
    path.write_bytes(clip(still=True, layout="mono"))
    return path


@pytest.fixture
def retake(capsys: pytest.CaptureFixture[str]) -> Retake:
    """One call of the command: exit code, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.fixture
def answer(retake: Retake) -> Callable[..., Any]:
    """The JSON of a call that goes well."""

    def call(*arguments: str) -> Any:
        code, out, err = retake(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    return call


def _fetch(door: Door, edit: dict[str, Any], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"edited")
    return path

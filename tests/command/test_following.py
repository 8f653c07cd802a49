"""Waiting ends: with every result, with a person who is missing, or with a stack that is silent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from command import editing, main, watching
from command.following import follow
from local.errors import OutOfReach
from tests.command.conftest import Retake
from tests.command.stack_door import StackDoor

Answer = Callable[..., Any]
SNOW = ("-p", "Make it snow")
ONE = {"edit_id": "e-1", "status": "WAITING", "waiting": None}


@pytest.fixture
def folder(street: Path) -> Path:
    """Two clips with the same bytes."""
    shots = street.parent / "shots"
    shots.mkdir()
    for name in ("a.mp4", "copy.mp4"):
        (shots / name).write_bytes(street.read_bytes())
    return shots


def fetches_all_but_the_first(door: Any, edit: Any, path: Path) -> Path:
    if path.name.startswith("a."):
        raise OutOfReach("The result cannot be fetched: HTTP 500.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"edited")
    return path


def test_clips_with_the_same_bytes_are_one_edit_that_is_saved_for_each(
    stack: StackDoor, folder: Path, answer: Answer
) -> None:
    made = answer("edit", str(folder), *SNOW, "--yes", "-o", "out")["edits"]

    assert len(stack.edit_ids()) == 1
    assert made[0]["edit"]["edit_id"] == made[1]["edit"]["edit_id"]
    assert {path.name.partition(".")[0] for path in Path("out").iterdir()} == {"a", "copy"}


def test_a_result_that_cannot_be_saved_keeps_back_no_other(
    stack: StackDoor, folder: Path, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editing, "fetch", fetches_all_but_the_first)
    code, _, err = retake("edit", str(folder), *SNOW, "--yes", "-o", "out")

    assert code == 4
    assert "a.mp4: The result cannot be fetched" in err
    assert [path.name[:5] for path in Path("out").iterdir()] == ["copy."]


def test_what_has_ended_is_heard_of_while_others_go_on(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    heard: list[str] = []
    door = stack.open()
    door.pause = lambda _: heard.append("paused")
    edits = iter([{**ONE, "edit_id": "e-2", "status": "SUCCEEDED"}])
    door.edit = lambda edit_id: next(edits)  # type: ignore[method-assign]
    done = {**ONE, "status": "SUCCEEDED"}

    follow(door, [done, {**ONE, "edit_id": "e-2"}], lambda edit: heard.append(edit["edit_id"]))

    assert heard == ["e-1", "paused", "e-2"]


def test_without_a_terminal_an_edit_that_a_person_must_approve_is_not_waited_for(
    stack: StackDoor, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = {**ONE, "waiting": {"waits_for": "APPROVAL", "message": "It asks."}}
    door = stack.open()

    assert follow(door, [asks], is_attended=False) == [asks]
    assert "retake approve e-1 --stack retake-dev" in capsys.readouterr().err


def test_a_call_that_waits_for_a_person_ends_with_the_code_for_it(
    stack: StackDoor, street: Path, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asking(door: Any, edits: Any, ended: Any = None) -> Any:
        return [{**each, "waiting": {"waits_for": "APPROVAL"}} for each in edits]

    monkeypatch.setattr(editing, "follow", asking)

    assert retake("edit", str(street), *SNOW, "--yes")[0] == 5


@pytest.mark.parametrize(("is_local", "way"), [(True, "retake up"), (False, "--stack retake-dev")])
def test_a_stack_that_has_died_is_told_of_after_a_while_with_the_way_back(
    is_local: bool, way: str, stack: StackDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.is_local = is_local
    door = stack.open()
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr(door, "pause", lambda _: clock.__setitem__(0, clock[0] + 10))

    def dead(edit_id: str) -> Any:
        raise OutOfReach("this machine does not answer: Connection refused")

    monkeypatch.setattr(door, "edit", dead)
    with pytest.raises(OutOfReach, match="No answer for") as told:
        follow(door, [ONE])

    assert way in str(told.value)
    assert clock[0] == (40.0 if is_local else 310.0)


def test_what_nobody_foresaw_is_one_sentence_and_one_object(
    stack: StackDoor, street: Path, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> Any:
        raise ValueError("zip() is\nshorter")

    monkeypatch.setattr(editing, "price_of_one", breaks)
    code, out, err = retake("edit", str(street), *SNOW, "--json")

    assert code == 1
    assert err.count("\n") == 1
    assert '"code": "UNFORESEEN"' in out


def test_a_call_that_was_typed_wrong_is_an_object_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main(["edit", "--json"]) == 2
    assert '"code": "USAGE"' in capsys.readouterr().out


def test_a_watched_folder_saves_for_each_of_two_clips_with_the_same_bytes(
    stack: StackDoor, folder: Path, retake: Retake
) -> None:
    assert retake("watch", str(folder), *SNOW, "--yes", "--once", "-o", "out")[0] == 0
    assert {path.name.partition(".")[0] for path in Path("out").iterdir()} == {"a", "copy"}


def test_a_watched_folder_does_not_wait_once_for_a_person_who_is_not_there(
    stack: StackDoor, street: Path, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "needs_approval", lambda edit: True)
    monkeypatch.setattr(watching, "ENDED", frozenset())

    code, _, err = retake("watch", str(street.parent), *SNOW, "--yes", "--once")

    assert code == 5
    assert "retake approve e-" in err


def test_a_watched_folder_goes_on_when_one_result_cannot_be_saved(
    stack: StackDoor, folder: Path, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "fetch", fetches_all_but_the_first)
    code, _, err = retake("watch", str(folder), *SNOW, "--yes", "--once", "-o", "out")

    assert code == 4
    assert err.count("a.mp4: The result cannot be fetched") == 1
    assert [path.name[:5] for path in Path("out").iterdir()] == ["copy."]


def test_a_watched_folder_ends_too_where_its_stack_has_died(
    stack: StackDoor, street: Path, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr(stack, "_wait", lambda _: clock.__setitem__(0, clock[0] + 10))

    def dead(door: Any, edit_id: str) -> Any:
        raise OutOfReach("this machine does not answer: Connection refused")

    monkeypatch.setattr("command.door.Door.edit", dead)
    code, _, err = retake("watch", str(street.parent), *SNOW, "--yes", "--once")

    assert code == 4
    assert "No answer for" in err

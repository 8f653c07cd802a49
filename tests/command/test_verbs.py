"""Every verb with good, bad and no input: an exit code, a sentence, never a traceback; and what it
prints for programs is what docs/command.schema.json says."""

import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from retake.domain.edit import Conclusion
from retake.domain.vocabulary import Reason, Status

from command.door import Door, StackChoice
from command.main import _FILES
from local.emulator.api_client import ApiAnswer
from tests.command.conftest import Retake
from tests.command.stack_door import StackDoor
from tools.command_schema import DOCUMENT, text

SCHEMA: dict[str, Any] = json.loads(DOCUMENT.read_text())
UNKNOWN = "e-00000000000000000000"
ABOUT_ONE = ("show", "open", "logs", "share", "cancel", "retry", "recover", "erase", "webhooks")
# These start or ask something else than a stack's API; they have tests of their own.
ELSEWHERE = {"demo", "up", "deploy", "doctor", "ledger", "mcp", "completion", "watch", "edit"}
# Their routes are no part of the API yet, which answers that there is nothing there.
LATER = {"approve", "reject", "costs"}
# What each answers about an edit in the state that suits it.
GOOD: dict[str, tuple[str, tuple[str, ...]]] = {
    "list": ("done", ()),
    "models": ("none", ()),
    "quote": ("none", ("--seconds", "5")),
    "show": ("done", ("ID",)),
    "open": ("done", ("ID",)),
    "logs": ("done", ("ID",)),
    "board": ("none", ()),
    "share": ("done", ("ID",)),
    "cancel": ("new", ("ID",)),
    "retry": ("failed", ("ID",)),
    "recover": ("late", ("ID",)),
    "erase": ("announced", ("ID", "--yes")),
    "webhooks": ("none", ("--since", "2026-03-01")),
    "redrive": ("none", ()),
    "resume": ("none", ("novita",)),
}


def an_edit(stack: StackDoor, state: str) -> str:
    """The id of one that stands where a verb can do something about it."""
    records = stack.reception.scene.records
    if state == "none":
        return UNKNOWN
    if state == "new":
        return str(stack.reception.start()["edit_id"])
    edit = stack.reception.scene.running()
    if state in ("failed", "late"):
        reason = Reason.TIMED_OUT if state == "late" else Reason.PROVIDER_FAILED
        failed = Conclusion(status=Status.FAILED, reason=reason, message="It did not come.")
        records.close(edit, failed)
        records.mark_notified(edit.edit_id)
    else:
        stack.finish(edit.edit_id)
    if state == "announced":
        records.mark_notified(edit.edit_id)
    return edit.edit_id


def checked(verb: str, out: str) -> Any:
    """The answer, held against its schema."""
    answer = json.loads(out)
    _validator(verb).validate(answer)
    return answer


@functools.cache
def _validator(verb: str) -> Any:
    schema = {**SCHEMA["properties"][verb], "$defs": SCHEMA["$defs"]}
    return jsonschema.Draft202012Validator(schema)


def test_the_schema_is_what_the_code_says() -> None:
    assert DOCUMENT.read_text() == text(), "Renew it with: make docs"


def test_every_verb_is_tried_here_or_elsewhere() -> None:
    assert {*GOOD, *ELSEWHERE, *LATER} == {*_FILES}


@pytest.mark.parametrize("verb", GOOD)
def test_a_verb_that_can_do_it_says_so_to_people_and_to_programs(
    verb: str, stack: StackDoor, retake: Retake
) -> None:
    state, arguments = GOOD[verb]
    edit_id = an_edit(stack, state)
    typed = [verb, *(edit_id if each == "ID" else each for each in arguments)]

    code, out, _ = retake(*typed, "--json")
    code_for_people, told, err = retake(*typed)

    assert (code, code_for_people) == (0, 0), err
    assert "error" not in checked(verb, out)
    assert told.strip()
    assert "{" not in told


@pytest.mark.parametrize("edit_id", [UNKNOWN, "e-1", "../edits", "é\x1b[2J", ""])
@pytest.mark.parametrize("verb", ABOUT_ONE)
def test_of_an_edit_that_is_not_there_it_says_that_in_one_line(
    verb: str, edit_id: str, stack: StackDoor, retake: Retake
) -> None:
    yes = ("--yes",) if verb == "erase" else ()

    code, out, err = retake(verb, edit_id, "--json", *yes)

    assert code == 3
    assert err.startswith("retake: ")
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert checked(verb, out)["error"]["exit_code"] == 3


@pytest.mark.parametrize("verb", sorted({*ABOUT_ONE} - {"webhooks"}))
def test_without_an_edit_it_says_what_is_missing(
    verb: str, stack: StackDoor, retake: Retake
) -> None:
    code, out, err = retake(verb)

    assert code == 2
    assert "Missing argument 'EDIT_ID'" in err
    assert out == ""


@pytest.mark.parametrize(
    "typed",
    [
        ("list", "--limit", "0"),
        ("list", "--status", "WELL"),
        ("quote",),
        ("quote", "--seconds", "-1"),
        ("quote", "--seconds", "5", "-p", " "),
        ("edit", "x.mp4", "-p", "x", "--element", "one.png"),
        ("edit", "x.mp4", "-p", "x", "--max-usd", "nan"),
        ("completion", "tcsh"),
        ("board", "--days", "0"),
    ],
)
def test_what_is_typed_wrong_is_explained(
    typed: tuple[str, ...], stack: StackDoor, retake: Retake
) -> None:
    code, _, err = retake(*typed)

    assert code == 2
    assert "Error: " in err
    assert stack.calls == []


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_an_edit_that_asks_nobody_cannot_be_answered(
    verb: str, stack: StackDoor, retake: Retake
) -> None:
    edit_id = an_edit(stack, "new")

    code, _, err = retake(verb, edit_id, "--yes")

    assert code == 3
    assert err == f"retake: {edit_id} does not ask for anybody's approval.\n"


ANSWERS = [("approve", "yes", "approved, $3.50."), ("reject", "no", "refused, nothing is billed.")]


@pytest.mark.parametrize(("verb", "word", "told"), ANSWERS)
def test_an_edit_that_asks_is_answered_for_the_amount_that_was_read(
    verb: str, word: str, told: str, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def call(method: str, path: str, said: Any = None, headers: Any = None) -> ApiAnswer:
        asked.append((method, path, said))
        edit = {"edit_id": UNKNOWN, "approval": {"quoted_usd": 3.5}}
        return ApiAnswer(200, {}, json.dumps(edit).encode())

    door = Door("retake-dev", call, call, lambda name: None)
    monkeypatch.setattr(StackChoice, "open", lambda place: door)

    without = retake(verb, UNKNOWN)
    with_it = retake(verb, UNKNOWN, "--yes")

    assert (without[0], with_it[0], "$3.50" in without[2]) == (5, 0, True)
    assert with_it[1] == f"  {UNKNOWN}: {told}\n"
    said = {"answer": word, "quoted_usd": 3.5}
    assert asked[-1] == ("POST", f"/edits/{UNKNOWN}/approval", said)
    assert [each[0] for each in asked].count("POST") == 1


@pytest.mark.parametrize("verb", sorted({*GOOD} - {"board"}))
def test_an_api_that_answers_nothing_of_ours_is_one_line(
    verb: str, stack: StackDoor, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack.reception, "call", lambda *_, **__: _Broken())
    _, arguments = GOOD[verb]

    code, _, err = retake(verb, *(UNKNOWN if each == "ID" else each for each in arguments))

    assert code in ((0, 4) if verb == "redrive" else (4,))
    assert err.count("\n") == (0 if code == 0 else 1)


@dataclass
class _Broken:
    status: int = 502
    headers: dict[str, str] = field(default_factory=dict)
    text: str = "<html>Bad gateway</html>"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_what_it_needs_to_complete(shell: str, retake: Retake) -> None:
    code, out, _ = retake("completion", shell)

    assert code == 0
    assert "_RETAKE_COMPLETE" in out


@pytest.mark.parametrize("state", ["none", "letters"])
def test_dead_letters_are_sent_back_where_there_are_some(
    state: str, stack: StackDoor, retake: Retake
) -> None:
    stack.aws.dead_letters = 0 if state == "none" else 3

    retake("redrive", "--dry-run")
    assert stack.aws.moved == []
    retake("redrive")

    moved = [] if state == "none" else [("arn:https://sqs/dead", "arn:https://sqs/intake")]
    assert stack.aws.moved == moved


def test_webhooks_are_sent_once_more_by_name_and_by_time(
    stack: StackDoor, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack.reception, "webhook_url", "https://receiver.example/hooks")
    edit_id = an_edit(stack, "done")

    by_name = retake("webhooks", edit_id, "--json")
    by_time = retake("webhooks", "--since", "2020-01-01", "--all", "--json")
    failed_only = retake("webhooks", "--since", "2020-01-01T00:00:00Z", "--json")

    assert checked("webhooks", by_name[1])["edit_ids"] == [edit_id]
    assert checked("webhooks", by_time[1])["edit_ids"] == [edit_id]
    assert checked("webhooks", failed_only[1])["edit_ids"] == []
    assert len(stack.reception.webhooks.messages) == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ((), "Name edits, or a time with --since"),
        ((UNKNOWN, "--since", "2026-03-01"), "Name edits, or a time with --since"),
        ((UNKNOWN, "--all"), "go with --since"),
        (("--since", "yesterday"), "does not match the format"),
    ],
)
def test_webhooks_of_nothing_or_of_two_things_are_refused(
    typed: tuple[str, ...], said: str, stack: StackDoor, retake: Retake
) -> None:
    code, _, err = retake("webhooks", *typed)

    assert code == 2
    assert said in err


def test_a_long_list_is_read_page_by_page(stack: StackDoor, retake: Retake) -> None:
    for number in range(5):
        stack.reception.start(prompt=f"noir {number}")

    _, out, _ = retake("list", "--limit", "3", "--json")

    assert len(checked("list", out)["edits"]) == 3


def test_an_edit_that_is_waited_for_is_told_at_its_end(stack: StackDoor, retake: Retake) -> None:
    edit_id = an_edit(stack, "new")

    code, out, _ = retake("show", edit_id, "--wait", "--json")

    assert code == 0
    assert checked("show", out)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("kind", ["made", "dry"])
def test_an_edit_is_told_to_programs_as_its_schema_says(
    kind: str, stack: StackDoor, street: Path, retake: Retake
) -> None:
    more = ("--dry-run",) if kind == "dry" else ("--yes",)

    code, out, _ = retake("edit", str(street), "-p", "Make it snow", "--json", *more)

    assert code == 0
    assert ("prices" if kind == "dry" else "edits") in checked("edit", out)

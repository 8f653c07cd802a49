"""The door for agents, driven by the protocol's own client."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from command.agents import AgentsDesk
from command.agents_server import server_for
from tests.command.stack_door import StackDoor

UNKNOWN = "e-00000000000000000000"


def desk_of(stack: StackDoor, folder: Path, **limits: Any) -> AgentsDesk:
    known: dict[str, Any] = {"approval_usd": 1.0, **limits}
    return AgentsDesk(door=stack.open(), folders=[folder], **known)


def spoken(desk: AgentsDesk, talk: Callable[[Client], Awaitable[Any]], **how: Any) -> Any:
    """What a client of the protocol hears."""

    async def run() -> Any:
        async with Client(server_for(desk, **how)) as client:
            return await talk(client)

    return anyio.run(run)


def called(desk: AgentsDesk, tool: str, /, **said: Any) -> tuple[bool, Any]:
    """Whether it was refused, and the answer or the sentence."""

    async def talk(client: Client) -> Any:
        return await client.call_tool(tool, said)

    result = spoken(desk, talk)
    if result.is_error:
        return True, result.content[0].text
    return False, result.structured_content


def an_edit(street: Path, **other: Any) -> dict[str, Any]:
    known = {"clip": str(street), "prompt": "Make it snow", "max_cost_usd": 0.9}
    return {**known, "request_id": "request-1", **other}


def test_an_agent_finds_these_tools_and_none_that_approves(
    stack: StackDoor, tmp_path: Path
) -> None:
    async def talk(client: Client) -> Any:
        return await client.list_tools()

    tools = {tool.name: tool for tool in spoken(desk_of(stack, tmp_path), talk).tools}

    assert set(tools) == {"quote", "edit", "status", "list", "cancel", "models", "costs"}
    assert {"clip", "prompt", "max_cost_usd", "request_id"} <= set(
        tools["edit"].input_schema["required"]
    )


def test_an_edit_is_started_under_the_sum_that_the_agent_says(
    stack: StackDoor, street: Path
) -> None:
    desk = desk_of(stack, street.parent)

    is_refused, made = called(desk, "edit", **an_edit(street))

    assert not is_refused, made
    assert (made["status"], made["quoted_usd"], made["is_new"]) == ("RECEIVED", 0.84, True)
    assert called(desk, "status", edit_id=made["edit_id"])[1]["edit_id"] == made["edit_id"]
    assert called(desk, "list")[1]["edits"][0]["edit_id"] == made["edit_id"]
    assert called(desk, "cancel", edit_id=made["edit_id"])[1]["outcome"] == "CANCELLED"


def test_the_same_request_is_the_same_edit_and_another_under_its_id_is_refused(
    stack: StackDoor, street: Path
) -> None:
    first = called(desk_of(stack, street.parent), "edit", **an_edit(street))[1]
    # Another session, as after a crash of the agent.
    second = called(desk_of(stack, street.parent), "edit", **an_edit(street))[1]
    is_refused, said = called(
        desk_of(stack, street.parent), "edit", **an_edit(street, prompt="Make it rain")
    )

    assert first["edit_id"] == second["edit_id"]
    assert not second["is_new"]
    assert is_refused
    assert "belongs to another edit" in said
    assert len(stack.edit_ids()) == 1


@pytest.mark.parametrize(
    ("said", "limits", "told"),
    [
        ({"max_cost_usd": 0.5}, {}, "It costs $0.84; max_cost_usd is $0.50."),
        ({}, {"approval_usd": 0.5}, "above $0.50 a person must approve it"),
        ({}, {"most_usd": 0.5}, "a person must approve more"),
    ],
)
def test_what_costs_more_than_it_may_is_refused_and_nothing_is_sent(
    said: dict[str, Any], limits: dict[str, Any], told: str, stack: StackDoor, street: Path
) -> None:
    is_refused, sentence = called(
        desk_of(stack, street.parent, **limits), "edit", **an_edit(street, **said)
    )

    assert is_refused
    assert told in sentence
    assert (stack.uploads, stack.edit_ids()) == ([], [])


def test_files_outside_of_its_folders_are_not_read_also_behind_a_link(
    stack: StackDoor, street: Path, tmp_path: Path
) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "link.mp4").symlink_to(street)

    for name in (street, allowed / "link.mp4", allowed / ".." / "street.mp4", "/etc/passwd"):
        is_refused, sentence = called(desk_of(stack, allowed), "edit", **an_edit(Path(name)))
        assert is_refused
        assert "Only files below these folders may be read" in sentence
    assert stack.calls == []


@pytest.mark.parametrize(
    "missing", ["max_cost_usd", "request_id"], ids=["without a sum", "without an id of its own"]
)
def test_a_paid_call_that_lacks_what_it_needs_is_refused(
    missing: str, stack: StackDoor, street: Path
) -> None:
    said = an_edit(street)
    del said[missing]

    is_refused, _ = called(desk_of(stack, street.parent), "edit", **said)

    assert is_refused
    assert stack.calls == []


def test_what_takes_long_is_answered_in_time_and_found_again(
    stack: StackDoor, street: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    from command import starting

    goes_on = Event()

    def slow(*said: Any) -> str:
        goes_on.wait(10)
        return stack.upload(*said)

    monkeypatch.setattr(starting, "upload", slow)
    desk = desk_of(stack, street.parent)

    async def talk(client: Client) -> Any:
        early = await client.call_tool("edit", an_edit(street))
        goes_on.set()
        later = early
        while later.structured_content.get("status") == "STILL_WORKING":
            later = await client.call_tool("edit", an_edit(street))
        return early, later

    early, later = spoken(desk, talk, answer_seconds=0.5)

    assert early.structured_content["status"] == "STILL_WORKING"
    assert later.structured_content["edit_id"] == stack.edit_ids()[0]
    assert stack.uploads == ["street.mp4"]


def test_an_edit_that_is_not_there_is_a_sentence_and_the_models_are_listed(
    stack: StackDoor, tmp_path: Path
) -> None:
    desk = desk_of(stack, tmp_path)

    is_refused, sentence = called(desk, "status", edit_id=UNKNOWN)
    assert is_refused
    assert sentence.endswith(f"NOT_FOUND: There is no edit {UNKNOWN}.")
    assert called(desk, "models")[1]["models"][0]["role"] == "default"
    assert called(desk, "quote", seconds=5)[1]["quotes"][0]["quoted_usd"] == 0.84

"""list, show, models and costs: reading what a stack knows."""

import itertools
from typing import TYPE_CHECKING, Any

import click

from command.main import Verb
from command.options import an_edit, as_json, at_a_stack, out_width
from command.terminal import print_json

if TYPE_CHECKING:
    from command.door import StackChoice

STATUSES = (
    *("RECEIVED", "SUBMITTING", "UNCERTAIN", "RUNNING", "SAVING"),
    *("SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"),
    "WAITING",  # whatever the status is
)


@click.command("list", cls=Verb)
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--status", type=click.Choice(STATUSES, case_sensitive=False), metavar="STATUS")
@click.option("--model", metavar="KEY", help="only of this one")
@click.option("--tag", metavar="WORD", help="only with this tag")
@as_json
@at_a_stack
def list_(
    place: "StackChoice",
    limit: int,
    status: str | None,
    model: str | None,
    tag: str | None,
    is_json: bool,
) -> int:
    """The latest edits, newest first."""
    from command.listings import of_edits

    wanted = {"status": status, "model": model, "tag": tag, "limit": min(limit, 100)}
    edits = list(itertools.islice(place.open().edits(**wanted), limit))
    if is_json:
        print_json({"edits": edits})
    else:
        print(of_edits(edits, out_width()))
    return 0


@click.command(cls=Verb)
@an_edit
@click.option("--wait", is_flag=True, help="until it has ended")
@as_json
@at_a_stack
def show(place: "StackChoice", edit_id: str, wait: bool, is_json: bool) -> int:
    """One edit: where it stands, what was asked for, what it cost, where the result is."""
    from command.exits import Exit
    from command.following import follow, needs_approval
    from command.wording import of_edit

    door = place.open()
    edit = door.edit(edit_id)
    if wait:
        (edit,) = follow(door, [edit])
    if is_json:
        print_json(edit)
    else:
        print(of_edit(edit, out_width()))
    if wait and needs_approval(edit):
        return Exit.NEEDS_CONSENT
    ended_badly = edit["status"] in ("FAILED", "REJECTED", "CANCELLED")
    return Exit.NOT_DONE if wait and ended_badly else Exit.DONE


@click.command(cls=Verb)
@as_json
@at_a_stack
def models(place: "StackChoice", is_json: bool) -> int:
    """What each model takes and costs, and which one the stack takes when none is named."""
    from command.listings import of_models

    answer = place.open().read("GET", "/models")
    if is_json:
        print_json(answer)
    else:
        print(of_models(answer, out_width()))
    return 0


@click.command(cls=Verb)
@click.option("--since", metavar="DATE", help="the first day, 2026-03-01 (of this month)")
@click.option("--until", metavar="DATE", help="the last day (today)")
@click.option(
    "--by",
    type=click.Choice(["day", "model", "folder", "caller"], case_sensitive=False),
    default="day",
)
@as_json
@at_a_stack
def costs(
    place: "StackChoice", since: str | None, until: str | None, by: str, is_json: bool
) -> int:
    """What was quoted, billed and put at risk."""
    from command.door import query
    from command.listings import of_costs

    answer: Any = place.open().read(
        "GET", f"/costs{query({'since': since, 'until': until, 'by': by})}"
    )
    if is_json:
        print_json(answer)
    else:
        print(of_costs(answer, out_width()))
    return 0

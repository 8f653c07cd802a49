"""mcp: the door for agents."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from command.main import Verb
from command.options import DOLLARS, at_a_stack

if TYPE_CHECKING:
    from command.door import StackChoice


@click.command(cls=Verb)
@click.option(
    "--folder",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="clips below it may be read; may be repeated",
)
@click.option(
    "--approve-above",
    type=DOLLARS,
    default=1.0,
    show_default=True,
    metavar="N",
    help="dollars from which on a person must start an edit",
)
@click.option("--max-usd", type=DOLLARS, metavar="N", help="for all edits of this session")
@at_a_stack
def mcp(
    place: "StackChoice", folders: tuple[Path, ...], approve_above: float, max_usd: float | None
) -> int:
    """Serve agents by the Model Context Protocol over stdio: quote, edit, status, list, cancel,
    models and costs. Nothing here approves anything."""
    from command.agents import AgentsDesk
    from command.agents_server import server_for
    from local.errors import UserError

    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder} is no folder.")
    desk = AgentsDesk(
        door=place.open(), folders=folders, approval_usd=approve_above, most_usd=max_usd
    )
    server_for(desk).run("stdio")
    return 0

"""open, board and share: pages for people, behind links that expire."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from command.main import Verb
from command.options import Amount, an_edit, as_json, at_a_stack, on_a_port
from command.terminal import print_json, say

if TYPE_CHECKING:
    from command.door import StackChoice

BOARD_DAYS, SHARE_DAYS, MAX_DAYS = 30, 7, 365
DAYS = Amount("days", MAX_DAYS)


def _days(default: int) -> Callable[[Callable[..., int]], Callable[..., int]]:
    return click.option(
        "--days", type=DAYS, default=default, show_default=True, metavar="N", help="how long"
    )


@click.command(cls=Verb)
@_days(BOARD_DAYS)
@click.option("--work", is_flag=True, help="serve it here, to start and change edits")
@on_a_port
@as_json
@at_a_stack
def board(place: "StackChoice", days: float, work: bool, board_port: int, is_json: bool) -> int:
    """A link to the board of the latest edits, and nothing else, so that it can be passed on.

    Whoever has it may look until it expires, without an account; it lets nobody change anything.
    It is signed with the stack's own secret, which takes secretsmanager:GetSecretValue. With
    --work the board is served on this machine until Ctrl-C, and whatever is done on it is done
    with your credentials; that address is yours alone.
    """
    from command.link_minting import of_door

    door = place.open()
    if work:
        from command.studio import keep_board_up

        return keep_board_up(door, board_port, is_json=is_json)
    link = of_door(door).board(days)
    print_json({"url": link}) if is_json else print(link)
    return 0


@click.command(cls=Verb)
@an_edit
@_days(SHARE_DAYS)
@click.option("--revoke", is_flag=True, help="take back every link to it instead, and no other's")
@as_json
@at_a_stack
def share(place: "StackChoice", edit_id: str, days: float, revoke: bool, is_json: bool) -> int:
    """A link to one edit, before and after, and nothing else, so that it can be passed on. It may
    still be running."""
    from command.link_minting import of_door

    door = place.open()
    door.edit(edit_id)  # a link to nothing is no use to anybody
    mint = of_door(door)
    if revoke:
        mint.revoke(edit_id)
        told = f"Every link to {edit_id} that was out opens nothing any more."
        print_json({"revoked": edit_id}) if is_json else print(told)
        return 0
    link = mint.share(edit_id, days)
    print_json({"url": link}) if is_json else print(link)
    return 0


@click.command("open", cls=Verb)
@an_edit
@as_json
@at_a_stack
def open(place: "StackChoice", edit_id: str, is_json: bool) -> int:
    """Before and after in the browser, with what it cost and the rest of its batch; where there is
    no browser, its address. To pass it on, take `share`."""
    import webbrowser

    from command.link_minting import of_door
    from local.errors import UserError

    door = place.open()
    edit = door.edit(edit_id)
    try:
        link = of_door(door).own(edit_id)
    except UserError:
        if not edit.get("share_url"):  # these credentials may not read the secret that signs
            raise
        link = edit["share_url"]
    opened = not is_json and webbrowser.open(link)
    if is_json:
        print_json({"url": link})
    else:
        print(link)
        if not opened:
            say("No browser could be opened here.")
    return 0

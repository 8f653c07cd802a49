"""webhooks: sent once more, of one edit or of all that ended within a time."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from command.main import Verb
from command.options import EDIT_ID, as_json, at_a_stack
from command.terminal import print_json

if TYPE_CHECKING:
    from command.door import StackChoice

FORMS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z")


@click.command(cls=Verb)
@click.argument("edit_ids", metavar="[EDIT_ID]…", type=EDIT_ID, nargs=-1)
@click.option(
    "--since", metavar="TIME", type=click.DateTime(FORMS), help="2026-03-01, or with T12:30"
)
@click.option("--until", metavar="TIME", type=click.DateTime(FORMS), help="and before it (now)")
@click.option("--all", "everything", is_flag=True, help="of that time also those that were taken")
@as_json
@at_a_stack
def webhooks(
    place: "StackChoice",
    edit_ids: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    everything: bool,
    is_json: bool,
) -> int:
    """Send webhooks once more: of the edits that are named, or of all that ended `--since` a time
    and failed to reach their receiver. Each goes under its old webhook-id."""
    if bool(edit_ids) == bool(since):
        raise click.UsageError("Name edits, or a time with --since.")
    if edit_ids and (until or everything):
        raise click.UsageError("--until and --all go with --since.")
    door = place.open()
    if since is None:
        for edit_id in edit_ids:
            door.ask("POST", f"/edits/{edit_id}/webhooks/redeliver")
        sent = list(edit_ids)
    else:
        wanted = {"since": _aware(since), "only_failed": not everything}
        sent = _of_a_time(door, wanted | ({"until": _aware(until)} if until else {}))
    if is_json:
        print_json({"edit_ids": sent})
    else:
        print(f"  {len(sent) or 'no'} webhook{'' if len(sent) == 1 else 's'} sent once more")
        print("".join(f"  {edit_id}\n" for edit_id in sent), end="")
    return 0


def _of_a_time(door: Any, wanted: dict[str, Any]) -> list[str]:
    """Page after page: each call looks at so many records only."""
    sent: list[str] = []
    cursor: str | None = None
    while True:
        page = door.read(
            "POST", "/webhooks/redeliver", wanted | ({"cursor": cursor} if cursor else {})
        )
        sent += page["edit_ids"]
        cursor = page.get("next_cursor")
        if not cursor:
            return sent


def _aware(said: datetime) -> str:
    """A time without a zone is one of this machine's."""
    return (said if said.tzinfo else said.astimezone()).isoformat()

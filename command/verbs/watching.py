"""watch: a folder whose clips are edited as they come."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from command.main import Verb
from command.options import DOLLARS, as_json, asks, at_a_stack
from command.terminal import say
from command.verbs.editing import wish_of, wish_options

if TYPE_CHECKING:
    from command.door import StackChoice


@click.command(cls=Verb)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-p", "--prompt", required=True, help="what to change, in words")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FOLDER", help="for results (edited/)"
)
@wish_options
@click.option("--yes", is_flag=True, help="agree to the price of whatever comes")
@click.option("--max-usd", type=DOLLARS, metavar="N", help="agree up to so many dollars in all")
@click.option("--once", is_flag=True, help="take what lies there, wait for it, and end")
@as_json
@at_a_stack
def watch(  # noqa: PLR0913  each is an option of its own
    place: "StackChoice",
    folder: Path,
    prompt: str,
    out: Path | None,
    yes: bool,
    max_usd: float | None,
    once: bool,
    is_json: bool,
    **said: Any,
) -> int:
    """Edit every clip that is put into FOLDER, once it has stopped growing, until Ctrl-C. What was
    edited before is not edited again, also after a new start. With --json a line for each edit."""
    import json

    from command.editing import as_made
    from command.exits import Exit
    from command.following import check_place
    from command.refusals import CommandRefused
    from command.starting import Consent
    from command.watching import LOOK_SECONDS, Watcher

    wish = wish_of(prompt, said)
    if not folder.is_dir():
        what = "is a file; name the folder it lies in" if folder.exists() else "is not there"
        raise CommandRefused(f"{folder} {what}.")
    results = out or folder / "edited"
    check_place(results, is_folder=True)
    watcher = Watcher(
        door=place.open(),
        folder=folder,
        wish=wish,
        consent=Consent(is_given=yes, most_usd=max_usd, ask=None if is_json else asks()),
        out=results,
        tell=lambda started, saved: (
            print(json.dumps(as_made(started, saved)), flush=True) if is_json else None
        ),
    )
    say(f"watching {folder}; Ctrl-C ends that, and no edit")
    looks = 0
    while not once or looks < 2 or watcher.is_waiting:
        watcher.look()
        looks += 1
        watcher.door.pause(LOOK_SECONDS)
    if watcher.faults:
        return watcher.faults[0].exit_code
    return Exit.NEEDS_CONSENT if watcher.is_asking else Exit.DONE

"""Waiting for edits, and fetching what came of them."""

import shutil
import sys
import time
import urllib.error
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from command.door import Door
from command.progress import Progress
from command.refusals import ApiRefusal, CommandRefused
from command.terminal import is_terminal
from command.uploading import opener
from command.wording import called
from local.errors import OutOfReach, UserError

ENDED = frozenset({"SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"})
HERE_SECONDS = 0.5
AWAY_SECONDS = 3.0
# An API that cannot be reached for so long is given up; the edits go on without us.
PATIENCE_SECONDS = 300.0
# One on this machine answers at once or is gone.
HERE_PATIENCE_SECONDS = 30.0
DOWNLOAD_SECONDS = 600


def follow(
    door: Door,
    edits: Sequence[dict[str, Any]],
    ended: Callable[[dict[str, Any]], object] = lambda edit: None,
    *,
    is_attended: bool | None = None,
) -> list[dict[str, Any]]:
    """Each of the edits once it has ended, in the same order, shown while they move; `ended` hears
    of each at once. Two of them may be the same one.

    Where nobody sits (`is_attended`), an edit that a person must approve is not waited for: it
    comes back as it is. Raises OutOfReach when the stack has been silent for too long.
    """
    attended = is_terminal() if is_attended is None else is_attended
    latest = {each["edit_id"]: each for each in edits}
    pause = HERE_SECONDS if door.is_watched_closely else AWAY_SECONDS
    heard_at = time.monotonic()
    told: set[str] = set()
    with Progress(sys.stderr, total=len(latest)) as progress:
        open_ids = list(latest)
        while True:
            for edit_id in list(open_ids):
                edit = latest[edit_id]
                progress.show(edit)
                if needs_approval(edit) and edit_id not in told:
                    told.add(edit_id)
                    progress.tell(way_to_approve(edit, door))
                if edit["status"] in ENDED or (needs_approval(edit) and not attended):
                    open_ids.remove(edit_id)
                    ended(edit)
            if not open_ids:
                return [latest[each["edit_id"]] for each in edits]
            door.pause(pause)
            for edit_id in open_ids:
                try:
                    latest[edit_id] = door.edit(edit_id)
                    heard_at = time.monotonic()
                except (OutOfReach, ApiRefusal) as error:
                    if getattr(error, "status", 503) < 429:
                        raise
                    check_patience(door, edit_id, time.monotonic() - heard_at, error)


def check_patience(door: Door, edit_id: str, seconds: float, error: UserError) -> None:
    """Raises OutOfReach that says how to come back, once nothing was heard for long enough."""
    if seconds <= (HERE_PATIENCE_SECONDS if door.is_watched_closely else PATIENCE_SECONDS):
        return
    way = f"`{called()} show {edit_id} --wait{at_stack(door)}` goes on waiting"
    if door.is_watched_closely:
        way = f"if it has died, `{called()} up` starts one; else {way}"
    raise OutOfReach(f"No answer for {seconds:.0f} s ({str(error).rstrip('.')}): {way}.")


def needs_approval(edit: dict[str, Any]) -> bool:
    """Whether it goes no further until a person agrees to its price."""
    is_open = edit["status"] not in ENDED
    return is_open and (edit.get("waiting") or {}).get("waits_for") == "APPROVAL"


def way_to_approve(edit: dict[str, Any], door: Door) -> str:
    """How a person agrees, or refuses."""
    edit_id = edit["edit_id"]
    return (
        f"{edit_id}: a person must approve it: {called()} approve {edit_id}{at_stack(door)} "
        f"(or reject)"
    )


def at_stack(door: Door) -> str:
    """What a command needs besides, to reach the same stack."""
    return "" if door.address is not None else f" --stack {door.name}"


def place_for(edit: dict[str, Any], stem: str, out: Path | None, *, is_folder: bool) -> Path:
    """Where a result goes: the file that was named, or one of its own that nothing else has."""
    own = Path(f"{stem}.{edit['edit_id']}.mp4")
    if out is None:
        return own
    return out / own if is_folder or out.is_dir() else out


def check_place(out: Path | None, *, is_folder: bool) -> None:
    """What is paid for shall have somewhere to go. Raises CommandRefused; nothing was sent."""
    if out is None:
        return
    if is_folder and out.exists() and not out.is_dir():
        raise CommandRefused(f"{out} is a file; several results need a folder.")
    parent = out if is_folder else out.parent
    if not is_folder and not parent.is_dir():
        raise CommandRefused(f"There is no folder {parent}.")


def fetch(door: Door, edit: dict[str, Any], path: Path) -> Path:
    """Save the result, whole or not at all. Raises ApiRefusal, OutOfReach."""
    if path.exists() and path.stat().st_size == (edit.get("result") or {}).get("size_bytes"):
        return path
    answer = door.ask("GET", f"/edits/{edit['edit_id']}/video")
    link = answer.headers.get("location")
    if link is None:
        raise CommandRefused(f"{edit['edit_id']} has no link to its video.")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    try:
        # The link carries its own signature; ours does not go along.
        with (
            opener(link).open(link, timeout=DOWNLOAD_SECONDS) as body,
            draft.open("wb") as file,
        ):
            shutil.copyfileobj(body, file)
        draft.replace(path)
    except urllib.error.HTTPError as error:
        with error:
            raise OutOfReach(f"The result cannot be fetched: HTTP {error.code}.") from None
    except OSError as error:
        raise OutOfReach(f"The result cannot be saved: {error}") from None
    finally:
        draft.unlink(missing_ok=True)
    return path

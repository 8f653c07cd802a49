"""Waiting for edits, and fetching what came of them."""

import shutil
import sys
import time
import urllib.error
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from command.door import Door
from command.progress import Progress
from command.refusals import ApiRefusal, CommandRefused
from command.uploading import opener
from local.errors import OutOfReach, UserError

ENDED = frozenset({"SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"})
HERE_SECONDS = 0.5
AWAY_SECONDS = 3.0
# An API that cannot be reached for so long is given up; the edits go on without us.
PATIENCE_SECONDS = 300.0
DOWNLOAD_SECONDS = 600


def follow(door: Door, edits: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The edits once all of them have ended, in the same order, shown while they move."""
    latest = {each["edit_id"]: each for each in edits}
    pause = HERE_SECONDS if door.is_watched_closely else AWAY_SECONDS
    heard_at = time.monotonic()
    with Progress(sys.stderr, total=len(latest)) as progress:
        for each in latest.values():
            progress.show(each)
        while open_ids := [it for it, edit in latest.items() if edit["status"] not in ENDED]:
            door.pause(pause)
            for edit_id in open_ids:
                try:
                    latest[edit_id] = door.edit(edit_id)
                    heard_at = time.monotonic()
                except (OutOfReach, ApiRefusal) as error:
                    is_passing = getattr(error, "status", 503) >= 429
                    if not is_passing or time.monotonic() - heard_at > PATIENCE_SECONDS:
                        raise
                progress.show(latest[edit_id])
    return list(latest.values())


def place_for(edit: dict[str, Any], stem: str, out: Path | None, *, is_folder: bool) -> Path:
    """Where a result goes: the file that was named, or one of its own that nothing else has."""
    own = Path(f"{stem}.{edit['edit_id']}.mp4")
    if out is None:
        return own
    return out / own if is_folder or out.is_dir() else out


def check_place(out: Path | None, *, is_folder: bool) -> None:
    """Before anything is sent: what is paid for shall have somewhere to go. Raises UserError."""
    if out is None:
        return
    if is_folder and out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file; several results need a folder.")
    parent = out if is_folder else out.parent
    if not is_folder and not parent.is_dir():
        raise UserError(f"There is no folder {parent}.")


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

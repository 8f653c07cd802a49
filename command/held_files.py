"""Clips and pictures that somebody has put onto the board and not started yet.

They lie on this machine, each in a folder of its own, and go when they are taken off the board,
when their edit has begun, and when the board ends. Nothing of them is sent before a start.
"""

import os
import re
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from command.clips import PICTURES, FileClip
from command.refusals import CommandRefused
from local.emulator.engine import WORKSHOP, is_alive

MAX_BYTES = 300_000_000  # what the largest model takes
MOST_FILES = 64
NAME_BYTES = 200


@dataclass(frozen=True, slots=True)
class HeldFile:
    """One of them. `key` is by what the page names it, and no path."""

    key: str
    path: Path

    @property
    def clip(self) -> FileClip:
        return FileClip(self.path)

    @property
    def is_picture(self) -> bool:
        return self.path.suffix.lower() in PICTURES

    def told(self) -> dict[str, Any]:
        """What the page shows of it. Raises CommandRefused for what is no video."""
        known: dict[str, Any] = {
            "id": self.key,
            "name": self.path.name,
            "is_picture": self.is_picture,
            "size_bytes": self.path.stat().st_size,
        }
        if self.is_picture:
            return known
        footage = self.clip.facts()
        known |= {
            "seconds": round(footage.duration_seconds, 2),
            "width": footage.width,
            "height": footage.height,
            "frame": self._frame(),
        }
        return {name: value for name, value in known.items() if value is not None}

    def _frame(self) -> str | None:
        """A picture out of the clip, as an address; None where none can be made."""
        from retake.domain.errors import RetakeError
        from retake.media.poster import poster_of
        from retake.presentation.pages.document import as_address

        try:
            with self.clip.opened() as reader:
                return as_address(poster_of(reader))
        except RetakeError:
            return None


class HeldFiles:
    """All of them, below one folder that is gone when `close` was called."""

    def __init__(self) -> None:
        WORKSHOP.mkdir(parents=True, exist_ok=True)
        for left in WORKSHOP.glob("board-*-*"):  # by a board that was killed
            if not is_alive(int(left.name.split("-")[1])):
                shutil.rmtree(left, ignore_errors=True)
        self._folder = Path(tempfile.mkdtemp(dir=WORKSHOP, prefix=f"board-{os.getpid()}-"))
        self._held: dict[str, HeldFile] = {}
        self._lock = Lock()

    def place(self, name: str) -> HeldFile:
        """Where a file of this name may be written to. Raises CommandRefused."""
        name = file_name(name)
        if name.lower().endswith(".json"):
            raise CommandRefused(
                f"{name} is no clip; put requests and settings into the bucket itself."
            )
        with self._lock:
            if len(self._held) >= MOST_FILES:
                raise CommandRefused(f"{MOST_FILES} files wait already; start or remove some.")
            key = secrets.token_urlsafe(12)
            folder = self._folder / key
            folder.mkdir()
            held = self._held[key] = HeldFile(key, folder / name)
        return held

    def get(self, key: object) -> HeldFile:
        """Raises CommandRefused when there is none any more."""
        held = self._held.get(str(key))
        if held is None or not held.path.is_file():
            raise CommandRefused("This file is no longer held; drop it again.")
        return held

    def release(self, key: object) -> None:
        """It is not needed any more; gone already is as good."""
        with self._lock:
            held = self._held.pop(str(key), None)
        if held is not None:
            shutil.rmtree(held.path.parent, ignore_errors=True)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def check_size(name: str, size_bytes: int) -> None:
    """Raises CommandRefused; what is in a file is told once it is here."""
    if size_bytes == 0:
        raise CommandRefused(f"{name} is empty.")
    if size_bytes > MAX_BYTES:
        megabytes = f"{size_bytes / 1e6:,.0f} MB; {MAX_BYTES / 1e6:,.0f} are allowed"
        raise CommandRefused(f"{name} has {megabytes}.")


def file_name(said: str) -> str:
    """The last part of a path, printable, and short enough for a key."""
    name = "".join(char for char in re.split(r"[/\\]", said)[-1] if char.isprintable()).strip(". ")
    while len(name.encode()) > NAME_BYTES:
        name = name[1:]
    return name or "clip.mp4"

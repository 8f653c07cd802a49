"""What was sent to a real provider from this machine, kept on disk: the stack here forgets when it
ends, and what is paid for must not be paid for twice or lost."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from local.emulator.engine import WORKSHOP

FOLDER = WORKSHOP / "live"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One paid call. Without a `status` it left, and its answer never came."""

    path: str
    status: int | None = None
    body: str = ""


class Receipts:
    """One file for each call, named by what was asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def of(self, name: str) -> Receipt | None:
        """Raises ValueError for a file that is damaged: it may stand for a paid call."""
        path = self._path(name)
        return Receipt(**json.loads(path.read_text())) if path.exists() else None

    def note(self, name: str, receipt: Receipt) -> None:
        """Keep it, on the disk before this returns."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._path(name).with_suffix(".draft")
        draft.touch(mode=0o600)
        with draft.open("w") as file:
            json.dump(asdict(receipt), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self._path(name))

    def forget(self, name: str) -> None:
        """The provider has refused it: nothing was taken, so nothing can be billed."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

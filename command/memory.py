"""What this machine has asked for before, so that the same call makes no second edit.

One small file for each call, named by what it says; it holds a key and an id, no prompt.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from local.emulator.engine import WORKSHOP

CALLS = WORKSHOP / "calls"


def fingerprint(stack: str, clip: str, request: Mapping[str, Any], nonce: str = "") -> str:
    """Equal for calls that want the same edit of the same bytes in the same stack."""
    said = json.dumps([stack, clip, request, nonce], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


@dataclass(slots=True)
class AskedBefore:
    """`source` is where the clip was put, `pictures` where those are (file → key), `edit_id` what
    came of it; each may still be missing."""

    source: str | None = None
    edit_id: str | None = None
    pictures: dict[str, str] = field(default_factory=dict)


class Memory:
    """A context manager around the memory of one call: meanwhile the same call waits."""

    def __init__(self, name: str, folder: Path = CALLS) -> None:
        self._path = folder / f"{name}.json"
        self.known = AskedBefore()

    @contextmanager
    def held(self) -> Iterator["Memory"]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.known = self._read()
            yield self

    def note(self, **known: Any) -> None:
        """Keep it, whole or not at all."""
        self.known = replace(self.known, **known)
        draft = self._path.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self.known)))
        os.replace(draft, self._path)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)
        self.known = AskedBefore()

    def _read(self) -> AskedBefore:
        try:
            said = json.loads(self._path.read_text())
            return AskedBefore(**said)
        except (OSError, ValueError, TypeError):
            return AskedBefore()

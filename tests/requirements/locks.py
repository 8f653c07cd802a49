"""The lock files as data: what is pinned, and by which hashes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.template_reader import ROOT

FOLDERS = ("requirements", "layers/core", "layers/media", "bench/requirements")
LOCKS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.txt"))


@dataclass(frozen=True, slots=True)
class Pin:
    """One requirement of a lock file as it is written there."""

    name: str
    version: str
    hashes: tuple[str, ...]


def pins(lock: Path) -> Iterator[Pin]:
    """Every requirement. Raises AssertionError for one that is not pinned to a version."""
    text = re.sub(r"#.*", "", lock.read_text()).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        written = line.partition(" --hash")[0].partition(";")[0].strip()
        found = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==([\w.!+]+)", written)
        assert found, f"{lock.name}: {written!r} is not pinned to a version"
        yield Pin(found[1].lower(), found[2], tuple(re.findall(r"--hash=(\S+)", line)))

"""Does one thing that Fit does for a long clip; prints what it took of time, memory and disk.

python -m bench.probes.film ROOM clip.mp4 plan|cut|stitch. ROOM keeps the records and the files from
one call to the next; the edited pieces are those that were sent. Memory and disk are in MB.
"""

import json
import pickle
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import retake.steps.split
import retake.steps.stitch
from retake.aws.s3 import Head, Saved
from retake.domain.edit import Edit, Result
from retake.domain.request import Request
from retake.domain.source import Source, edit_id_for
from retake.domain.stored import required
from retake.domain.vocabulary import Fit, Status
from retake.media.measure import Deadline
from retake.records.keys import edit_key
from retake.records.store import Records
from retake.steps.fit import Bench
from retake.steps.pieces import PieceStanding
from retake.steps.split import Desk, split
from retake.steps.stitch import stitch

from virtual.memory_table import MemoryTable

MODEL = "evolink/kling-o1-edit"
LOOK_SECONDS = 0.2  # between two looks at the disk
EDIT_ID = edit_id_for("inbox", "clip.mp4", "v1")


class Folder:
    """The buckets, as files: what Fit has in memory and on its own disk is all that is counted."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _path(self, bucket: str, key: str) -> Path:
        return self._root / bucket / key

    def head(self, source: Source) -> Head:
        size = self._path(source.bucket, source.key).stat().st_size
        return Head(size, "video/mp4", {}, source.version_id or "v1")

    def read(self, source: Source, offset: int, length: int) -> bytes:
        with self._path(source.bucket, source.key).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def save(
        self,
        bucket: str,
        key: str,
        chunks: Iterator[bytes],
        *,
        length: int | None,
        is_digested: bool = True,
    ) -> Saved:
        path = self._path(bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(chunks)
        return Saved(path.stat().st_size, "")


class Watch:
    """The most that lay on the disk at one moment, in MB."""

    def __init__(self, room: Path) -> None:
        self.most = 0.0
        self._room = room
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.most = max(self.most, sum(_sizes(self._room)) / 1e6)

    def end(self) -> None:
        self._over.set()
        self._thread.join()


def _sizes(room: Path) -> Iterator[int]:
    for path in list(room.rglob("*")):
        try:
            yield path.stat().st_size
        except FileNotFoundError:  # gone between the two
            continue


def film_of(table: MemoryTable, storage: Any, clip: Path) -> Records:
    """The records of a clip handed to Fit; as they stand, where an earlier call was."""
    kept = clip.parent / "records"
    if kept.exists():
        table.items = pickle.loads(kept.read_bytes())  # of our own making, a call before
    records = Records(table)
    if edit_key(EDIT_ID) in table.items:
        return records
    source = Source(bucket="inbox", key=clip.name, version_id="v1")
    size_bytes = storage.head(source).size_bytes
    request = Request(prompt="noir", model=MODEL, fit=Fit.SPLIT, fast=True)
    records.receive(
        EDIT_ID,
        source,
        source=replace(source, size_bytes=size_bytes),
        request=request,
        model=MODEL,
        provider="evolink",
    )
    return records


def stitched(edit: Edit, desk: Desk) -> None:
    """Put the pieces together as if each had come back as it was sent."""
    film = required(edit.film)
    pieces = {
        key: replace(edit, edit_id=key, status=Status.SUCCEEDED, film=None, result=_result(file))
        for key, file in zip(film.edit_ids, film.files, strict=True)
    }
    state = PieceStanding(edit, film, pieces)
    stitch(edit, film, state, desk.bench, desk.records, clock=desk.clock)


def _result(file: Source) -> Result:
    return Result(
        bucket=file.bucket,
        key=file.key,
        manifest_key="",
        size_bytes=file.size_bytes,
        sha256="",
        duration_seconds=0,
        width=0,
        height=0,
        has_audio=False,
    )


def main(room: Path, name: str, stage: str) -> None:
    table, storage = MemoryTable(), Folder(room)
    disk = room / "disk"
    disk.mkdir(exist_ok=True)
    tempfile.tempdir = str(disk)
    records = film_of(table, storage, room / "inbox" / name)
    edit = records.get(EDIT_ID)
    # Time is that of one processor: this machine has other work, and the function nearly two.
    for step in (retake.steps.split, retake.steps.stitch):
        vars(step)["Deadline"] = partial(Deadline, clock=time.process_time)
    bench: Any = Bench(storage, "results")  # type: ignore[arg-type]  # stands in for Storage
    desk = Desk(records, bench, time.process_time)
    watch, started = Watch(disk), time.perf_counter()
    if stage == "stitch":
        stitched(edit, desk)
    else:
        split(edit, desk)
    spent = time.perf_counter() - started
    watch.end()
    (room / "inbox" / "records").write_bytes(pickle.dumps(table.items))
    used = resource.getrusage(resource.RUSAGE_SELF)
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000
    seen = records.get(EDIT_ID)
    told = {
        "seconds": spent,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "mb": peak,
        "disk_mb": watch.most,
        "pieces": len(seen.film.edit_ids) if seen.film else 0,
        "cut": len(seen.film.files) if seen.film else 0,
        "joined": len(seen.film.joined) if seen.film else 0,
        "whole_mb": seen.film.whole.size_bytes / 1e6 if seen.film and seen.film.whole else 0,
        "end": seen.message or (seen.conclusion.message if seen.conclusion else ""),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])

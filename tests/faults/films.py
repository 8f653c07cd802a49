"""A film of two pieces in a stack in memory: the real steps, and a cutting room that is quick.

Decoding would be most of a run, and of one clip the same comes out every time: what was cut once is
remembered. Of what is put together each reel and film names the edited pieces that are in it, in
their order, in a box that nobody plays. A call of Fit has time for one piece only.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from retake.api.callers import Caller, Sight
from retake.api.cancel import cancel
from retake.api.problems import Problem
from retake.catalog.models import MODELS
from retake.catalog.schema import Price
from retake.domain.folders import Walls
from retake.domain.source import edit_id_for, upload_id
from retake.media.cut import cut
from retake.media.measure import Deadline, Survey, survey
from retake.media.stitch import Joined
from retake.records.queries import UnknownEdit
from retake.records.store import Records
from retake.steps.fit import Bench
from retake.steps.intake import message_of

from tests.faults.runs import SHORT, Outcome, run
from tests.support.numbered_film import film
from virtual.dropped import film_of, jobs_in, source_of
from virtual.memory_provider import Job
from virtual.points import Mode
from virtual.recorded import edits_in
from virtual.whole_stack import Stage
from virtual.wiring import handler

MODEL = "fal/kling-o1-edit"
ROW = MODELS[MODEL]
# Pieces of one to two seconds; dear, as the checker expects of a job at least.
SMALL = replace(
    ROW,
    side_minimum=64,
    standard=replace(
        ROW.standard, minimum_seconds=1, maximum_seconds=2, price=Price(usd_per_second=0.5)
    ),
)
FRAMES = 60  # 2.5 s
Happens = Callable[[Stage], None]


@cache
def long_clip() -> bytes:
    return film(range(FRAMES), width=96, height=64)


@cache
def _surveyed(data: bytes) -> Survey:
    return survey(_shelf(data), Deadline(60))


@cache
def _shelf(data: bytes) -> Path:
    path = Path(_ROOM[0]) / f"{abs(hash(data))}.mp4"
    path.write_bytes(data)
    return path


_ROOM: list[str] = []
_CUT: dict[tuple[int, ...], list[tuple[bytes, Any]]] = {}


def _cut(
    source: Path, found: Survey, target: Any, cuts: Any, *, begin: int, take: Any, **more: Any
) -> None:
    known = _CUT.setdefault(tuple(cuts), [])
    if not known:

        def keep(number: int, path: Path, tones: Any) -> bool:
            known.append((path.read_bytes(), tones))
            return True

        cut(source, found, target, cuts, begin=0, take=keep, **(more | {"watch": Deadline(60)}))
    for number, (data, tones) in list(enumerate(known))[begin:]:
        path = source.parent / f"piece-{number}.mp4"
        path.write_bytes(data)
        if not take(number, path, tones):
            return


class _Splicer:
    """Stands in for the Stitcher: writes down what was put into the reel."""

    def __init__(self, into: Path, *_: Any) -> None:
        self._into, self._jobs = into, list[str]()

    def __enter__(self) -> "_Splicer":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def hold(self, piece: Path, count: int, **_: int) -> None:
        pass

    def add(self, piece: Path, count: int, **_: int) -> Joined:
        self._jobs += jobs_in(piece.read_bytes())
        return Joined((0, 0, 0), (0, 0, 0), 0, was_resized=False, was_retimed=False)

    def end(self) -> None:
        self._into.write_bytes(film_of(tuple(self._jobs)))


def _splice(reels: Iterable[Path], into: Path, *_: Any, **__: Any) -> None:
    jobs = [job for reel in reels for job in jobs_in(reel.read_bytes())]
    into.write_bytes(film_of(tuple(jobs)))


@contextmanager
def quick_cutting_room(room: Path) -> Iterator[None]:
    """Fit, Submit and the catalog as films of these runs find them."""
    _ROOM[:] = [str(room)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(MODELS, MODEL, SMALL)
        for step in ("split", "stitch"):
            patched.setattr(
                f"retake.steps.{step}.survey", lambda path, watch: _surveyed(path.read_bytes())
            )
        patched.setattr("retake.steps.split.scene_changes", lambda *given: ())
        patched.setattr("retake.steps.split.cut", _cut)
        pictures = "retake.steps.piece_pictures"
        patched.setattr(f"{pictures}.poster_of", lambda reader: reader.read_at(0, 16))
        patched.setattr(f"{pictures}.survey", lambda path, watch: None)
        patched.setattr(f"{pictures}.last_picture_of", lambda *given: b"the last frame")
        patched.setattr("retake.steps.stitch.Stitcher", _Splicer)
        patched.setattr("retake.steps.stitch.splice", _splice)
        patched.setitem(handler("fit").__globals__, "Bench", partial(Bench, seconds=0))
        yield


def filmed(
    faults: Mapping[int, Mode | None] | None = None,
    *,
    happens: Happens = lambda stage: None,
    **asked: Any,
) -> tuple[Stage, Outcome]:
    """One long clip on its way through these faults; `happens` is what befalls it besides."""
    stage = Stage(MODEL, faults=dict(faults or {}), calls_back=True, lists=True, environment=SHORT)
    stage.deliver(stage.upload(clip=long_clip(), fit="split", **asked))
    happens(stage)
    line = "film:" + "+".join(f"{number}.{mode}" for number, mode in (faults or {}).items())
    return stage, run(stage, line)


def failing(*numbers: int) -> Happens:
    """The jobs of these numbers, counted from 1, come to nothing."""

    def happens(stage: Stage) -> None:
        told = stage.ledger.on_accept

        def accepted(job: Job) -> None:
            job.succeeds = int(job.job_id.removeprefix("job-")) not in numbers
            told(job)

        stage.ledger.on_accept = accepted

    return happens


def cancelled_after(seconds: float) -> Happens:
    """Somebody stops the film, and says so twice."""

    def owner(stage: Stage) -> None:
        records = Records(stage.table, now=stage.world.now)
        sight = Sight(Caller("the owner"), Walls(), records)
        for _ in range(2):
            stage.world.sleep(seconds)
            try:
                cancel(upload_id(source_of("clip.mp4")), sight, stage.workflow().wake)
            except (Problem, UnknownEdit):
                continue  # it has ended by itself, or has not begun

    def happens(stage: Stage) -> None:
        stage.world.spawn("owner", lambda: owner(stage)).is_observed = False

    return happens


def retried(stage: Stage) -> None:
    """When the film has failed its owner asks for what is missing."""
    first = upload_id(source_of("clip.mp4"))

    def owner() -> None:
        records = Records(stage.table, now=stage.world.now)
        while edits_in(stage).get(first, {}).get("notified_at") is None:
            stage.world.sleep(10)
        old = records.get(first)
        again = edit_id_for(first, "again")
        if old.result is None and old.status.value == "FAILED":
            records.receive(
                again,
                None,
                inbox_bucket="inbox",
                source=old.source,
                request=old.request,
                retry_of=first,
            )
            stage.lambdas.deliver(message_of(again))

    stage.world.spawn("owner", owner).is_observed = False

"""Fit under faults: every way it may fail or die, and the edit still ends as it must."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from retake.catalog.repair_plan import Target
from retake.media.measure import Deadline, Survey
from retake.media.transcode import remake

from tests.faults.runs import SHORT, Outcome, run
from virtual.clips import clip
from virtual.points import Mode
from virtual.whole_stack import Stage

WAYS = (Mode.FAILS, Mode.LOSES, Mode.LATE, Mode.HANGS, Mode.DIES, Mode.ENDS, Mode.ORPHANS)


@cache
def tiny() -> bytes:
    """A clip that must be made larger, and is quickly made."""
    return clip(3.0, 480, 480, 24, sound=False, index="first")


@pytest.fixture(scope="module", autouse=True)
def _each_clip_is_made_anew_once() -> Iterator[None]:
    """Coding would be most of a run; of the same clip and target the same comes out every time."""
    done: dict[tuple[bytes, Target], bytes] = {}

    def remembered(
        source: Path, found: Survey, target: Target, into: Path, watch: Deadline
    ) -> None:
        told = source.read_bytes(), target
        if told not in done:
            remake(source, found, target, into, watch)
            done[told] = into.read_bytes()
        into.write_bytes(done[told])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("retake.steps.fit.remake", remembered)
        yield


def repairing(faults: dict[int, Mode]) -> tuple[Stage, Outcome]:
    line = "fit:" + "+".join(f"{number}.{mode}" for number, mode in faults.items())
    stage = Stage("novita/kling-o1-edit", faults=dict(faults), calls_back=True, environment=SHORT)
    stage.deliver(stage.upload(clip=tiny(), fit="scale"))
    return stage, run(stage, line)


@cache
def points() -> dict[int, str]:
    """The calls that Fit makes and is called by, by their number in a run without faults."""
    stage, outcome = repairing({})
    names = [point.name for point in outcome.trace]
    begins = names.index("lambda.fit")
    ends = names.index("lambda.submit", begins)
    assert outcome.ends == {"SUCCEEDED": 1}
    assert stage.ledger.jobs
    return dict(enumerate(names[begins:ends], start=begins))


def test_fit_reads_the_record_fetches_looks_stores_looks_again_and_writes() -> None:
    assert list(points().values()) == [
        "lambda.fit",
        "table.get",
        "s3.read",
        "s3.head",
        "s3.save",
        "s3.head",
        "s3.read",
        "table.write",
    ]


@pytest.mark.parametrize("way", WAYS)
def test_no_fault_on_the_way_of_a_repair_loses_the_edit_or_sends_it_twice(way: Mode) -> None:
    for number, name in points().items():
        _, outcome = repairing({number: way})

        assert not outcome.violations, (name, outcome.told())
        assert outcome.ends == {"SUCCEEDED": 1}, (name, outcome.told())
        assert outcome.accepted == 1

"""Fit entered again: after a death half way, beside another worker, after a cancellation."""

from typing import Any

import pytest
from retake.aws.s3 import Saved
from retake.domain.edit import Conclusion
from retake.domain.errors import LostRace, Unavailable
from retake.domain.source import fitted_key
from retake.domain.vocabulary import Reason, Status
from retake.steps.outcome import Next

from tests.retake.steps.repair_cases import Footing, planned, repaired, square
from virtual.fake_storage import FakeStorage
from virtual.scene import Scene

TINY = square(3.0, width=480, height=480)


class FrailStorage(FakeStorage):
    """Stores what it is given and dies, as often as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.deaths = 0
        self.saves = 0

    def save(self, *where: Any, **how: Any) -> Saved:
        self.saves += 1
        saved = super().save(*where, **how)
        if self.deaths:
            self.deaths -= 1
            raise Unavailable("S3 cannot answer now.")
        return saved


def test_a_run_that_died_after_it_had_stored_the_clip_is_carried_on_not_repeated() -> None:
    scene = Scene(storage=FrailStorage())
    scene.storage.deaths = 1
    edit = planned(scene, TINY(), "scale")
    with pytest.raises(Unavailable):
        scene.fit(edit)

    edit, seen = repaired(scene, edit)

    assert scene.storage.saves == 1
    assert (seen.width, seen.height) == (720, 720)
    assert edit.repair["changes"][0] == "scaled from 480x480 to 720x720"


@pytest.mark.parametrize("left", [lambda: TINY()[:5000], TINY], ids=["half", "too small"])
def test_what_an_earlier_run_left_and_is_no_good_is_made_anew(left: Footing) -> None:
    scene = Scene(storage=FrailStorage())
    edit = planned(scene, TINY(), "scale")
    scene.storage.objects["results", fitted_key(edit.edit_id)] = left()

    _, seen = repaired(scene, edit)

    assert scene.storage.saves == 1
    assert (seen.width, seen.height) == (720, 720)


def test_of_two_that_repair_at_once_the_record_lets_one_write() -> None:
    scene = Scene()
    edit = planned(scene, TINY(), "scale")
    scene.fit(edit)

    with pytest.raises(LostRace):
        scene.fit(edit, stale=edit)

    assert scene.fit(edit).next is Next.SUBMIT  # read anew, it has nothing to do


def test_an_edit_that_was_cancelled_meanwhile_is_closed_and_not_repaired() -> None:
    scene = Scene(storage=FrailStorage())
    edit = planned(scene, TINY(), "scale")
    scene.records.conclude(edit, Conclusion(status=Status.CANCELLED, reason=Reason.CANCELLED))

    step = scene.fit(edit)

    assert step.next is Next.PERSIST
    assert scene.storage.saves == 0

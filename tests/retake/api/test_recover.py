"""`POST /edits/{id}/recover`: a late result is wanted on record, or it says why there is none."""

import pytest
from retake.api.callers import Caller, Sight
from retake.api.problems import Problem
from retake.api.recover import recover
from retake.domain.conclusions import failed
from retake.domain.folders import Walls
from retake.domain.vocabulary import Reason, Status

from tests.retake.steps.scripted_provider import out
from virtual.scene import Scene


def sight_of(scene: Scene) -> Sight:
    return Sight(Caller("nobody confined"), Walls(), scene.records)


def test_an_edit_that_was_sent_and_ended_without_its_result_is_looked_for() -> None:
    scene = Scene()
    edit = scene.records.close(scene.running(), failed(Reason.TIMED_OUT, "late", at_risk=True))

    asked, is_begun = recover(edit.edit_id, sight_of(scene))

    assert is_begun
    assert asked.recovery_asked_at is not None
    assert asked.status is Status.FAILED
    assert scene.records.open.late(limit=10) == [edit.edit_id]


def test_one_that_has_its_result_is_left_as_it_is() -> None:
    scene = Scene()
    edit = scene.running()
    out(scene, edit)

    found, is_begun = recover(edit.edit_id, sight_of(scene))

    assert (found.status, is_begun) == (Status.SUCCEEDED, False)


@pytest.mark.parametrize("standing", ["open", "unsent", "erased"])
def test_what_has_nothing_to_be_had_says_why(standing: str) -> None:
    scene = Scene()
    if standing == "open":
        edit = scene.running()
    elif standing == "unsent":
        edit = scene.records.close(scene.validated(), failed(Reason.MISCONFIGURED, "no key"))
    else:
        edit = scene.records.close(scene.running(), failed(Reason.TIMED_OUT, "late", at_risk=True))
        edit = scene.records.erasure.ask(edit)

    with pytest.raises(Problem) as problem:
        recover(edit.edit_id, sight_of(scene))

    wanted = {"open": "STILL_OPEN", "unsent": "NOTHING_TO_RECOVER", "erased": "ERASED"}
    assert problem.value.code == wanted[standing]

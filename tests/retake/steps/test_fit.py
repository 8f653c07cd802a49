"""Fit: every repair, judged by watching what came out; the edit goes on with the repaired clip."""

import pytest
from retake.domain.edit import Conclusion
from retake.domain.source import fitted_key
from retake.domain.vocabulary import Status
from retake.media.probe import probe
from retake.presentation.messages import message_about, text_about
from retake.steps.outcome import Next

from tests.retake.steps.repair_cases import REPAIRS, Row, planned, repaired, square
from virtual.scene import Scene

pytestmark = pytest.mark.long


@pytest.mark.parametrize("row", REPAIRS.values(), ids=REPAIRS.keys())
def test_a_clip_outside_the_limits_is_brought_within_and_what_changed_is_told(row: Row) -> None:
    scene, data = Scene(), row.data()

    edit, seen = repaired(scene, planned(scene, data, row.fit, **row.also))

    assert seen.seconds == pytest.approx(row.seconds, abs=0.002)
    assert (seen.width, seen.height, seen.rotation) == (*row.sides, 0)
    assert seen.fps == pytest.approx(row.fps, abs=0.01)
    assert seen.is_steady
    assert (seen.format, seen.codec, seen.sound) == ("mp4", "h264", row.sound)
    assert seen.whole_seconds == pytest.approx(row.seconds, abs=0.03)
    if row.sound:
        assert seen.sound_seconds == pytest.approx(row.seconds, abs=0.2)
    said = "; ".join(edit.repair["changes"])
    for words in row.changes:
        assert words in said
    assert f"The clip was repaired before the edit: {said}." in edit.warnings
    before, after = edit.repair["before"], edit.repair["after"]
    assert edit.footage == after
    assert after["duration_seconds"] == pytest.approx(seen.seconds, abs=0.002)
    assert (after["width"], after["height"]) == (seen.width, seen.height)
    assert before["size_bytes"] == len(data)
    assert before["has_audio"] is (row.sound is not None)
    assert before["has_variable_frame_rate"] is ("variable" in said)


def test_the_provider_is_given_the_repaired_clip_and_the_source_stays_what_was_dropped() -> None:
    scene = Scene()
    edit, _ = repaired(scene, planned(scene, square(width=640, height=360)(), "scale"))

    scene.submit(edit)

    edit = scene.now(edit)
    (order,) = scene.provider.orders
    assert order.video_url.startswith(f"https://results/{fitted_key(edit.edit_id)}")
    assert edit.source is not None
    assert edit.upload is not None
    assert (edit.source.key, edit.source.version_id) == (edit.upload.key, edit.upload.version_id)
    assert edit.status is Status.RUNNING


def test_validate_that_comes_again_does_not_plan_again() -> None:
    scene = Scene()
    edit = planned(scene, square(11.0)(), "trim")

    step = scene.validate(edit, look=probe)

    assert step.next is Next.SUBMIT
    assert scene.now(edit).version == edit.version


def test_the_message_tells_of_the_repair_for_machines_and_for_people() -> None:
    scene = Scene()
    edit, _ = repaired(scene, planned(scene, square(width=640, height=360)(), "scale"))
    edit = scene.records.close(edit, Conclusion(status=Status.CANCELLED))

    machine, person = message_about(edit), text_about(edit)

    change = "scaled from 640x360 to 1280x720"
    assert machine["repair"]["changes"][0] == change
    assert machine["repair"]["before"]["width"] == 640
    assert machine["repair"]["after"]["width"] == 1280
    assert f"Note:      The clip was repaired before the edit: {change}" in person

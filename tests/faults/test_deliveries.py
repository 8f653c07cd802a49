"""However often an event comes, and whoever takes it: one edit, one execution, one job."""

from tests.faults.checker import violations
from tests.faults.deliveries import delivered
from tests.faults.runs import VARIANTS
from virtual.recorded import edits_in
from virtual.whole_stack import Stage
from virtual.wiring import Current

UPLOADS = 150  # `make faults` delivers a thousand


def test_uploads_delivered_up_to_fifty_times_by_four_workers_are_one_edit_and_one_job_each() -> (
    None
):
    counted = delivered(UPLOADS)

    assert counted.deliveries > 20 * UPLOADS
    assert counted.edits == counted.executions == counted.accepted == UPLOADS
    assert counted.accepted_edits == UPLOADS


def test_deliveries_that_meet_inside_one_another_are_one_edit_too() -> None:
    stage = Stage(VARIANTS["lists"].model, lists=True, seed=3, switching=0.5)
    for number in range(5):
        event = stage.upload(f"clip-{number}.mp4")
        for _ in range(20):
            stage.deliver(event, after=stage.world.rng.random())
    Current.stage = stage
    stage.world.run()

    assert len(edits_in(stage)) == len(stage.states.executions) == len(stage.ledger.jobs) == 5
    assert not violations(stage, uploads=5)

"""Lambda throttles everything for minutes while paid results wait: none of them may be lost.

200 edits whose jobs all end as the throttling begins, on the real workflow with its own retries.
"""

import pytest

from tests.faults.runs import run
from virtual.machine import StateError
from virtual.recorded import edits_in
from virtual.whole_stack import Stage

EDITS = 200
JOB_SECONDS = 60.0


@pytest.mark.parametrize("seconds", [120.0, 240.0])
def test_no_result_is_lost_while_lambda_throttles(seconds: float) -> None:
    stage = Stage("novita/kling-o1-edit", environment={"SETTLE_SECONDS": "0"})
    stage.ledger.seconds = JOB_SECONDS
    invoke = stage.lambdas.invoke

    def throttled(name: str, *given: object) -> object:
        # Validate and submit have long run when the jobs end.
        if JOB_SECONDS <= stage.world.seconds < JOB_SECONDS + seconds:
            raise StateError("Lambda.TooManyRequestsException")
        return invoke(name, *given)  # type: ignore[arg-type]  # handed on as they came

    stage.lambdas.invoke = throttled  # type: ignore[method-assign,assignment]  # as an account's limit does
    for number in range(EDITS):
        stage.deliver(stage.upload(f"clip {number}.mp4"))

    outcome = run(stage, f"throttled for {seconds:.0f} s", uploads=EDITS)

    assert outcome.violations == []
    assert outcome.ends == {"SUCCEEDED": EDITS}
    assert len(edits_in(stage)) == EDITS

"""An accepted submit whose record cannot be written at once."""

from typing import Any

import pytest
from retake.aws.dynamodb_changes import Change
from retake.domain.errors import Unavailable
from retake.domain.vocabulary import Status
from retake.providers.contract import Submission, Verdict

from virtual.memory_table import MemoryTable
from virtual.scene import Scene


class FlickeringTable(MemoryTable):
    """Cannot take the next writes, or give the next reads."""

    down_for = 0
    dark_for = 0

    def get(self, key: str) -> dict[str, Any] | None:
        if self.dark_for > 0:
            self.dark_for -= 1
            raise Unavailable
        return super().get(key)

    def write(self, *changes: Change) -> None:
        if self.down_for > 0:
            self.down_for -= 1
            raise Unavailable
        super().write(*changes)


def test_an_outage_of_the_table_right_after_acceptance_is_waited_out() -> None:
    table = FlickeringTable()
    scene = Scene(table=table)
    edit = scene.validated()
    send = scene.provider.send

    def sent_and_then_down(order: Any) -> Any:
        table.down_for = 4
        return send(order)

    scene.provider.send = sent_and_then_down
    scene.submit(edit)

    assert scene.now(edit).status is Status.RUNNING
    assert len(scene.provider.orders) == 1


@pytest.mark.parametrize("verdict", [Verdict.NO_CREDIT, Verdict.RATE_LIMITED, Verdict.NOT_SENT])
def test_a_refusal_stays_one_when_the_table_cannot_be_read_right_after_it(verdict: Verdict) -> None:
    table = FlickeringTable()
    scene = Scene(table=table)
    edit = scene.validated()

    def refused_and_then_dark(order: Any) -> Submission:
        table.dark_for = 4
        return Submission(verdict=verdict)

    scene.provider.send = refused_and_then_dark
    scene.submit(edit, park_seconds=86_400)

    seen = scene.now(edit)
    assert (seen.status, seen.waits_for is None) == (Status.RECEIVED, False)


def test_a_poll_that_doubts_a_slow_submit_does_not_lose_its_task() -> None:
    scene = Scene()
    edit = scene.validated()
    send = scene.provider.send

    def doubted_meanwhile(order: Any) -> Any:
        scene.records.mark_uncertain(scene.now(edit))
        return send(order)

    scene.provider.send = doubted_meanwhile
    scene.submit(edit)

    assert scene.now(edit).status is Status.RUNNING
    assert scene.now(edit).provider_task_id == "task-1"

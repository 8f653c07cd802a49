"""Sweep: every five minutes, and whenever an execution has ended badly."""

from typing import Any

from retake.container import count, log, ready, sweeper
from retake.steps.measures import of_sweep


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a schedule's event, or that of an execution that ended; answers with counts."""
    execution = event.get("detail", {}).get("name")
    # A restarted execution is named after its edit and a number.
    edit_id = execution.partition(".")[0] if execution else None
    done = {sweeper().after(edit_id): 1} if edit_id else dict(sweeper().run())
    log.info("sweep", execution=execution, done=done)
    count(of_sweep(done))
    return done


ready(sweeper)

"""Fit: makes of a clip what the model takes, where the request allows it, whole or in pieces."""

from typing import Any

from retake.container import log_step, ready, records, storage
from retake.settings import settings
from retake.steps.fit import Bench, fit
from retake.steps.pieces import is_film
from retake.steps.split import Desk, split


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"}; answers with the way on. Raises Unavailable."""
    edit = records().get(event["edit_id"])
    known = settings()
    bench = Bench(storage(), known.results_bucket)
    if is_film(edit):
        step = split(edit, Desk(records(), bench))
    else:
        step = fit(edit, records=records(), bench=bench)
    log_step("fit", edit, next=step.next)
    return step.for_workflow()


ready(settings, records, storage)

"""Fit: repairs a clip that the model would not take as it is, where the request allows it."""

from typing import Any

from retake.container import log_step, ready, records, storage
from retake.settings import settings
from retake.steps.fit import Bench, fit


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"}; answers with the way on. Raises Unavailable."""
    edit = records().get(event["edit_id"])
    bench = Bench(storage(), settings().results_bucket)
    step = fit(edit, records=records(), bench=bench)
    log_step("fit", edit, next=step.next)
    return step.for_workflow()


ready(settings, records, storage)

"""Poll: how the edit stands at the provider."""

from typing import Any

from retake.container import count, log_step, provider, ready, records, vault, wait_policy, web
from retake.steps.measures import of_step
from retake.steps.poll import poll


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"} and, after a submit that died, {"error"}; answers with the way on."""
    edit = records().get(event["edit_id"])
    step = poll(
        edit,
        records=records(),
        provider=provider,
        policy=wait_policy(),
        error=event.get("error", {}).get("name"),
    )
    log_step("poll", edit, next=step.next, wait_seconds=step.wait_seconds, remark=step.log_marker)
    count(of_step(step.log_marker))
    return step.for_workflow()


ready(wait_policy, records, vault, web)

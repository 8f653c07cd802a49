"""Persist: the one way out; keeps the result and closes the record."""

from typing import Any

from retake.container import keeper, log_step, publish, ready, records, share_url, vault, web
from retake.steps.persist import persist


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"} and perhaps {"error"}; answers with the notification to publish."""
    edit = records().get(event["edit_id"])
    error = event.get("error", {}).get("name")
    answer = persist(
        edit,
        records=records(),
        keeper=keeper(),
        publish=publish,
        error=error,
        share_url=share_url,
    )
    log_step("persist", edit, notification_id=answer["notification"]["notification_id"])
    return answer


ready(records, keeper, vault, web)

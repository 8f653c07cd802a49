"""Persist: the one way out; keeps the result and closes the record."""

from typing import Any

from retake.stack import keeper, records, tell, vault, web
from retake.start import ready
from retake.steps.persist import persist


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"} and perhaps {"error"}; answers with the notification to publish."""
    edit = records().get(event["edit_id"])
    error = event.get("error", {}).get("name")
    answer = persist(edit, records=records(), keeper=keeper(), error=error)
    tell("persist", edit, notification_id=answer["notification"]["notification_id"])
    return answer


ready(records, keeper, vault, web)

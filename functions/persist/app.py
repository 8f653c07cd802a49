"""Persist: the one way out; keeps the result and closes the record."""

from typing import Any

from retake.settings import settings
from retake.stack import downloads, provider, records, storage, tell
from retake.steps.persist import persist


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"} and perhaps {"error"}; answers with the notification to publish."""
    edit = records().get(event["edit_id"])
    answer = persist(
        edit,
        records=records(),
        storage=storage(),
        provider=provider,
        downloads=downloads(),
        bucket=settings().results_bucket,
        error=event.get("error", {}).get("name"),
    )
    tell("persist", edit, notification_id=answer["notification"]["notification_id"])
    return answer

"""S3 events on EventBridge carry the version of the object.

AWS gives `version-id` in `detail.object` when the bucket is versioned (Amazon S3 user guide,
"EventBridge event message structure"). ministack gives it in SQS, SNS and Lambda notifications
but not on EventBridge, where Retake needs it to pin the upload it was told about.
"""

import json
from contextvars import ContextVar
from typing import Any

import ministack.services.eventbridge as events
import ministack.services.s3 as storage


def apply() -> None:
    """Hand the version from the S3 event to the EventBridge event made of it."""
    version: ContextVar[str | None] = ContextVar("version", default=None)
    fire, dispatch = storage._fire_s3_event, events._dispatch_event

    def fire_with_version(*args: Any, **kwargs: Any) -> None:
        token = version.set(kwargs.get("version_id"))
        try:
            fire(*args, **kwargs)
        finally:
            version.reset(token)

    def dispatch_with_version(event: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if event.get("Source") == "aws.s3" and (version_id := version.get()) is not None:
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version_id
            event = event | {"Detail": json.dumps(detail)}
        return dispatch(event, *args, **kwargs)

    storage._fire_s3_event = fire_with_version
    events._dispatch_event = dispatch_with_version

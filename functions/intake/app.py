"""Intake: messages of the intake queue in, one record and one execution per upload out."""

from typing import Any

from retake.container import log, put_back, ready, records, sidecar_matcher, starter, workflow
from retake.settings import settings
from retake.steps.intake import failures, receive


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers with the messages that must come again (ReportBatchItemFailures)."""
    failed = failures(event, _take)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _take(message: Any) -> None:
    known = settings()
    try:
        taken = receive(
            message["body"],
            bucket=known.inbox_bucket,
            prefix=known.inbox_prefix,
            starter=starter(),
            sidecar_matcher=sidecar_matcher,
            put_back=put_back,
            hold=known.inbox_hold,
        )
    except Exception as error:
        log.warning("intake", message_id=message["messageId"], error=type(error).__name__)
        raise
    log.info(
        "intake",
        message_id=message["messageId"],
        edit_id=taken.edit_id,
        is_new=taken.is_new,
        reason=taken.reason,
    )


ready(settings, records, workflow)

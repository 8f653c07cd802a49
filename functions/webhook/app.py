"""Webhook: hands the messages about edits to their receivers, each by itself."""

from typing import Any

from retake.container import count, log, ready, records, vault, web, webhook_sender
from retake.domain.errors import Misconfigured
from retake.steps.measures import of_webhook


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers with the messages that must come again (ReportBatchItemFailures)."""
    failed = [message["messageId"] for message in event["Records"] if not _is_done(message)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done(message: Any) -> bool:
    message_id = message["messageId"]
    try:
        outcome = webhook_sender().deliver(message["body"], message_id)
    except Exception as error:
        # What only the owner can mend says how; other words may hold what was sent.
        why = str(error) if isinstance(error, Misconfigured) else None
        log.warning("webhook", message_id=message_id, error=type(error).__name__, why=why)
        return False
    log.info("webhook", message_id=message_id, outcome=outcome)
    count(of_webhook(outcome))
    return True


ready(records, webhook_sender, vault, web)

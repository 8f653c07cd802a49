"""What the functions write to CloudWatch: one log, keyed alike everywhere, and figures in it."""

import logging
from typing import Any

from aws_lambda_powertools import Logger

from retake.aws.metrics import COUNT, TO_BE_MENDED, Measures, write
from retake.domain.edit import Edit
from retake.settings import settings

UNREADABLE: Measures = {"RecordsUnreadable": (COUNT, 1.0), **TO_BE_MENDED}
log = Logger(service="retake", utc=True)
# They would log whole addresses at INFO, presigned signatures included.
for chatty in ("httpx", "httpcore", "urllib3", "botocore"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


def count(measures: Measures, **dimensions: str | None) -> None:
    """What alarms and dashboards read; nothing where there is nothing to count."""
    try:
        if measures and (namespace := settings().metrics_namespace):
            write(measures, namespace, **dimensions)
    except Exception as error:  # rather a figure less than an edit
        log.warning("metrics", error=type(error).__name__)


def report(about: str, error: Exception) -> None:
    """Name in the log, and count, what was passed over because it cannot be read."""
    log.warning("unreadable", about=about, error=type(error).__name__)
    count(UNREADABLE)


def log_step(step: str, edit: Edit, **facts: Any) -> None:
    """The one log line of a step, keyed alike everywhere."""
    about = {name: getattr(edit, name) for name in ("edit_id", "provider", "attempt", "status")}
    if edit.key_name is not None:
        about["key_name"] = edit.key_name
    log.info(step, **about, **facts)

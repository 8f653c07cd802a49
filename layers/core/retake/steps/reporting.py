"""What a function says of what it does: log lines, and the figures that alarms read."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from retake.aws.metrics import Measures, write
from retake.settings import settings

if TYPE_CHECKING:
    from retake.domain.edit import Edit

log = Logger(service="retake", utc=True)


def count(measures: Measures, **dimensions: str | None) -> None:
    """What alarms and dashboards read; nothing where there is nothing to count."""
    try:
        if measures and (namespace := settings().metrics_namespace):
            write(measures, namespace, **dimensions)
    except Exception as error:  # rather a figure less than an edit
        log.warning("metrics", error=type(error).__name__)


def log_step(step: str, edit: "Edit", **facts: Any) -> None:
    """The one log line of a step, keyed alike everywhere."""
    about = {name: getattr(edit, name) for name in ("edit_id", "provider", "attempt", "status")}
    log.info(step, **about, **facts)

"""What is on record in a stage."""

from typing import Any

from retake.aws.dynamodb_values import from_item

from virtual.whole_stack import Stage


def edits_in(stage: Stage) -> dict[str, dict[str, Any]]:
    """Every record of an edit, by id."""
    return {
        key.removeprefix("edit#"): from_item(item)
        for key, item in stage.table.items.items()
        if key.startswith("edit#")
    }

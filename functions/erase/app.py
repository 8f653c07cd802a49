"""Erase: what an edit left in the buckets, at its provider and on its record."""

from typing import Any

from retake.container import eraser, log_step, ready, records


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes {"edit_id"}; answers with whether it is erased. Asked again where it raises."""
    edit = eraser().erase(records().get(event["edit_id"]))
    log_step("erase", edit, erased_at=edit.erased_at)
    return {"edit_id": edit.edit_id, "is_erased": edit.erased_at is not None}


ready(eraser)

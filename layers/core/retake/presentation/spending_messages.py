"""What people are told about money before it is spent: a question, and a budget that is full."""

from collections.abc import Mapping
from typing import Any

from retake.domain.approval import Approval
from retake.domain.edit import Edit
from retake.domain.plain_text import one_line
from retake.domain.spending_caps import Cap
from retake.presentation.messages import name_of, notification, subject_about

APPROVAL_SCHEMA, BUDGET_SCHEMA = "retake.approval/1", "retake.budget/1"


def notification_of_question(edit: Edit, asked: Approval, url: str | None) -> dict[str, Any]:
    """The question whether an edit may cost what it was quoted. `url` is its one signed link."""
    facts = {
        "schema": APPROVAL_SCHEMA,
        "notification_id": f"{edit.edit_id}.approval.{asked.number}",
        "edit_id": edit.edit_id,
        "model": edit.model,
        "quoted_usd": asked.usd,
        "expires_at": asked.expires_at,
        "approval_url": url,
        "caller": edit.caller,
        "upload": edit.upload.to_mapping() if edit.upload else None,
        "source": edit.source.to_mapping() if edit.source else None,
        "tags": list(edit.tags),
        "reference": edit.reference,
        "batch_id": edit.batch_id,
    }
    lines = [
        f"{one_line(name_of(edit))} waits for a yes: it would cost ${asked.usd:.2f} "
        f"({edit.model}).",
        "",
        *([f"Answer:    {url}"] if url else []),
        f"Until:     {asked.expires_at}; after that it is not edited, and nothing is billed.",
        f"Edit:      {edit.edit_id}",
    ]
    return notification(
        _without_empty(facts),
        "\n".join(lines),
        subject=subject_about(name_of(edit), f"asks: ${asked.usd:.2f}?"),
        attributes={"kind": "approval"},
    )


def notification_of_full_budget(
    cap: Cap, spent: int, edit: Edit, *, begins: str, waits: bool
) -> dict[str, Any]:
    """That a cap has no room for an edit, told once in its period; `begins` is when the next one
    does."""
    facts = {
        "schema": BUDGET_SCHEMA,
        "notification_id": f"{cap.scope}.{cap.name}.{cap.limit}.{begins}",
        "scope": cap.scope,
        "cap": cap.name,
        "limit": cap.told(cap.limit),
        "spent": cap.told(spent),
        "next_period_at": begins,
        "edit_id": edit.edit_id,
    }
    end = (
        f"It waits, and so do others, until {begins} or until the cap is raised."
        if waits
        else f"It was refused, and so are others until {begins} or until the cap is raised."
    )
    text = (
        f"{one_line(cap.sentence.capitalize())} is reached: {cap.told(spent)} are spent or "
        f"reserved.\n\n{one_line(name_of(edit))} has no room in it. {end}\n\n"
        f"Edit:      {edit.edit_id}"
    )
    return notification(
        _without_empty(facts),
        text,
        subject=f"Retake: a budget is full ({cap.name})",
        attributes={"kind": "budget"},
    )


def _without_empty(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value not in (None, {}, [])}

"""What an erasure tells afterwards: one line for each thing an edit left anywhere.

A line names no file: a receipt that did would keep what it says is gone. Only where something
could not be erased does it hold the handle by which a person can finish the work.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from retake.domain.edit import Edit
from retake.domain.vocabulary import SettingsSource

Line = Mapping[str, Any]


class Fate(StrEnum):
    """What became of one thing."""

    ERASED = "ERASED"
    KEPT = "KEPT"  # it stays, for the reason given
    FAILED = "FAILED"  # it should have gone and could not
    WAITING = "WAITING"  # never on a receipt: asked again


def line(
    what: str, where: str, fate: Fate, message: str = "", reference: str | None = None
) -> Line:
    """One thing, where it was, and what became of it."""
    said = {"message": message, "reference": reference}
    return {"what": what, "where": where, "fate": fate} | {k: v for k, v in said.items() if v}


def elsewhere(edit: Edit) -> Iterator[Line]:
    """What no function of this stack can or should erase."""
    if edit.pictures:
        yield line(
            "pictures",
            "inbox",
            Fate.KEPT,
            "Reference pictures are material that other edits may use; delete them in the inbox.",
        )
    if edit.settings_from is not None and edit.settings_from.road is SettingsSource.PRESET:
        yield line(
            "preset",
            "inbox",
            Fate.KEPT,
            "A preset is material that other edits use; delete it in the inbox.",
        )
    yield line(
        "announcement",
        "workflow history",
        Fate.KEPT,
        "The history of the execution holds the edit's id and the way it took, and nothing that "
        "was said; Step Functions drops it 90 days after the end and not before.",
    )
    yield line(
        "announcement",
        "subscribers of the topic",
        Fate.KEPT,
        "What they received is theirs.",
    )
    yield line(
        "record",
        "backup of the table",
        Fate.KEPT,
        "Point-in-time recovery can bring back earlier states of the record for 35 days.",
    )

"""Who pays for one and the same thing: of equal edits one does, and the others are given a copy.

One item for each fingerprint names the edit that has paid, or is about to. It is claimed in the
write of the intent, so that of two who come at the same moment one pays.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from retake.aws.dynamodb import Table
from retake.aws.dynamodb_changes import ABSENT, Change
from retake.domain.edit import WAITS, Edit
from retake.domain.errors import LostRace, RetakeError
from retake.domain.stored import required
from retake.domain.vocabulary import Status, WaitsFor
from retake.records.keys import equal_key
from retake.records.line import Line
from retake.records.places import place_of
from retake.records.queries import EditQueries, UnknownEdit
from retake.records.transitions import TransitionWriter

CLAIM_KEPT = timedelta(days=400)
MAX_WOKEN = 100
TWINS = "equal#"


class EqualEdits:
    """The items by fingerprint, and who waits for one that pays."""

    def __init__(
        self, table: Table, queries: EditQueries, writer: TransitionWriter, line: Line
    ) -> None:
        self._table = table
        self._queries = queries
        self._writer = writer
        self._line = line
        self._moved_before = writer.moved
        writer.moved = self._moved

    def claimed_by(self, fingerprint: str) -> str | None:
        """The id of the edit that has paid, or is about to. Raises Unavailable."""
        found = self._table.get(equal_key(fingerprint))
        return str(found["edit_id"]) if found else None

    def payer(self, edit_id: str | None) -> Edit | None:
        """The edit of that id; None where there is none, or its record is forgotten. Raises
        Unavailable."""
        with suppress(UnknownEdit):
            return self._queries.get(edit_id) if edit_id else None
        return None

    def claim(self, edit: Edit, fingerprint: str, *, before: str | None) -> Change:
        """The write by which this edit is the one that pays, instead of the one that was found to;
        refused where another one has come between."""
        expires = int((self._writer.now() + CLAIM_KEPT).timestamp())
        return Change(
            key=equal_key(fingerprint),
            set={"edit_id": edit.edit_id, "expires_at": expires},
            where={"edit_id": before or ABSENT},
        )

    def note(self, edit: Edit, fingerprint: str) -> Edit:
        """What the edit is equal to is known. Raises LostRace."""
        return self._writer.change("note_fingerprint", edit, fingerprint=fingerprint)

    def reuse(self, edit: Edit, original: Edit) -> Edit:
        """The edit will have a copy of another one's result, and costs nothing. Raises LostRace."""
        if edit.conclusion is not None:
            raise LostRace
        return self._writer.change(
            "reuse",
            edit,
            reused_from=original.edit_id,
            reused_result=replace(required(original.result), poster_key=None, page_key=None),
        )

    def wait(self, edit: Edit, fingerprint: str) -> Edit:
        """The edit waits until the one that pays has ended. Raises LostRace."""
        place = place_of(edit, 0, self._writer.now())
        return self._line.join_at(edit, line_of(fingerprint), WaitsFor.TWIN, place)

    def wake(self, fingerprint: str) -> int:
        """The one that pays has ended: whoever waits for it looks again. How many did."""
        woken = 0
        for edit_id, _ in self._line.first(WAITS + line_of(fingerprint), limit=MAX_WOKEN):
            try:
                self._line.leave(self._queries.get(edit_id), line_place=None)
                woken += 1
            except RetakeError:
                continue  # it has gone already, or the next look of its own finds out
        return woken

    def _moved(self, before: Edit, after: Edit) -> None:
        """Who waits for an edit that has just ended is woken; what fails here the sweep finds."""
        self._moved_before(before, after)
        if after.fingerprint is not None and after.is_finished and not before.is_finished:
            with suppress(RetakeError):
                self.wake(after.fingerprint)


def line_of(fingerprint: str) -> str:
    """Where those wait for whom an equal edit is being paid for."""
    return f"{TWINS}{fingerprint}"


def is_reusable(edit: Edit) -> bool:
    """Whether an edit has a result that may be copied, as far as its record tells."""
    return edit.status is Status.SUCCEEDED and edit.result is not None and not edit.erase_asked_at

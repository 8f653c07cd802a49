"""Films: long clips that are edited in pieces, and the records of those pieces.

A piece is an edit like every other, with its own intent, bill and result; only that no list names
it but one for the accounts, and nobody is told of it: the film is what was asked for.
"""

from dataclasses import replace
from typing import Any

from retake.aws.dynamodb import ConditionFailed, Table
from retake.domain.edit import Edit
from retake.domain.pieces import Film
from retake.domain.source import Source
from retake.domain.stored import timestamp
from retake.records.keys import pieces_day
from retake.records.queries import EditQueries
from retake.records.transitions import TransitionWriter


class Films:
    """How films and their pieces come to be, and how far a film has come."""

    def __init__(self, table: Table, queries: EditQueries, writer: TransitionWriter) -> None:
        self._table = table
        self._queries = queries
        self._writer = writer

    def plan(self, edit: Edit, film: Film, **facts: Any) -> Edit:
        """What it is cut into and what that costs, on record before any piece is. LostRace."""
        now = timestamp(self._writer.now())
        return self._writer.change("plan_film", edit, film=film, validated_at=now, **facts)

    def note(self, edit: Edit, film: Film, **facts: Any) -> Edit:
        """How far it has come. Raises LostRace."""
        return self._writer.change("note_film", edit, film=film, **facts)

    def open_piece(self, edit_id: str, upload: Source | None, **facts: Any) -> Edit:
        """The edit of a piece, on record once however often it is asked for."""
        now = timestamp(self._writer.now())
        edit, opening = self._writer.opening(edit_id, upload, validated_at=now, **facts)
        listed = {**opening.set, "listing_day": pieces_day(now)}
        try:
            self._table.write(replace(opening, set=listed))
        except ConditionFailed:
            return self._queries.get(edit_id)
        return edit

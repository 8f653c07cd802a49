"""What an answer says of a wait."""

from pydantic import BaseModel, Field

from retake.domain.edit import Edit
from retake.domain.vocabulary import WaitsFor
from retake.records.standing import Standing


class WaitingView(BaseModel):
    """What an edit stands in line for before it may be sent. It costs nothing there."""

    waits_for: WaitsFor
    since: str
    position: int | None = Field(
        None, description="Its place in the line, from 1; only where one edit is asked for"
    )
    expected_start_at: str | None = Field(
        None, description="A guess by how long slots were held so far; absent: nobody can tell"
    )

    @classmethod
    def of(cls, edit: Edit, standing: Standing | None) -> "WaitingView | None":
        if edit.waits_for is None or edit.must_be_concluded:
            return None
        found = standing or Standing(waits_for=edit.waits_for)
        return cls(
            waits_for=found.waits_for,
            since=edit.line_since or edit.updated_at,
            position=found.position,
            expected_start_at=found.expected_start_at,
        )

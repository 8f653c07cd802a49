"""How an edit asks before it costs anything, and how it is answered."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from retake.domain.approval import NO, Approval
from retake.domain.edit import WAITS, Conclusion, Edit
from retake.domain.errors import LostRace
from retake.domain.money import usd_e4, usd_of
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Reason, Status, WaitsFor
from retake.records.places import place_of
from retake.records.transitions import TransitionWriter

LINE = "approval"  # where it waits; nobody is before or behind it


class Approvals:
    """The questions on the records."""

    def __init__(self, writer: TransitionWriter) -> None:
        self._writer = writer

    def next_question(self, edit: Edit, *, seconds: int) -> Approval:
        """What is asked about the edit as it is quoted now, and for how long."""
        now = self._writer.now()
        return Approval(
            number=1 + (edit.approval.number if edit.approval else 0),
            usd_e4=usd_e4(edit.quoted_usd or 0),
            asked_at=timestamp(now),
            expires_at=timestamp(now + timedelta(seconds=seconds)),
        )

    def ask(self, edit: Edit, asked: Approval) -> Edit:
        """The edit waits for an answer, at no cost. Raises LostRace."""
        if edit.conclusion is not None:
            raise LostRace
        now = self._writer.now()
        return self._writer.change(
            "ask_approval",
            edit,
            approval=asked,
            line=WAITS + LINE,
            line_place=place_of(edit, 0, now),
            line_since=timestamp(now),
            waits_for=WaitsFor.APPROVAL,
            waits_since=asked.asked_at,
            waits_until=asked.expires_at,
            turn_token=None,
            submit_not_before=None,
        )

    def answer(self, edit: Edit, said: str, *, by: str) -> Edit:
        """Yes lets it go on, no ends it; once. Raises LostRace."""
        asked, now = edit.approval, self._writer.now()
        if asked is None or not asked.is_open(now) or edit.conclusion is not None:
            raise LostRace
        answered = replace(asked, answer=said, answered_at=timestamp(now), answered_by=by)
        end: dict[str, Any] = {"conclusion": denied(answered)} if said == NO else {}
        return self._writer.change(
            "answer_approval",
            edit,
            approval=answered,
            line=None,
            line_place=None,
            line_since=None,
            waits_for=None,
            turn_token=None,
            **end,
        )


def denied(asked: Approval) -> Conclusion:
    """The end of an edit to which nobody said yes: nothing was sent."""
    told = (
        f"{asked.answered_by} said no to"
        if asked.answer == NO
        else f"Nobody said yes until {asked.expires_at} to"
    )
    return Conclusion(
        status=Status.REJECTED,
        reason=Reason.NOT_APPROVED,
        message=f"{told} the ${usd_of(asked.usd_e4):.2f} that it was quoted; nothing was sent.",
        details={"field": "approve", "found": asked.usd, "allowed": "a yes to this amount"},
    )

"""What a link of a question opens: the question, and a form whose sending answers it, once.

To open the page changes nothing, so that a mail scanner which follows every link answers nothing.
"""

import secrets
from collections.abc import Callable
from urllib.parse import parse_qs

from retake.domain.approval import NO, YES, opens_approval
from retake.domain.edit import Edit
from retake.domain.errors import LostRace, Misconfigured, Unavailable
from retake.domain.signed_links import Signer
from retake.domain.values import dataclass
from retake.domain.vocabulary import Status
from retake.presentation.pages.approval import answered_page, question_page
from retake.presentation.pages.plain import closed_page, later_page
from retake.presentation.site import HTML_HEADERS, Sent, page
from retake.records.queries import UnknownEdit
from retake.records.store import Records

BODY_BYTES = 1024
BY_LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDesk:
    """The page of a question and the answers to it."""

    records: Records
    signer: Signer
    nonce: Callable[[], str] = lambda: secrets.token_urlsafe(16)

    def question(self, edit_id: str, token: str) -> Sent:
        """The page; the one that every link opens which opens nothing, once it was answered."""
        return self._guarded(edit_id, token, self._asked)

    def answer(self, edit_id: str, token: str, body: bytes | None) -> Sent:
        """Yes or no, by the form of the page."""
        said = _answer_in(body)
        return self._guarded(edit_id, token, lambda edit: self._answered(edit, said))

    def _guarded(self, edit_id: str, token: str, show: Callable[[Edit], Sent]) -> Sent:
        now = self.records.now()
        try:
            edit = self.records.get(edit_id)
            asked = edit.approval
            if asked is None or not opens_approval(token, edit_id, asked, self.signer, now=now):
                return self._later() if self._is_early(edit, token) else _closed()
            if not asked.is_open(now) or edit.must_be_concluded:
                return _closed()
            return show(edit)
        except (UnknownEdit, LostRace):
            return _closed()
        except (Unavailable, Misconfigured):
            return self._later()

    def _is_early(self, edit: Edit, token: str) -> bool:
        """Whether the link is for the question that comes next: it is told before it is written,
        and whoever is quicker than that, or than a write that is held up, may come again."""
        if edit.must_be_concluded or edit.status is not Status.RECEIVED:
            return False
        coming = self.records.approvals.next_question(edit, seconds=0)
        return opens_approval(token, edit.edit_id, coming, self.signer, now=self.records.now())

    def _later(self) -> Sent:
        nonce = self.nonce()
        return page(503, later_page(nonce), nonce)

    def _asked(self, edit: Edit) -> Sent:
        if edit.approval is None:
            return _closed()
        nonce = self.nonce()
        return page(200, question_page(edit, edit.approval, nonce=nonce), nonce, form="'self'")

    def _answered(self, edit: Edit, said: str | None) -> Sent:
        """Raises LostRace where somebody else has answered in this moment."""
        if said is None:
            return self._asked(edit)
        edit = self.records.approvals.answer(edit, said, by=BY_LINK)
        nonce = self.nonce()
        return page(200, answered_page(edit, said, nonce=nonce), nonce)


def _answer_in(body: bytes | None) -> str | None:
    if body is None or len(body) > BODY_BYTES:
        return None
    said = parse_qs(body.decode("ascii", "replace"), max_num_fields=4).get("answer", [])
    return said[0] if said in ([YES], [NO]) else None


def _closed() -> Sent:
    return Sent(403, HTML_HEADERS, closed_page())

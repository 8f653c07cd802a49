"""The pages behind share links and the board: what each link opens, and how it is sent."""

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from retake.aws.presigned import Viewing, origin
from retake.domain.edit import Edit
from retake.domain.errors import Misconfigured, Unavailable
from retake.domain.signed_links import Signer, is_own, opens_board, share_generation
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason
from retake.presentation.board_tiles import is_shown, older, recent, tile
from retake.presentation.edit_pages import EditPages
from retake.presentation.pages.board import board_page
from retake.presentation.pages.document import HTML, policy
from retake.presentation.pages.plain import closed_page, later_page
from retake.records.queries import EditQueries, UnknownEdit
from retake.records.reading import Report, UnreadableRecord

# Of what is no video there is no first frame, nor of what is gone.
_NO_PICTURES = {
    Reason.EMPTY,
    Reason.NOT_A_VIDEO,
    Reason.NO_VIDEO_TRACK,
    Reason.UNREADABLE_VIDEO,
    Reason.INPUT_GONE,
    Reason.INPUT_UNREADABLE,
}
SHARED = timedelta(seconds=2)  # as often as a board looks while an edit moves
# Nothing may keep it, index it, frame it, guess its type, learn its address by a link from it, or
# speak to it without TLS.
HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # No page needs a camera, a place or a payment, nor a window that another one can reach.
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}
HTML_HEADERS: Mapping[str, str] = {**HEADERS, "content-type": HTML}
JSON_HEADERS: Mapping[str, str] = {**HEADERS, "content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A status, headers by lower-case name, and the text of a page or of data."""

    status: int
    headers: Mapping[str, str]
    body: str

    def for_gateway(self, *, is_head: bool = False) -> dict[str, Any]:
        """As API Gateway takes it; a HEAD is told everything but the text (RFC 9110, 9.3.2)."""
        body = "" if is_head else self.body
        return {"statusCode": self.status, "headers": dict(self.headers), "body": body}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The pages over their collaborators. Reads, and changes nothing.

    `answers` holds what the boards were told last, and when: they all show the same. With
    `shows_cost` a shared page tells price and model. `line` says how slots, lines and budgets
    stand.
    """

    records: EditQueries
    signer: Signer
    board_signer: Signer
    viewing: Viewing
    results_bucket: str
    inbox_bucket: str = ""
    shows_cost: bool = False
    simulated: Collection[str] = ()
    batch_ids: Callable[[str], Sequence[str]] = lambda batch_id: ()
    report: Report = lambda about, error: None
    line: Callable[[], Mapping[str, Any]] = dict
    nonce: Callable[[], str] = lambda: secrets.token_urlsafe(16)
    answers: list[tuple[datetime, str]] = field(default_factory=list)

    def edit(self, edit_id: str, token: str) -> Sent:
        """The before/after page of an edit, or how it stands."""

        def generation() -> int | None:
            return share_generation(token, edit_id, self.signer, now=self.records.now())

        def shown() -> Sent:
            edit = self.records.get(edit_id)
            if edit.share_generation != generation():  # it was taken back
                return self._closed()
            return self._edit(edit, is_owner=is_own(token))

        return self._guarded(lambda: generation() is not None, shown)

    def board(self, token: str) -> Sent:
        """The page of the board."""
        return self._guarded(lambda: self._opens_board(token), self._board)

    def edits(self, token: str, *, before: str = "", video: str = "") -> Sent:
        """What the board shows, as JSON: {"edits": [...], "older": where those before them begin,
        "line": {...}}, newest first. With `before`, what was `older` once, those are told; with
        `video`, an edit's id, {"url": where its result can be saved from}."""

        def shown() -> Sent:
            if video:
                return self._saving(video)
            return self._older(before) if before else self._edits()

        return self._guarded(lambda: self._opens_board(token), shown)

    def _opens_board(self, token: str) -> bool:
        return opens_board(token, self.board_signer, now=self.records.now())

    def _guarded(self, holds: Callable[[], bool], show: Callable[[], Sent]) -> Sent:
        try:
            return show() if holds() else self._closed()
        except UnknownEdit:
            return self._closed()
        except (Unavailable, Misconfigured, UnreadableRecord):
            nonce = self.nonce()
            return page(503, later_page(nonce), nonce)

    def _closed(self) -> Sent:
        # Without a nonce the page carries its policy itself: the same bytes for every such link.
        return Sent(403, HTML_HEADERS, closed_page())

    def _edit(self, edit: Edit, *, is_owner: bool) -> Sent:
        if not is_shown(edit):
            return self._closed()
        nonce = self.nonce()
        html, media = self._pages.made(edit, nonce, is_owner=is_owner)
        return page(200, html, nonce, media=media)

    @property
    def _pages(self) -> EditPages:
        return EditPages(
            records=self.records,
            signer=self.signer,
            viewing=self.viewing,
            batch_ids=self.batch_ids,
            shows_cost=self.shows_cost,
            simulated=self.simulated,
        )

    def _board(self) -> Sent:
        nonce = self.nonce()
        # Pictures come later, from where any result would, or any version of a clip.
        shown = [self._pages.video(self.results_bucket, "edited/any")]
        if self.inbox_bucket:
            shown.append(self._pages.video(self.inbox_bucket, "any", "version"))
        places = sorted({origin(url) for url in shown})
        asks = "connect-src 'self'; "
        return page(200, board_page(nonce=nonce), nonce, media=places, more=asks)

    def _edits(self) -> Sent:
        """One answer for all boards for as long as each waits between two looks."""
        now = self.records.now()
        if not self.answers or not timedelta() <= now - self.answers[0][0] < SHARED:
            self.answers[:] = [(now, self._told(now))]
        return _data(self.answers[0][1])

    def _told(self, now: datetime) -> str:
        return self._in_words(*recent(self.records), now)

    def _older(self, before: str) -> Sent:
        try:
            told = self._in_words(*older(self.records, before), self.records.now())
        except ValueError:  # no place in the list begins like that
            return self._closed()
        return _data(told)

    def _saving(self, edit_id: str) -> Sent:
        edit = self.records.get(edit_id)
        if edit.result is None or not is_shown(edit):
            return self._closed()
        return _data(json.dumps({"url": self._pages.saving(edit.result)}))

    def _in_words(self, edits: Iterable[Edit], rest: str, now: datetime) -> str:
        tiles, pages = [], self._pages
        for edit in edits:
            try:
                tiles.append(
                    tile(
                        edit,
                        now=now,
                        share=pages.share,
                        own=pages.own,
                        poster=pages.poster,
                        clip=self._clip,
                    )
                )
            except (Unavailable, Misconfigured):
                raise
            except Exception as error:  # of this one edit; the others are shown all the same
                self.report(edit.edit_id, error)
        told = {"edits": tiles, "older": rest, "line": self.line()}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    def _clip(self, edit: Edit) -> str | None:
        """Where the clip itself can be looked at, of an edit that has one."""
        source = edit.source or edit.upload
        if source is None or edit.reason in _NO_PICTURES:
            return None
        return self._pages.video(source.bucket, source.key, source.version_id)


def _data(text: str) -> Sent:
    return Sent(200, JSON_HEADERS, text)


def page(
    status: int,
    html: str,
    nonce: str,
    *,
    media: Iterable[str] = (),
    more: str = "",
    form: str = "'none'",
) -> Sent:
    """A page with the policy that its nonce belongs to; `form` is where a form may be sent."""
    source = f"'nonce-{nonce}'"
    rule = policy(
        style=source,
        script=source,
        media=("data:", *media),  # the icon is one, so that no browser asks for another
        more=f"{more}frame-ancestors 'none'; ",
        form=form,
    )
    headers = {**HTML_HEADERS, "content-security-policy": rule}
    return Sent(status, headers, html)

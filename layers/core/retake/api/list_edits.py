"""Edits, newest first, a page at a time: what is found is what is read, with a bound for the rest.

A filter by tag, model or a bad end reads a list of its own (retake.records.lists), one by a status
of open edits the index of those; only what is usual, or older than its list, is walked to by day.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from retake.api.problems import Problem
from retake.domain.edit import Edit
from retake.domain.stored import timestamp
from retake.domain.values import dataclass
from retake.domain.vocabulary import OPEN, Status
from retake.records.lists import of_model, of_status, of_tag
from retake.records.standing import wait_of
from retake.records.store import Records

# Beside the statuses: what waits before it is sent has several of them.
WAITING = "WAITING"
QUERIES_PER_PAGE = 100
READ_PER_PAGE = 400  # records looked at for one page, however few of them fit the filter
CHUNK = 100
_ID_LETTERS = 20
_HALF_ID = 10
_KEY = r"\d{4}-[0-9TZ:.-]{10,30}(?:#e-[0-9a-z]{10,20})?"
_PLACE = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}})\|(|{_KEY})|open\|(e-[0-9a-z]{{10,20}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: everything older than this listing key, or the whole day if it is None. A
    key may be cut short: it then stands before the one it was cut from.

    Among the open edits, which have no order of time, it is `behind` an id.
    """

    day: date = date.min
    key: str | None = None
    behind: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What a listed edit must be; None: anything."""

    status: Status | Literal["WAITING"] | None = None
    model: str | None = None
    tag: str | None = None
    asked_since: datetime | None = None
    asked_until: datetime | None = None
    sees: Callable[[Edit], bool] = lambda edit: True

    @property
    def since(self) -> str | None:
        """As on a record."""
        return timestamp(self.asked_since) if self.asked_since else None

    @property
    def until(self) -> str | None:
        return timestamp(self.asked_until) if self.asked_until else None

    def fits(self, edit: Edit) -> bool:
        return (
            (self.status in (None, edit.status) or self.is_waiting_in(edit))
            and self.model in (None, edit.model)
            and (self.tag is None or self.tag in edit.tags)
            and (self.since or "") <= edit.created_at
            and (self.until is None or edit.created_at < self.until)
            and self.sees(edit)
        )

    def is_waiting_in(self, edit: Edit) -> bool:
        return self.status == WAITING and not edit.is_finished and wait_of(edit) is not None

    @property
    def list_name(self) -> str | None:
        """The shortest list that names all of them; None: only that of all edits does."""
        if self.tag is not None:
            return of_tag(self.tag)
        ended = of_status(self.status) if isinstance(self.status, Status) else None
        return ended or (of_model(self.model) if self.model is not None else None)


@dataclass(frozen=True, slots=True)
class Page:
    """Some edits; there may be more behind `cursor`, and there are none when it is None."""

    edits: Sequence[Edit]
    cursor: str | None


def page(
    records: Records, wanted: Filter, *, limit: int, cursor: str | None, record_days: int
) -> Page:
    """The next edits that fit, at most `limit`. Raises Problem for a cursor that is none.

    A page may be short, even empty, and still not the last one: only so much is read for each.
    """
    place = _place(cursor) if cursor is not None else None
    if wanted.status in OPEN or wanted.status == WAITING:
        return _open_page(records, wanted, limit, place.behind if place else None)
    today = records.now().date()
    oldest = max(today - timedelta(days=record_days + 1), _day(wanted.since) or date.min)
    if place is None:
        place = Place(min(today, _day(wanted.until) or today))
    found: list[Edit] = []
    read = 0
    behind = place
    for chunk, end in _walk(records, wanted, place, oldest, min(CHUNK, max(limit, 10))):
        behind = end
        for edit, after in chunk:
            if wanted.fits(edit):
                found.append(edit)
            if len(found) == limit:
                return Page(found, cursor_for(after))
        read += len(chunk)
        if read >= READ_PER_PAGE:
            break
    return Page(found, cursor_for(behind) if behind.day >= oldest else None)


def _walk(
    records: Records, wanted: Filter, place: Place, oldest: date, size: int
) -> Iterator[tuple[list[tuple[Edit, Place]], Place]]:
    """Chunks of edits with the place behind each edit, and the one behind the chunk."""
    name = wanted.list_name
    whole = records.lists.whole_since(name) if name else None
    for _ in range(QUERIES_PER_PAGE):
        if place.day < oldest:
            return
        # Above where it is whole the list is read, below it the days.
        here = place.key or place.day.isoformat()
        in_list = whole is not None and here >= (whole + "#" if place.key else whole[:10])
        keys = records.listed(
            str(name) if in_list else place.day.isoformat(),
            before=min(filter(None, (place.key, wanted.until)), default=None),
            since=max(filter(None, (whole if in_list else None, wanted.since)), default=None),
            limit=size,
        )
        found = [(key.rpartition("#")[2], Place(_day(key) or place.day, key)) for key in keys]
        edits = records.get_many([edit_id for edit_id, _ in found])
        if len(keys) == size:
            place = found[-1][1]
        elif in_list:
            place = Place(_day(whole) or place.day, whole)
        else:
            place = Place(place.day - timedelta(days=1))
        yield [(edits[each], after) for each, after in found if each in edits], place


def _open_page(records: Records, wanted: Filter, limit: int, behind: str | None) -> Page:
    """The open edits are few, and in no order of time; a page of them is."""
    ids = [each for each in records.open.ids() if behind is None or _half(each) > _half(behind)]
    found: list[Edit] = []
    read = 0
    while read < min(len(ids), READ_PER_PAGE) and len(found) < limit:
        chunk = ids[read : read + limit]
        edits = records.get_many(chunk)
        for edit_id in chunk:
            read += 1
            if edit_id in edits and wanted.fits(edits[edit_id]):
                found.append(edits[edit_id])
            if len(found) == limit:
                break
    found.sort(key=lambda edit: edit.created_at, reverse=True)
    is_last = read >= len(ids)
    return Page(found, None if is_last else cursor_for(Place(behind=ids[read - 1])))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _half(text: str) -> str:
    """A key or id without the second half of the id that it ends with, if it ends with a whole."""
    start = text.rfind("e-")
    is_whole = start >= 0 and len(text) - start == len("e-") + _ID_LETTERS
    return text[:-_HALF_ID] if is_whole else text


def cursor_for(place: Place) -> str:
    """In words that give no id away: half of one, which no two of a millisecond have in common."""
    if place.behind is not None:
        text = f"open|{_half(place.behind)}"
    else:
        text = f"{place.day.isoformat()}|{_half(place.key or '')}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str) -> Place:
    """Read back; it names nothing but a place in a list that its caller may read anyway."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        match = _PLACE.fullmatch(text)
        if match is None:
            raise ValueError
        if match[3]:
            return Place(behind=match[3])
        return Place(date.fromisoformat(match[1]), match[2] or None)
    except (ValueError, UnicodeError, binascii.Error):
        raise Problem(
            "INVALID_CURSOR",
            "The cursor is not one of this list; begin again without it.",
            field="cursor",
            allowed="the next_cursor of an earlier page",
        ) from None

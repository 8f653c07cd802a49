"""All edits, newest first, a page at a time and with bounded work for each page."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from retake.api.problems import Problem
from retake.domain.edit import Edit
from retake.domain.vocabulary import Status
from retake.records.store import Records

DAYS_PER_PAGE = 100
READ_PER_PAGE = 400  # records looked at for one page, however few of them fit the filter
CHUNK = 100
_HALF_ID = 10  # letters
_PLACE = re.compile(r"(\d{4}-\d{2}-\d{2})\|(|\d{4}-[0-9TZ:.-]{10,30}#e-[0-9a-z]{10,20})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: everything older than this listing key, or the whole day if it is None. A
    key may be cut short: it then stands before the one it was cut from."""

    day: date
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """What a listed edit must be; None: anything."""

    status: Status | None = None
    model: str | None = None
    tag: str | None = None
    sees: Callable[[Edit], bool] = lambda edit: True

    def fits(self, edit: Edit) -> bool:
        return (
            self.status in (None, edit.status)
            and self.model in (None, edit.model)
            and (self.tag is None or self.tag in edit.tags)
            and self.sees(edit)
        )


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
    today = records.now().date()
    oldest = today - timedelta(days=record_days + 1)
    place = _place(cursor) if cursor is not None else Place(today)
    found: list[Edit] = []
    read = 0
    behind = place
    for chunk, end in _walk(records, place, oldest):
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
    records: Records, place: Place, oldest: date
) -> Iterator[tuple[list[tuple[Edit, Place]], Place]]:
    """Chunks of edits with the place behind each edit, and the one behind the chunk."""
    for _ in range(DAYS_PER_PAGE):
        while place.day >= oldest:
            keys = records.listed(place.day.isoformat(), before=place.key, limit=CHUNK)
            here = [(key.rpartition("#")[2], Place(place.day, key)) for key in keys]
            edits = records.get_many([edit_id for edit_id, _ in here])
            is_whole = len(keys) == CHUNK
            place = Place(place.day, keys[-1]) if is_whole else Place(place.day - timedelta(days=1))
            chunk = [(edits[each], after) for each, after in here if each in edits]
            if chunk or is_whole:
                yield chunk, place
            if not is_whole:
                break
    yield [], place


def cursor_for(place: Place) -> str:
    """In words that give no id away: half of one, which no two of a millisecond have in common."""
    text = f"{place.day.isoformat()}|{(place.key or '')[:-_HALF_ID]}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(cursor: str) -> Place:
    """Read back; it names nothing but a place in a list that its caller may read anyway."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        match = _PLACE.fullmatch(text)
        if match is None:
            raise ValueError
        return Place(date.fromisoformat(match[1]), match[2] or None)
    except (ValueError, UnicodeError, binascii.Error):
        raise Problem(
            "INVALID_CURSOR",
            "The cursor is not one of this list; begin again without it.",
            field="cursor",
            allowed="the next_cursor of an earlier page",
        ) from None

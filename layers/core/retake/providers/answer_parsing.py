"""Reading what a provider sent: nothing in it is trusted to be there, or to be of its type."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from retake.domain.budget import is_nested_deeper
from retake.domain.patterns import pattern

RETRY_AFTER_SECONDS = (1, 900)  # no provider can make an edit wait less or longer between tries
SAID_CHARS = 500
TASK_ID_CHARS = 512
LINK_CHARS = 8192
_DECODER = json.JSONDecoder()
_DAY_SECONDS = 86_400
_A_DATE = 1e9  # so many seconds are thirty years, or a moment after 2001
# Covers and sound tracks lie beside videos; AIML API's page shows a picture in the video's place.
_OTHER_ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp", ".svg"),
    *(".mp3", ".wav", ".m4a", ".aac", ".json", ".txt", ".srt", ".vtt"),
)


def parsed(body: bytes) -> Any:
    """The JSON of an answer, or None when it is not JSON, or nested as no answer is.

    A letter in another encoding, or something behind the end, spoils no answer: it may name a job
    that is paid for.
    """
    try:
        read = _read(body)
    except (ValueError, RecursionError):
        return None
    return None if is_nested_deeper(read) else read


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        said = body.decode("utf-8-sig", "replace").lstrip()
        return _DECODER.raw_decode(said)[0] if said[:1] in ("{", "[") else json.loads(said)


def as_object(value: object) -> Mapping[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def part(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under a name; empty when there is none."""
    return as_object(answer.get(name))


def text(value: object) -> str:
    """The value when it is text, else nothing."""
    return value if isinstance(value, str) else ""


def is_task_id(task_id: object) -> bool:
    """Whether a provider's id can be kept and asked for: printable, not blank, of sane length."""
    return (
        isinstance(task_id, str)
        and 0 < len(task_id) <= TASK_ID_CHARS
        and task_id.isprintable()
        and not task_id.isspace()
    )


def video_link(value: object) -> str | None:
    """The link to a video that a value is: absolute, over HTTP, to no picture or sound.

    Blanks around it are taken away, those within it written as an address has them; one without a
    scheme is asked for over HTTPS.
    """
    link = text(value).strip()
    if len(link) > LINK_CHARS or not link.isprintable():
        return None
    link = link.replace(" ", "%20")
    if link.startswith("//"):
        link = f"https:{link}"
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return None
    return None if parts.path.lower().endswith(_OTHER_ENDINGS) else link


def retry_after(headers: Mapping[str, str]) -> int | None:
    """The wait a provider asks for, in seconds within RETRY_AFTER_SECONDS; None if it names none.

    Seconds or an HTTP date (RFC 9110, 10.2.3), and a date as seconds since 1970, which some write;
    anything else counts as not said.
    """
    said = headers.get("retry-after", "").strip()
    try:
        wanted = float(said)
        if wanted > _A_DATE:
            wanted -= datetime.now(UTC).timestamp()
    except ValueError:
        try:
            moment = parsedate_to_datetime(said)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            wanted = (moment - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError, TypeError):
            return None
    shortest, longest = RETRY_AFTER_SECONDS
    return None if math.isnan(wanted) else int(min(max(wanted, shortest), longest))


def number(value: object) -> float | None:
    """The value as a finite number when it is one, or a text of one such as `45%`."""
    if isinstance(value, str) and len(value) < 20:
        try:
            value = float(value.strip().removesuffix("%"))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 else None  # also false for NaN


def clamped_percent(value: object) -> int | None:
    """A provider's progress as 0 to 100, or None when it makes no sense."""
    percent = number(value)
    return int(percent) if percent is not None and 0 <= percent <= 100 else None


def whole_seconds(value: object) -> int | None:
    """A provider's estimate in seconds when it is a sensible positive number."""
    seconds = number(value)
    return (int(seconds) or 1) if seconds is not None and 0 < seconds < _DAY_SECONDS else None


_LINK = pattern(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_MARKUP = pattern(r"<[^>]*>")


def cleaned(said: str | None) -> str | None:
    """A provider's words fit for a record: one line, no links (they may be signed), no markup."""
    if not said:
        return None
    plain = _MARKUP.sub(" ", _LINK.sub("(link)", said[: 8 * SAID_CHARS]))
    printable = "".join(char if char.isprintable() else " " for char in plain)
    return " ".join(printable.split())[:SAID_CHARS] or None

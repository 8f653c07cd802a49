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

RETRY_AFTER_SECONDS = (1, 900)  # no provider can make an edit wait less or longer between tries
SAID_CHARS = 500
TASK_ID_CHARS = 512
LINK_CHARS = 8192
_DAY_SECONDS = 86_400
# AIML API's page shows such a link where its schema promises a video.
_PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif")


def parsed(body: bytes) -> Any:
    """The JSON of an answer, or None when it is not JSON, or nested as no answer is."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return None if is_nested_deeper(read) else read


def part(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under a name; empty when there is none."""
    value = answer.get(name)
    return value if isinstance(value, dict) else {}


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
    """The value when it can be the link to a video: absolute, over HTTP, and not to a picture."""
    if not isinstance(value, str) or len(value) > LINK_CHARS or not value.isprintable():
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not parts.hostname or " " in value:
        return None
    return None if parts.path.lower().endswith(_PICTURE_ENDINGS) else value


def only(links: list[str | None]) -> str | None:
    """The one link of a finished task; none, when there are several to choose from."""
    return links[0] if len(links) == 1 else None


def retry_after(headers: Mapping[str, str]) -> int | None:
    """The wait a provider asks for, in seconds within RETRY_AFTER_SECONDS; None if it names none.

    Seconds or an HTTP date (RFC 9110, 10.2.3); anything else counts as not said.
    """
    said = headers.get("retry-after", "").strip()
    try:
        wanted = float(said)
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


def clamped_percent(value: object) -> int | None:
    """A provider's progress as 0 to 100, or None when it makes no sense."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= 100 else None


def whole_seconds(value: object) -> int | None:
    """A provider's estimate in seconds when it is a sensible positive number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return (int(value) or 1) if 0 < value < _DAY_SECONDS else None


# No document words a refusal of the content inside a failed task where a provider has no code for
# it. A wrong guess changes the reason an edit failed for, never whether it failed.
_OF_THE_CONTENT = (
    "moderation",
    "content policy",
    "contentpolicy",
    "content_policy",
    "nsfw",
    "sensitive",
    "safety",
    "illegal",
)


def is_about_the_content(said: str | None) -> bool:
    """Whether a sentence about a failure reads like a refusal of the content."""
    folded = (said or "").casefold()
    return any(phrase in folded for phrase in _OF_THE_CONTENT)


_LINK = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_MARKUP = re.compile(r"<[^>]*>")


def cleaned(said: str | None) -> str | None:
    """A provider's words fit for a record: one line, no links (they may be signed), no markup."""
    if not said:
        return None
    plain = _MARKUP.sub(" ", _LINK.sub("(link)", said[: 8 * SAID_CHARS]))
    printable = "".join(char if char.isprintable() else " " for char in plain)
    return " ".join(printable.split())[:SAID_CHARS] or None

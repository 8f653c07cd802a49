"""Text from strangers where people read it as plain text: mail, terminals, one line of a list."""

import re

# What ends a line, moves a cursor, or turns the direction of what follows: C0 and C1 controls,
# line and paragraph separators, bidirectional marks (Unicode TR #36, 'Bidirectional Text
# Spoofing'), halves of surrogate pairs, and what has no width at all.
_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]+"
)


def one_line(text: str, characters: int = 1024) -> str:
    """The text on one line, read from left to right, and cut: it cannot pose as another line."""
    plain = _UNSHOWN.sub(" ", text).strip()
    return plain if len(plain) <= characters else plain[: characters - 1] + "…"


def within_bytes(text: str, size_bytes: int) -> str:
    """The text, cut where it takes more than so many bytes in UTF-8."""
    whole = text.encode("utf-8", "backslashreplace")
    if len(whole) <= size_bytes:
        return whole.decode()
    return whole[: size_bytes - 3].decode(errors="ignore") + "…"

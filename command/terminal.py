"""What may be shown where: width, colour, and whether somebody watches."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, TextIO

NARROWEST = 24
ROOM_FOR_NAMES = 12


def columns() -> int:
    """How wide the terminal is; what `COLUMNS` says, wins."""
    return max(NARROWEST, shutil.get_terminal_size().columns)


def is_lively(stream: TextIO) -> bool:
    """Whether a line may be drawn anew."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def is_terminal() -> bool:
    """Whether somebody sits there, who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def is_coloured(stream: TextIO) -> bool:
    """`NO_COLOR` as https://no-color.org says: present and not empty."""
    return is_lively(stream) and not os.environ.get("NO_COLOR")


def can_show(text: str, stream: TextIO) -> bool:
    """Whether the stream's encoding has these letters."""
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def print_json(answer: Any) -> None:
    """One object on stdout, as docs/command.schema.json describes it."""
    print(json.dumps(answer, indent=2, ensure_ascii=False))


def say(line: str = "") -> None:
    """One line for whoever sits there; never part of the answer."""
    print(f"  {line}" if line else "", file=sys.stderr, flush=True)


def shown(text: str) -> str:
    """What strangers wrote, for a terminal: nothing in it moves a cursor or begins a line."""
    return "".join(char if char.isprintable() else " " for char in text)


def cut(text: str, width: int) -> str:
    """At most so many letters; what is left out is said by an ellipsis."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def rows(pairs: Sequence[tuple[str, str]], width: int | None = None) -> str:
    """Names and what they say, in two columns; sentences go on below themselves.

    Without a width nothing is wrapped: an address has to stay whole for whoever copies it.
    """
    lines: list[str] = []
    indent = " " * (ROOM_FOR_NAMES + 4)
    for name, text in pairs:
        said = shown(text)
        if width and len(said) + len(indent) >= width and " " in said:
            said = textwrap.fill(
                said,
                max(20, width - 1),
                initial_indent=indent,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            ).lstrip()
        lines.append(f"  {name:<{ROOM_FOR_NAMES}}  {said}".rstrip())
    return "\n".join(lines)

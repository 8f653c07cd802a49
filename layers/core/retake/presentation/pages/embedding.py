"""A page that carries its clips inside, made while they stream past: nothing is held whole.

Each clip is a script of type text/plain, in base64; the page's own script turns it into a Blob.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from retake.domain.edit import Edit
from retake.domain.values import dataclass
from retake.presentation.pages.compare import ComparedSide, compare_halves
from retake.presentation.pages.facts import facts_of

HTML = "text/html; charset=utf-8"
# In base64 a third more. A page beyond it would take minutes to send and strain a phone.
MAX_MEDIA_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip to be put into a page: its length in bytes, those bytes in pieces, and a still."""

    size_bytes: int
    chunks: Iterable[bytes]
    poster_url: str | None = None


def page_about(
    edit: Edit, *, before: Clip | ComparedSide | None, after: Clip | ComparedSide
) -> tuple[int, Iterator[bytes]]:
    """As `embedding_page`, with what the edit's record says."""
    return embedding_page(facts_of(edit), before=before, after=after)


def embedding_page(
    facts: Mapping[str, Any],
    *,
    before: Clip | ComparedSide | None,
    after: Clip | ComparedSide,
) -> tuple[int, Iterator[bytes]]:
    """The length of the page in bytes, and the page in pieces.

    A side that is a Clip is put in; one that is Media is shown as it is, such as a still. What
    the clips' chunks raise, the pieces raise.
    """
    sides = {"before": before, "after": after}
    head, tail = compare_halves(facts, before=_media(before), after=_media(after) or ComparedSide())
    clips = {name: side for name, side in sides.items() if isinstance(side, Clip)}
    frames = {name: _frame(name) for name in clips}
    length = len(head.encode()) + len(tail.encode())
    for name, clip in clips.items():
        length += sum(map(len, frames[name])) + 4 * -(-clip.size_bytes // 3)
    return length, _pieces(head, tail, clips, frames)


def _pieces(
    head: str, tail: str, clips: Mapping[str, Clip], frames: Mapping[str, tuple[bytes, bytes]]
) -> Iterator[bytes]:
    yield head.encode()
    for name, clip in clips.items():
        begin, end = frames[name]
        yield begin
        yield from in_base64(clip.chunks)
        yield end
    yield tail.encode()


def in_base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks as one base64 text, in pieces."""
    left = b""
    for chunk in chunks:
        chunk = left + chunk
        whole = len(chunk) - len(chunk) % 3
        left = chunk[whole:]
        yield base64.b64encode(chunk[:whole])
    yield base64.b64encode(left)


def as_address(picture: bytes) -> str:
    """A JPEG as an address that needs no server."""
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()


def _media(side: Clip | ComparedSide | None) -> ComparedSide | None:
    if isinstance(side, Clip):
        return ComparedSide(poster_url=side.poster_url, embedded=True)
    return side


def _frame(name: str) -> tuple[bytes, bytes]:
    return f'<script type="text/plain" id="{name}-data">'.encode(), b"</script>\n"

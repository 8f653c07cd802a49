"""The mark "AI-edited" in a video's own metadata, written while the video streams past.

`©cmt` in moov/udta/meta/ilst is what players and editors show as the comment. A marked file is
always GROWTH_BYTES longer, so that its length is known before its first byte; what the comment does
not need, a `free` box fills. A file that cannot be marked is filled up behind its end.

Layouts: ISO/IEC 14496-12 (boxes, chunk offsets, `free`), Apple's QuickTime File Format
Specification (metadata item lists, user data text).
"""

from collections.abc import Generator, Iterator

from retake.domain.errors import NotFootage
from retake.domain.vocabulary import Reason
from retake.media.mp4.boxes import HEADER_BYTES, TOP_LEVEL, Box, Malformed, box_at, box_bytes
from retake.media.mp4.chunk_offsets import shifted
from retake.media.mp4.comment_tag import with_comment

GROWTH_BYTES = 1024
INDEX_BYTES = 8 * 1024 * 1024  # as much as a probe reads of it
MIN_FREE_BYTES = 8  # an empty box
MAX_BRANDS_BYTES = 4096  # of `ftyp`; the usual ones are below 64
ENDLESS = 1 << 62  # where a box ends that goes on to the end of its file
# A file that is signed as it is (C2PA Technical Specification, "Embedding manifests into BMFF"):
# any change, and be it only of its length, would break the signature.
CREDENTIALS = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
FIRST = frozenset(b"ftyp moov mdat free skip wide".split())


class Marking:
    """The chunks of a video, with a comment put in as they pass.

    `growth_bytes` is known at once: GROWTH_BYTES, or 0 for what is no MP4 at all or carries content
    credentials. `marked` and `why_not`, a sentence, are known when the chunks have been taken.
    Iterating raises NotFootage (TRUNCATED) for a file that ends early where filling up its end
    would hide that; and what the chunks raise.
    """

    def __init__(self, chunks: Iterator[bytes], comment: str) -> None:
        self.marked = False
        self.why_not = ""
        self._comment = comment
        self._stream = _Stream(chunks)
        self.growth_bytes = GROWTH_BYTES if self._suits() else 0

    def __iter__(self) -> Iterator[bytes]:
        stream = self._stream
        if self.growth_bytes == 0:
            yield from stream.rest()
            return
        lacking = yield from self._walked(stream)
        if self.marked:
            return
        if 0 < lacking <= GROWTH_BYTES:
            raise NotFootage(Reason.TRUNCATED, "The video is cut short.", field="video")
        yield filling(GROWTH_BYTES)

    def _suits(self) -> bool:
        first = _header(self._stream, 0)
        if first is None or first.kind not in FIRST:
            self.why_not = "It is no MP4."
            return False
        if first.kind != b"ftyp" or first.end > MAX_BRANDS_BYTES:
            return True
        behind = self._stream.peek(first.end + 8 + len(CREDENTIALS))[first.end :]
        if behind[4:8] == b"uuid" and behind[8:] == CREDENTIALS:
            self.why_not = "It carries content credentials, which a mark would break."
            return False
        return True

    def _walked(self, stream: "_Stream") -> Generator[bytes, None, int]:
        """The boxes side by side, the index among them changed; how much the last one lacks."""
        at = 0
        while stream.peek(1):
            box = _header(stream, at)
            if box is None:
                yield from stream.rest()
                break
            if box.kind == b"meta":
                self.why_not = "It names items by their place."
            length = box.end - box.start
            if box.kind == b"moov" and not self.why_not:
                whole = stream.take(min(length, INDEX_BYTES + 1))
                yield self._changed(whole, box)
                if self.marked:
                    yield from stream.rest()
                    return 0
                length -= len(whole)
                at += len(whole)
            passed = yield from stream.passing(length)
            at += passed
            if passed < length and box.end < ENDLESS:
                # Some recorders pad the end with anything: what has no known name is no box.
                self.why_not = self.why_not or "It has no index."
                return length - passed if box.kind in TOP_LEVEL else 0
        self.why_not = self.why_not or "It has no index."
        return 0

    def _changed(self, whole: bytes, box: Box) -> bytes:
        """The index with the comment, GROWTH_BYTES longer; or as it was, and why."""
        if len(whole) > INDEX_BYTES:
            self.why_not = "Its index is too big."
        elif whole[:4] == bytes(4):
            self.why_not = "Its index does not say how long it is."
        if len(whole) != box.end - box.start or self.why_not:
            return whole
        try:
            changed = marked_index(whole, box.start, self._comment)
        except Malformed as error:
            self.why_not = f"Its index cannot be changed: {error}."
            return whole
        self.marked = True
        return changed


def marked_index(moov: bytes, start: int, comment: str) -> bytes:
    """A whole `moov` box that lies at `start`, with the comment and GROWTH_BYTES longer.

    Chunk offsets that point behind it are moved on by as much. Raises Malformed with the reason
    when that cannot be done.
    """
    head = box_at(moov[:HEADER_BYTES], 0, len(moov))
    body = with_comment(shifted(moov, head, behind=start + len(moov), by=GROWTH_BYTES), comment)
    room = len(moov) - head.body + GROWTH_BYTES - len(body)
    if room != 0 and room < MIN_FREE_BYTES:
        raise Malformed("the comment takes too much room")
    return _sized(moov[: head.body], len(moov) + GROWTH_BYTES) + body + filling(room)


def filling(length: int) -> bytes:
    """A `free` box of this whole length; nothing for none."""
    return box_bytes(b"free", bytes(length - MIN_FREE_BYTES)) if length else b""


def _sized(header: bytes, size: int) -> bytes:
    """A box header that says another size, in the form that it has."""
    if len(header) == HEADER_BYTES:
        return header[:8] + size.to_bytes(8, "big")
    return size.to_bytes(4, "big") + header[4:]


def _header(stream: "_Stream", at: int) -> Box | None:
    try:
        return box_at(stream.peek(HEADER_BYTES), at, ENDLESS)
    except Malformed:
        return None


class _Stream:
    """Chunks that can be looked into before they are passed on."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""

    def peek(self, length: int) -> bytes:
        """The next bytes, fewer only at the end."""
        if len(self._held) < length:
            held = bytearray(self._held)
            while len(held) < length and (chunk := next(self._chunks, None)) is not None:
                held += chunk
            self._held = bytes(held)
        return self._held[:length]

    def take(self, length: int) -> bytes:
        """The same, taken away."""
        taken = self.peek(length)
        self._held = self._held[len(taken) :]
        return taken

    def passing(self, length: int) -> Generator[bytes, None, int]:
        """As many bytes in the chunks they come in; how many there were."""
        left = length
        while left and (chunk := self._held or next(self._chunks, None)) is not None:
            self._held = chunk[left:]
            chunk = chunk[:left]
            left -= len(chunk)
            if chunk:
                yield chunk
        return length - left

    def rest(self) -> Iterator[bytes]:
        """All that is left."""
        if self._held:
            yield self._held
            self._held = b""
        yield from self._chunks

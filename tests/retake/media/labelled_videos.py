"""Videos with the mark put in, what a decoder finds in them, and metadata to put beside it."""

import hashlib
import io
from collections.abc import Iterator

import av
from retake.media.ai_label import Marking

from tests.support.video_files import body_of, box, replaced, top_level, words

COMMENT = "AI-edited with novita/kling-o1-edit by Retake, edit e-0123456789abcdefghjk, 2026-11-21"


def streamed(data: bytes, size: int = 1000) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def marked(data: bytes, size: int = 1000) -> tuple[bytes, Marking]:
    marking = Marking(streamed(data, size), COMMENT)
    promised = len(data) + marking.growth_bytes
    out = b"".join(marking)
    assert len(out) == promised
    return out, marking


def pictures(data: bytes) -> list[str]:
    """Every frame, decoded."""
    with av.open(io.BytesIO(data), "r") as film:
        return [
            hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest()
            for frame in film.decode(video=0)
        ]


def packets(data: bytes) -> list[tuple[int, int | None, str]]:
    """Every coded picture and sound, as the index finds it."""
    with av.open(io.BytesIO(data), "r") as film:
        return [
            (each.stream_index, each.pts, hashlib.sha256(bytes(each)).hexdigest())
            for each in film.demux()
            if each.size
        ]


def comment_in(data: bytes) -> str | None:
    with av.open(io.BytesIO(data), "r") as film:
        return film.metadata.get("comment")


def with_user_data(data: bytes, *inside: bytes) -> bytes:
    """A clip whose index lies last, with this user data."""
    moov = body_of(data, (b"moov",))
    kept = [moov[start:end] for kind, start, end in top_level(moov) if kind != b"udta"]
    return replaced(data, (b"moov",), b"".join([*kept, box(b"udta", b"".join(inside))]))


def item_list(*items: bytes, handler: bytes = b"mdir", after: bytes = b"") -> bytes:
    hdlr = box(b"hdlr", bytes(8) + handler + b"appl" + bytes(9))
    return box(b"meta", bytes(4) + hdlr + box(b"ilst", b"".join(items)) + after)


def item(kind: bytes, text: bytes) -> bytes:
    return box(kind, box(b"data", words(1, 0) + text))

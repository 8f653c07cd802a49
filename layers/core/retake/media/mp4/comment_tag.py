"""The comment in a movie's metadata, as players show it.

Two homes: an item list (`udta`/`meta`/`ilst`, handler `mdir`: MP4 files) and user data text
(`udta`/`©cmt`: QuickTime). Apple's QuickTime File Format Specification, "Metadata" and "User data
atoms"; ISO/IEC 14496-12, section 8.11.
"""

from retake.media.mp4.boxes import Box, Malformed, box_bytes, children

COMMENT = b"\xa9cmt"
UTF8 = 1  # the well-known type of a value
ENGLISH = 0x15C7  # ISO 639-2/T "eng", five bits a letter
MAX_KEPT = 512  # of a comment that is there already, in bytes
_HANDLER = box_bytes(b"hdlr", bytes(8) + b"mdir" + b"appl" + bytes(9))


def with_comment(body: bytes, comment: str) -> bytes:
    """The body of a `moov` box with this comment; one that is there already follows behind it.

    Raises Malformed when the metadata that is there cannot be understood.
    """
    body = _ended(body)
    udta = _only(body, b"udta", 0, len(body))
    if udta is None:
        return body + box_bytes(b"udta", _meta(comment))
    return (
        body[: udta.start]
        + box_bytes(b"udta", _in_user_data(body, udta, comment))
        + (body[udta.end :])
    )


def _in_user_data(body: bytes, udta: Box, comment: str) -> bytes:
    inside = _ended(body[udta.body : udta.end])
    meta = _only(inside, b"meta", 0, len(inside))
    if meta is None:
        return inside + _meta(comment)
    if not _is_item_list(inside, meta):
        # Metadata of another making, of which there may be one only: QuickTime's text beside it.
        said = comment.encode()
        text = len(said).to_bytes(2, "big") + ENGLISH.to_bytes(2, "big") + said
        return inside + box_bytes(COMMENT, text)
    changed = _in_meta(inside, meta, comment)
    return inside[: meta.start] + box_bytes(b"meta", changed) + inside[meta.end :]


def _ended(inside: bytes) -> bytes:
    """Boxes without the four zero bytes that QuickTime may end a list of them with."""
    last = max((box.end for box in children(inside, 0, len(inside))), default=0)
    if inside[last:].strip(b"\0"):
        raise Malformed("a list of boxes in it is cut short")
    return inside[:last]


def _is_item_list(inside: bytes, meta: Box) -> bool:
    """Whether it is ISO's `meta`, with a version in front, which holds an item list."""
    handler = (
        next(iter(children(inside, meta.body + 4, meta.end)), None)
        if (inside[meta.body + 8 : meta.body + 12] == b"hdlr")
        else None
    )
    return handler is not None and inside[handler.body + 8 : handler.body + 12] == b"mdir"


def _in_meta(inside: bytes, meta: Box, comment: str) -> bytes:
    begin = meta.body + 4
    if any(box.kind == b"iloc" for box in children(inside, begin, meta.end)):
        raise Malformed("it names items by their place")
    items = _only(inside, b"ilst", begin, meta.end)
    if items is None:
        return inside[meta.body : meta.end] + box_bytes(b"ilst", _item(comment))
    others = b"".join(
        inside[box.start : box.end]
        for box in children(inside, items.body, items.end)
        if box.kind != COMMENT
    )
    kept = "".join(
        f" | {said}"
        for box in children(inside, items.body, items.end)
        if box.kind == COMMENT and (said := _said(inside, box))
    )
    changed = box_bytes(b"ilst", others + _item(comment + kept))
    return inside[meta.body : items.start] + changed + inside[items.end : meta.end]


def _said(inside: bytes, item: Box) -> str:
    """The text of an item; empty when it has none that is UTF-8."""
    data = _only(inside, b"data", item.body, item.end)
    if data is None or inside[data.body : data.body + 4] != UTF8.to_bytes(4, "big"):
        return ""
    text = inside[data.body + 8 : data.end].rstrip(b"\0")
    return text[:MAX_KEPT].decode(errors="ignore")


def _only(data: bytes, kind: bytes, start: int, end: int) -> Box | None:
    """The one box of this kind; raises Malformed when there are more."""
    found = [box for box in children(data, start, end) if box.kind == kind]
    if len(found) > 1:
        raise Malformed(f"it holds {len(found)} of a kind that there is one of")
    return found[0] if found else None


def _item(comment: str) -> bytes:
    value = box_bytes(b"data", UTF8.to_bytes(4, "big") + bytes(4) + comment.encode())
    return box_bytes(COMMENT, value)


def _meta(comment: str) -> bytes:
    return box_bytes(b"meta", bytes(4) + _HANDLER + box_bytes(b"ilst", _item(comment)))

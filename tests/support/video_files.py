"""The boxes of video files, and files that only pretend to be clips."""

from pathlib import Path

from virtual.clips import clip


def clip_file(directory: Path, name: str = "clip.mp4", data: bytes | None = None) -> Path:
    """A clip (or the bytes given) as a file in a directory."""
    path = directory / name
    path.write_bytes(clip() if data is None else data)
    return path


def box(kind: bytes, body: bytes = b"", *, size: int | None = None) -> bytes:
    """A box of the container format, with a true or an invented size."""
    return (len(body) + 8 if size is None else size).to_bytes(4, "big") + kind + body


def large_box(kind: bytes, body: bytes, *, size: int) -> bytes:
    """A box with a 64-bit size."""
    return (1).to_bytes(4, "big") + kind + size.to_bytes(8, "big") + body


def words(*numbers: int) -> bytes:
    """Numbers as a box holds them: four bytes each, the highest first."""
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def top_level(data: bytes) -> list[tuple[bytes, int, int]]:
    """Kind, start and end of the boxes side by side in a whole file."""
    found, at = [], 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        found.append((data[at + 4 : at + 8], at, at + size))
        at += size
    return found


def replaced(data: bytes, path: tuple[bytes, ...], body: bytes) -> bytes:
    """The same boxes, the first one at this path with another body, those around it resized."""
    for kind, start, end in top_level(data):
        if kind == path[0]:
            inner = replaced(data[start + 8 : end], path[1:], body) if path[1:] else body
            return data[:start] + box(kind, inner) + data[end:]
    raise LookupError(path)


def body_of(data: bytes, path: tuple[bytes, ...]) -> bytes:
    """The body of the first box at this path."""
    for kind, start, end in top_level(data):
        if kind == path[0]:
            inner = data[start + 8 : end]
            return body_of(inner, path[1:]) if path[1:] else inner
    raise LookupError(path)


FTYP = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2avc1mp41")


def pretenders() -> dict[str, bytes]:
    """Files of other kinds which somebody may name `.mp4`, by what a reader should call them."""
    return {
        "WebM or Matroska": clip(1, 64, 64, container="matroska", sound=False),
        "AVI": clip(1, 64, 64, container="avi", sound=False),
        "Flash": clip(1, 64, 64, container="flv", sound=False),
        "transport stream": clip(1, 64, 64, container="mpegts", sound=False),
        "PNG picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40),
        "JPEG picture": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40),
        "GIF picture": b"GIF89a" + bytes(40),
        "WebP picture": b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(30),
        "HEIC picture": box(b"ftyp", b"heic\x00\x00\x00\x00mif1heic") + box(b"meta", bytes(40)),
        "ZIP archive": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(40),
        "gzip archive": b"\x1f\x8b\x08\x00" + bytes(40),
        "PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "Windows program": b"MZ\x90\x00\x03\x00\x00\x00" + bytes(60),
        "Linux program": b"\x7fELF\x02\x01\x01" + bytes(60),
        "web page": b"<!DOCTYPE html><html><title>403 Forbidden</title></html>",
        "JSON document": b'{"error": {"code": "AccessDenied"}}',
        "XML document": b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
        "text": b"Please edit my video, it is in the attachment.\n",
        "zero bytes": bytes(4096),
        "a kind not known": bytes(range(128, 256)) * 4,
    }


class Stored:
    """A stored object that counts what is read, with a hole of zeros where `hole_at` says.

    So a file of hundreds of megabytes costs nothing: the hole belongs inside its `mdat` box.
    """

    def __init__(self, data: bytes, *, hole_at: int = 0, hole_bytes: int = 0) -> None:
        self._data, self._hole_at, self._hole_bytes = data, hole_at, hole_bytes
        self.size_bytes = len(data) + hole_bytes
        self.requests = self.bytes_read = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """These bytes, counted."""
        self.requests += 1
        end = min(offset + length, self.size_bytes)
        self.bytes_read += end - offset
        hole_end = self._hole_at + self._hole_bytes
        before = self._data[offset : min(end, self._hole_at)]
        zeros = bytes(max(0, min(end, hole_end) - max(offset, self._hole_at)))
        start = max(offset, hole_end) - self._hole_bytes
        after = self._data[start : max(start, end - self._hole_bytes)]
        return before + zeros + after


def inflated(data: bytes, size_bytes: int) -> Stored:
    """The same clip with so much media at its end that the file has this size.

    Its index and its list of fragments stay true, for they name only what lies before.
    """
    kind, start, end = [found for found in top_level(data) if found[0] == b"mdat"][-1]
    hole = size_bytes - len(data)
    grown = box(kind, size=end - start + hole) + data[start + 8 : end]
    return Stored(data[:start] + grown + data[end:], hole_at=end, hole_bytes=hole)

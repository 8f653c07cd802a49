"""What kind of file some bytes look like, by their first bytes.

Signatures from the IANA media type registrations and the formats' own specifications.
"""

# (offset, bytes at that offset, what to call it). The first row that fits wins.
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1aE\xdf\xa3", "a WebM or Matroska video"),
    (8, b"AVI ", "an AVI video"),
    (8, b"WAVEfmt", "a WAV recording"),
    (8, b"WEBPVP8", "a WebP picture"),
    (0, b"FLV\x01", "a Flash video"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"),
    (0, b"\x00\x00\x01\xba", "an MPEG program stream"),
    (0, b"\x06\x0e\x2b\x34", "an MXF video"),
    (0, b"\x00\x00\x01\xb3", "an MPEG video stream"),
    (4, b"Bud1", "what macOS notes of a folder"),
    (0, b"\x00\x05\x16\x07", "what macOS notes of a file"),
    (0, b"\x00\x00\x00\x01", "a raw video stream without a container"),
    (0, b"OggS", "an Ogg file"),
    (0, b"fLaC", "a FLAC recording"),
    (0, b"ID3", "an MP3 recording"),
    (0, b"\xff\xfb", "an MP3 recording"),
    (0, b"\xff\xf1", "an AAC recording"),
    (0, b"#EXTM3U", "an HLS playlist"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"II*\x00", "a TIFF picture"),
    (0, b"MM\x00*", "a TIFF picture"),
    (0, b"8BPS", "a Photoshop picture"),
    (4, b"jP  \r\n\x87\n", "a JPEG 2000 picture"),
    (4, b"JXL \r\n\x87\n", "a JPEG XL picture"),
    (4, b"ftypheic", "a HEIC picture"),
    (4, b"ftypheix", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIF picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftypcrx ", "a camera raw picture"),
    (4, b"ftypM4A ", "an M4A recording"),
    (4, b"ftypM4B ", "an M4B audio book"),
    (4, b"ftypqt  ", "a QuickTime video"),
    (4, b"ftyp", "an MP4 video"),
    (4, b"styp", "a segment of a streamed MP4 video"),
    (4, b"moof", "a fragment of an MP4 video"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\xfd7zXZ\x00", "an XZ archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a TAR archive"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (0, b"SQLite format 3\x00", "an SQLite database"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a Linux program"),
    (0, b"\xcf\xfa\xed\xfe", "a macOS program"),
    (0, b"#!", "a script"),
)

# The beginnings of text, compared without regard to case after leading white space.
TEXTS: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<svg", "an SVG picture"),
    (b"<?xml", "an XML document"),
    (b"{", "a JSON document"),
    (b"[", "a JSON document"),
)

# Of a transport stream: how long a packet is, and where in it 0x47 stands. Camcorders (AVCHD) and
# Blu-ray put four bytes of time before each, broadcasters sixteen for repairs behind it.
MPEG_PACKETS = ((188, 0), (192, 4), (204, 0))


def looks_like(head: bytes) -> str:
    """Name a file by its first bytes (512 are plenty), as it would stand in a sentence."""
    if not head:
        return "an empty file"
    for offset, signature, name in SIGNATURES:
        if head.startswith(signature, offset):
            return name
    for length, sync in MPEG_PACKETS:
        if head[sync : sync + 1] == head[sync + length : sync + length + 1] == b"G":
            return "an MPEG transport stream"
    if not any(head):
        return "nothing but zero bytes"
    return _kind_of_text(head) or "of a kind not known here"


def _kind_of_text(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    try:
        text = head[:512].decode()
    except UnicodeDecodeError as error:
        if error.start < len(head[:512]) - 3:  # not merely a character cut in half
            return None
        text = head[: error.start].decode()
    if any(ord(letter) < 32 and letter not in "\t\n\r\f\x1b" for letter in text):
        return None
    start = text.lstrip("\ufeff \t\r\n").lower().encode()
    return next((name for sign, name in TEXTS if start.startswith(sign)), "text")

"""Text from strangers where people read it as plain text: mail, terminals, one line of a list."""

import re

from retake.domain.patterns import pattern

# What moves a cursor, turns the direction of what follows, or is not seen: C0 and C1 controls, line
# and paragraph separators, bidirectional marks (Unicode TR #36, 'Bidirectional Text Spoofing'),
# halves of surrogate pairs, and what has no width or no ink at all: format characters (category
# Cf, but for the number signs of Arabic, Syriac and Kaithi), the joiner that joins nothing, the
# fillers of Hangul and the blank of Braille. Without tab, line feed
# and the two joiners that scripts and joined signs need, which pages keep.
_NEVER_SHOWN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f"
)
_UNSHOWN = pattern(f"[\t\n\u200c\u200d{_NEVER_SHOWN}]+")
_UNSEEN = pattern(f"[{_NEVER_SHOWN}]")
# What mail readers make a link of: a scheme, a server's usual name, and the name of a domain.
_SCHEME = pattern(r"(?i)\b(https?|s3|ftp|file|data|javascript|mailto|tel|sms)(:)")
_FILE = pattern(
    r"(?i)(mp4|mov|m4v|webm|mkv|avi|mpe?g|m2?ts|3gp|wmv|mxf|json|jpe?g|png|webp|heic|request)"
    r"(?![\w/:?#-])"
)
_DOMAIN = pattern(r"(?<=[^\W_])\.(?=[^\W\d_]{2,}([^\w]|$))|(?<=\bwww)\.|@", re.IGNORECASE)


def one_line(text: str, characters: int = 1024) -> str:
    """The text on one line, read from left to right, and cut: it cannot pose as another line."""
    plain = _UNSHOWN.sub(" ", text).strip()
    return plain if len(plain) <= characters else plain[: characters - 1] + "…"


def visible(text: str) -> str:
    """The text for a page: its lines and all its letters, and a mark for each that nobody sees."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def unlinked(text: str) -> str:
    """The text without anything that a mail reader would make a link of: `evil[.]example`.

    Endings of files stay as they are, lest every name look odd; so a domain that ends as a file
    does may still be linked where it stands alone.
    """

    def broken(found: re.Match[str]) -> str:
        rest = found.string[found.end() :]
        is_file = found[0] == "." and _FILE.match(rest) is not None
        return found[0] if is_file else f"[{found[0]}]"

    return _DOMAIN.sub(broken, _SCHEME.sub(r"\1[\2]", text))


def quoted(text: str, characters: int = 1024) -> str:
    """A stranger's words among ours: on one line, in quotes they cannot close, and no link."""
    return '"' + unlinked(one_line(text, characters)).replace('"', "'") + '"'


def within_bytes(text: str, size_bytes: int) -> str:
    """The text, cut where it takes more than so many bytes in UTF-8."""
    whole = text.encode("utf-8", "backslashreplace")
    if len(whole) <= size_bytes:
        return whole.decode()
    return whole[: size_bytes - 3].decode(errors="ignore") + "…"

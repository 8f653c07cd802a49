"""The frame around every page: one style, one script, nothing from anywhere else.

A page is served with a nonce in its Content-Security-Policy header, or carries a policy of its own
that names style and script by their digests (W3C, Content Security Policy Level 3), so that it may
lie in a bucket or on a disk.
"""

import base64
import hashlib
import html
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from retake.domain.plain_text import visible

HTML = "text/html; charset=utf-8"
MEDIA = ("data:",)


@cache
def part(name: str) -> str:
    """A file that lies beside this one, such as `style.css`, read once."""
    # Not importlib.resources: its import would be a tenth of a function's start.
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def escaped(text: object) -> str:
    """Any text, fit for an element or a quoted attribute."""
    return html.escape(visible(str(text)), quote=True)


def policy(
    *,
    style: str,
    script: str,
    media: Iterable[str] = MEDIA,
    more: str = "",
    form: str = "'none'",
) -> str:
    """A Content-Security-Policy that admits this style, this script and media from these places.

    `style` and `script` are sources as the policy writes them: `'nonce-…'`, `'sha256-…'`. `more`
    are further directives, each ended by a semicolon; `form` is where a form may be sent.
    """
    places = " ".join(media) or "'none'"
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; img-src {places}; "
        f"media-src {places}; {more}base-uri 'none'; form-action {form}"
    )


def document(
    title: str,
    body: str,
    *,
    style: str = "",
    script: str = "",
    nonce: str | None = None,
    media: Iterable[str] = MEDIA,
) -> str:
    """A whole page around a body that is HTML already; the script runs at its end.

    With a nonce the policy is left to whoever sends the page; without, it is inside, by digests.
    """
    style = part("style.css") + style
    attribute, meta = f' nonce="{escaped(nonce)}"', ""
    if nonce is None:
        rule = policy(style=_digest(style), script=_digest(script), media=media)
        attribute = ""
        meta = f'<meta http-equiv="Content-Security-Policy" content="{escaped(rule)}">\n'
    code = f"<script{attribute}>{script}</script>\n" if script else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"{meta}"
        '<meta name="viewport" content="width=device-width, initial-scale=1, '
        'viewport-fit=cover">\n'
        '<meta name="robots" content="noindex, nofollow, noarchive">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(title)}</title>\n"
        # Without it browsers ask for /favicon.ico.
        '<link rel="icon" href="data:,">\n'
        f"<style{attribute}>{style}</style>\n</head>\n<body>\n{body}\n{code}</body>\n</html>\n"
    )


def as_address(picture: bytes) -> str:
    """A JPEG as an address that needs no server."""
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()


def _digest(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"

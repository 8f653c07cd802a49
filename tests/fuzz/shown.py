"""The page that quotes what strangers wrote: whatever that is, it stays text."""

import re
from html.parser import HTMLParser

from retake.presentation.pages.compare import ComparedSide, compare_page

TEXTS = ("name", "prompt", "model", "provider", "operation", "settings_from", "source_codec")
LISTS = ("warnings", "repair")


def page(data: bytes) -> None:
    """The same elements with the same attributes as for harmless words of this length."""
    text = data[:2000].decode("utf-8", "ignore").strip()
    if text:
        assert _elements(_page(text)) == _elements(_page(re.sub(r"\S", "w", text)))


def _page(text: str) -> str:
    facts = {**dict.fromkeys(TEXTS, text), **{name: [text] for name in LISTS}}
    return compare_page(
        facts, before=ComparedSide("https://a.example/1"), after=ComparedSide("https://a.example/2")
    )


def _elements(html: str) -> list[tuple[str, tuple[str, ...]]]:
    found: list[tuple[str, tuple[str, ...]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, tuple(name for name, _ in attrs)))

    reader = Reader()
    reader.feed(html)
    reader.close()
    return found

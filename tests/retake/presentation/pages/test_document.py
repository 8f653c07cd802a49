"""The frame of every page: hostile text stays text, and the policy admits what is inside only."""

import base64
import hashlib
import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from retake.presentation.pages.document import document, escaped, part, policy


class Read(HTMLParser):
    """What a browser would see: the elements, and the text of each kind."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._at = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._at = tag
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._at = ""

    def handle_data(self, data: str) -> None:
        self.texts[self._at] = self.texts.get(self._at, "") + data


def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@settings(deadline=None)
@given(st.text())
@example("\" onload='x'")
@example("</p><script>")
def test_any_text_stays_one_text_in_an_element_and_in_an_attribute(text: str) -> None:
    page = Read(f'<p title="{escaped(text)}">{escaped(text)}</p>')

    assert [(tag, list(each)) for tag, each in page.elements] == [("p", ["title"])]
    escaped(text).encode()
    assert len(unescape(escaped(text))) == len(text)


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\0", "\x1b", "\ud800", "\x85"])
def test_marks_that_disguise_text_are_shown_as_unknown(mark: str) -> None:
    assert escaped(f"a{mark}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_letters_of_every_script_and_joined_signs_stay() -> None:
    assert escaped("雪 día \U0001f468\u200d\U0001f469\u200d\U0001f467\n") == (
        "雪 día \U0001f468\u200d\U0001f469\u200d\U0001f467\n"
    )


def test_a_page_of_its_own_admits_its_own_style_and_script_by_their_digests() -> None:
    page = Read(document("Title", "<p>body</p>", style="p { margin: 0 }", script="'use strict';"))

    (meta,) = [each for tag, each in page.elements if tag == "meta" and "http-equiv" in each]
    rule = str(meta["content"])
    assert f"style-src 'sha256-{digest(page.texts['style'])}'" in rule
    assert f"script-src 'sha256-{digest(page.texts['script'])}'" in rule
    assert "unsafe" not in rule
    assert "http" not in rule


def test_a_page_with_a_nonce_leaves_the_policy_to_its_sender() -> None:
    page = Read(document("Title", "", script="1;", nonce="n0nce"))

    nonces = {tag: each.get("nonce") for tag, each in page.elements if tag in ("style", "script")}
    assert nonces == {"style": "n0nce", "script": "n0nce"}
    assert not [each for _, each in page.elements if "http-equiv" in each]


def test_a_page_is_kept_out_of_indexes_and_tells_nobody_where_one_came_from() -> None:
    page = Read(document("<Title>", ""))

    told = {each.get("name"): each.get("content") for tag, each in page.elements if tag == "meta"}
    assert "noindex" in str(told["robots"])
    assert told["referrer"] == "no-referrer"
    assert page.texts["title"] == "<Title>"


def test_a_policy_names_where_media_come_from() -> None:
    rule = policy(style="'none'", script="'none'", media=["https://bucket.example"])

    assert "media-src https://bucket.example;" in rule
    assert rule.startswith("default-src 'none'; ")


@pytest.mark.parametrize("name", ["style.css", "compare.css", "compare.js"])
def test_what_lies_beside_the_code_asks_for_nothing_from_elsewhere(name: str) -> None:
    text = part(name)

    assert not re.search(r"https?:|@import|url\(|//[a-z]+\.|</", text)

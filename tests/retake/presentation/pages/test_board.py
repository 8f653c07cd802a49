"""The board's and the plain pages as documents: whole, by themselves, and silent about links."""

import re

import pytest
from retake.presentation.pages.board import board_page
from retake.presentation.pages.document import part
from retake.presentation.pages.plain import closed_page, later_page, plain_page, standing_page

from virtual.scene import Scene

NONCE = "abc-123"


def pages(nonce: str | None) -> dict[str, str]:
    edit = Scene().running()
    return {
        "board": board_page(nonce=nonce),
        "closed": closed_page(nonce),
        "later": later_page(nonce),
        "standing": standing_page(edit, shows_cost=True, nonce=nonce),
        "plain": plain_page("A title", ["A sentence."], nonce=nonce),
    }


@pytest.mark.parametrize("name", pages(NONCE))
def test_a_page_asks_nobody_else_for_anything(name: str) -> None:
    page = pages(NONCE)[name]

    assert re.findall(r"https?://[^\s\"'<]+", page) == []
    assert not re.search(r"<(link|script|img)[^>]+(src|href)=\"?(?!data:)[\w/]", page)
    assert "@import" not in page
    assert "url(" not in page


@pytest.mark.parametrize("name", pages(NONCE))
def test_every_style_and_script_carries_the_nonce_and_nothing_is_inline(name: str) -> None:
    page = pages(NONCE)[name]

    for tag in re.findall(r"<(?:style|script)[^>]*>", page):
        assert f'nonce="{NONCE}"' in tag
    assert not re.search(r"<[^>]+\s(on\w+|style)=", page.partition("<body>")[2])


@pytest.mark.parametrize("name", pages(None))
def test_without_a_nonce_a_page_carries_its_own_policy(name: str) -> None:
    assert 'http-equiv="Content-Security-Policy"' in pages(None)[name]


def test_the_board_s_page_knows_no_edit_and_no_token() -> None:
    # All of it comes as data, so that one page serves every link.
    assert board_page(nonce=NONCE) == board_page(nonce=NONCE)
    assert part("board.js").count("innerHTML") == 0


def test_a_board_reads_aloud_what_happens() -> None:
    page = board_page(nonce=NONCE)

    assert "role=status" in page
    assert "role=alert" in page
    assert '<html lang="en">' in page

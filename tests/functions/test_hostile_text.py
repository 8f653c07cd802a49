"""Whatever a stranger writes into a prompt or a name is text, on every page."""

import json
import unicodedata

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from retake.aws.dynamodb import Change
from retake.presentation.site import Sent
from retake.records.keys import edit_key

from tests.functions.share_endpoint import Seen, Showroom

UNSEEN_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u2065\U000e0000" + "".join(
    map(chr, (*range(0xE0002, 0xE0020), *range(0xFFF9, 0xFFFC)))
)
# What a stranger might write into a prompt or a name.
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<!-- --><!--",
    "&lt;b&gt; &amp;amp;",
    "{{7*7}} ${7*7} `x`",
    "\u202egnp.exe \u2028\u2029 \x00 \ud7ff",
    "javascript:alert(1)",
]


def shape(page: str) -> tuple[list[str], list[str]]:
    seen = Seen(page)
    return seen.elements, seen.attributes


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_on_every_page(room: Showroom, text: str) -> None:
    assert_only_text(room, text)


@given(text=st.text(min_size=1, max_size=60).filter(str.strip))
@trying(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_text_on_every_page(text: str) -> None:
    with Showroom().open() as room:
        assert_only_text(room, text)


def _is_unseen(char: str) -> bool:
    """Whether it turns the reading order, ends a line unseen, or has no ink."""
    kept = "\t\n\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
    if char in kept + "\U000110bd\U000110cd":
        return False
    of_kind = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return of_kind or char in UNSEEN_LETTERS or "\U00013430" <= char <= "\U0001345f"


def assert_only_text(room: Showroom, text: str) -> None:
    """A page with this prompt and name has the elements of one with harmless words."""
    harmless, hostile = room.ready("a.mp4", prompt="noir"), room.ready("b.mp4", prompt=text)
    plain = room.running("c.mp4")
    odd = room.running("d.mp4")
    said = {"reference": text, "request": {"prompt": text}}
    room.table.write(Change(key=edit_key(odd.edit_id), set=said))

    pages: list[tuple[Sent, Sent]] = [
        (room.look_at(harmless), room.look_at(hostile)),
        (room.look_at(plain), room.look_at(room.records.get(odd.edit_id))),
    ]

    for calm, wild in pages:
        assert wild.status == 200
        assert shape(wild.body) == shape(calm.body)
    data = room.ask("edits", token=room.board_token())
    assert data.headers["content-type"] == "application/json"
    # The script puts it into text as it is, so it comes without what nobody sees.
    shown = "".join("\ufffd" if _is_unseen(char) else char for char in text)
    assert shown in [each.get("prompt") for each in json.loads(data.body)["edits"]]

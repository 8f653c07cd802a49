"""The link that a message carries, opened as anybody would: no account, no signature."""

import html
import json
import re
from pathlib import Path

import pytest

from command.link_minting import of_local
from local.emulator.api_client import send
from local.emulator.topic_inbox import body
from tests.end_to_end.stage import Stage

pytestmark = pytest.mark.long


def test_the_link_of_a_message_opens_both_clips_without_an_account(
    stack: Stage, clip: Path
) -> None:
    edit_id = stack.drop(clip, "links/día 1.mp4", prompt="Make it <b>snow</b>")
    stack.wait_for(edit_id)
    (message,) = stack.messages(edit_id)

    page = send("GET", body(message)["share_url"])

    assert page.status == 200
    text = page.body.decode()
    assert "Make it &lt;b&gt;snow&lt;/b&gt;" in text
    media = [html.unescape(each) for each in re.findall(r'data-src="([^"]+)"', text)]
    assert len(media) == 2
    for address in media:
        origin = "/".join(address.split("/")[:3])
        assert origin in page.headers["content-security-policy"]
        piece = send("GET", address, headers={"range": "bytes=4-7"})
        assert (piece.status, piece.body) == (206, b"ftyp")
    assert page.headers["cache-control"] == "no-store"


def test_a_link_that_was_altered_opens_nothing_and_a_failed_edit_has_none(
    stack: Stage, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear Sir or Madam")
    edit_id = stack.drop(letter, prompt="Make it snow")
    stack.wait_for(edit_id)
    (message,) = stack.messages(edit_id)
    link = of_local(stack.address).share(edit_id)

    standing, altered = send("GET", link), send("GET", link[:-1] + "_")

    assert "share_url" not in body(message)
    assert (standing.status, altered.status) == (200, 403)
    assert b"NOT_A_VIDEO" in standing.body
    assert edit_id.encode() not in altered.body


def test_the_board_names_the_edit_and_its_reason(stack: Stage, tmp_path: Path) -> None:
    letter = tmp_path / "notes.mp4"
    letter.write_text("Dear Sir or Madam")
    edit_id = stack.drop(letter, prompt="Make it snow")
    stack.wait_for(edit_id)
    board = of_local(stack.address).board()

    page, data = send("GET", board), send("GET", f"{board}/edits")

    assert page.headers["content-type"].startswith("text/html")
    told = json.loads(data.body)
    shown = next(each for each in told["edits"] if each["edit_id"] == edit_id)
    assert (shown["status"], shown["reason"]) == ("REJECTED", "NOT_A_VIDEO")
    assert "desk" not in told

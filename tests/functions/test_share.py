"""Pages for people without an account: what a link opens, and what no link opens."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from retake.aws.dynamodb_changes import Change
from retake.domain.conclusions import failed
from retake.domain.errors import Misconfigured, Unavailable
from retake.domain.signed_links import LinkSecrets, Signer, board_path, share_path
from retake.domain.source import Source
from retake.domain.vocabulary import Reason
from retake.presentation.site import HEADERS
from retake.records.keys import edit_key

from tests.functions.share_endpoint import RESULTS, Seen, Showroom


def altered(token: str) -> Iterator[str]:
    """The token with each of its characters replaced, cut, doubled and lengthened."""
    for place, char in enumerate(token):
        yield token[:place] + ("a" if char != "a" else "b") + token[place + 1 :]
        yield token[:place] + token[place + 1 :]
    yield from (token + "a", token * 2, "", ".", "..", "a..", token.upper(), token + "\n", "é" * 9)


def shown(page: str) -> str:
    """What a person reads of a page: without its script and style."""
    return page.partition("<main")[2].partition("</main>")[0]


# ---------------------------------------------------------------- the page of an edit


def test_a_link_shows_both_clips_the_prompt_and_the_facts(room: Showroom) -> None:
    edit = room.ready()

    sent = room.look_at(edit)

    assert sent.status == 200
    assert "https://inbox.s3.example/clip.mp4?version=v0" in sent.body
    assert f"https://{RESULTS}.s3.example/edited/clip.mp4.{edit.edit_id}.mp4" in sent.body
    assert "noir" in Seen(sent.body).text


def test_media_may_come_from_the_two_buckets_and_nothing_from_anywhere_else(
    room: Showroom,
) -> None:
    sent = room.look_at(room.ready())

    rules = dict(
        rule.strip().split(" ", 1) for rule in sent.headers["content-security-policy"].split(";")
    )

    assert rules["default-src"] == "'none'"
    places = "data: https://inbox.s3.example https://results-bucket.s3.example"
    assert rules["media-src"] == rules["img-src"] == places
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "connect-src" not in rules
    assert re.fullmatch(r"'nonce-[\w-]{20,}'", rules["script-src"])
    assert f"nonce={rules['script-src'][7:-1]!r}".replace("'", '"') in sent.body


def test_no_page_uses_the_nonce_of_another(room: Showroom) -> None:
    edit = room.ready()

    rules = {room.look_at(edit).headers["content-security-policy"] for _ in range(5)}

    assert len(rules) == 5


def test_no_page_is_kept_indexed_framed_or_told_of(room: Showroom) -> None:
    edit, token = room.ready(), room.board_token()

    answers = [
        room.look_at(edit),
        room.look_at(room.running("open.mp4")),
        room.ask("share", edit_id=edit.edit_id, token="no"),
        room.ask("board", token=token),
        room.ask("edits", token=token),
    ]

    for sent in answers:
        assert sent.headers.items() >= HEADERS.items()
        assert sent.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["open.mp4", "gone.mp4"])
def test_an_edit_without_a_video_says_how_it_stands(room: Showroom, name: str) -> None:
    edit = room.running(name)
    if name == "gone.mp4":
        edit = room.records.close(edit, failed(Reason.TIMED_OUT, "It was not done in time."))

    sent = room.look_at(edit)

    assert sent.status == 200
    assert name in Seen(sent.body).text
    assert "video" not in Seen(sent.body).elements
    assert ("It was not done in time." in sent.body) is edit.is_finished
    assert ("Open this page again" in sent.body) is not edit.is_finished


def test_an_edit_made_of_pictures_only_shows_the_result_alone(room: Showroom) -> None:
    edit = room.ready()
    item = room.table.items[f"edit#{edit.edit_id}"]
    del item["source"]

    sent = room.look_at(room.records.get(edit.edit_id))

    assert sent.status == 200
    assert "inbox.s3.example" not in sent.body


def test_a_repaired_clip_stands_beside_its_result_while_it_is_kept(room: Showroom) -> None:
    edit = room.ready()
    fitted = Source(bucket=RESULTS, key=f"fitted/{edit.edit_id}.mp4", version_id="f1")
    change = Change(key=edit_key(edit.edit_id), set={"fitted": fitted.to_mapping()})
    room.table.write(change)

    early = room.look_at(edit)
    room.clock.advance(6.5 * 86_400)
    late = room.look_at(edit)

    assert f"https://{RESULTS}.s3.example/fitted/{edit.edit_id}.mp4?version=f1" in early.body
    assert "/fitted/" not in late.body
    assert "https://inbox.s3.example/clip.mp4?version=v0" in late.body


# ---------------------------------------------------------------- what opens nothing


def test_every_link_that_opens_nothing_gets_the_same_page(room: Showroom) -> None:
    edit, other = room.ready(), room.ready("other.mp4")
    good, board = room.share_token(edit), room.board_token()
    unknown = "e-" + "0" * 20
    until = room.clock.now() + timedelta(days=1)
    erased = room.ready("erased.mp4")
    room.table.items[f"edit#{erased.edit_id}"]["erase_asked_at"] = {"S": "2026-03-01T12:00:00Z"}
    tries: list[tuple[str, dict[str, str]]] = [
        ("share", {"edit_id": erased.edit_id, "token": room.share_token(erased)}),
        ("share", {"edit_id": edit.edit_id, "token": room.share_token(edit, days=-1)}),
        ("share", {"edit_id": edit.edit_id, "token": room.share_token(other)}),
        ("share", {"edit_id": edit.edit_id, "token": board}),
        ("share", {"edit_id": other.edit_id, "token": good}),
        ("share", {"edit_id": unknown, "token": good}),
        # Genuine, and about nothing that there is: only our own mistake could make such a one.
        ("share", {"edit_id": unknown, "token": room.signer.token("share", unknown, until=until)}),
        ("share", {"edit_id": "", "token": good}),
        ("share", {}),
        ("board", {"token": good}),
        ("board", {"token": room.board_token(days=-1)}),
        ("board", {"token": room.signer.token("callback", until=until)}),
        ("edits", {"token": good}),
        ("edits", {}),
        *(("share", {"edit_id": edit.edit_id, "token": each}) for each in altered(good)),
        *(("board", {"token": each}) for each in altered(board)),
    ]

    answers = [room.ask(route, **path) for route, path in tries]

    assert answers[0].status == 403
    assert "does not open anything" in answers[0].body
    assert [sent for sent in answers if sent != answers[0]] == []


def test_a_link_holds_to_its_last_second(room: Showroom) -> None:
    edit = room.ready()
    token = room.share_token(edit, days=1)

    room.clock.advance(86_400)
    on_time = room.ask("share", edit_id=edit.edit_id, token=token)
    room.clock.advance(1)
    late = room.ask("share", edit_id=edit.edit_id, token=token)

    assert (on_time.status, late.status) == (200, 403)


@pytest.mark.parametrize("trouble", [Unavailable("no"), Misconfigured("no secret")])
def test_when_proof_cannot_be_checked_nothing_is_shown_and_the_caller_may_come_again(
    room: Showroom, trouble: Exception
) -> None:
    edit = room.ready()
    token, board = room.share_token(edit), room.board_token()

    def fails() -> LinkSecrets:
        raise trouble

    room.site = type(room.site)(
        records=room.records,
        signer=Signer(fails),
        board_signer=Signer(fails),
        viewing=room.site.viewing,
        results_bucket=RESULTS,
    )

    answers = [
        room.ask("share", edit_id=edit.edit_id, token=token),
        room.ask("board", token=board),
        room.ask("edits", token=board),
    ]

    assert [sent.status for sent in answers] == [503, 503, 503]
    assert "no secret" not in "".join(sent.body for sent in answers)


def test_no_log_line_holds_a_token_and_an_id_only_when_it_was_proven(room: Showroom) -> None:
    edit = room.ready()
    token = room.share_token(edit)

    room.ask("share", edit_id=edit.edit_id, token=token)
    room.ask("share", edit_id=edit.edit_id, token=token + "x")
    room.ask("board", token=room.board_token())

    assert token not in str(room.logged)
    assert [line["edit_id"] for line in room.logged] == [edit.edit_id, None, None]
    assert [line["answer"] for line in room.logged] == [200, 403, 200]


def test_links_of_one_edit_are_taken_back_and_no_others(room: Showroom) -> None:
    edit, other = room.ready("a.mp4"), room.ready("b.mp4")
    token, others = room.share_token(edit), room.share_token(other)

    room.table.write(Change(key=edit_key(edit.edit_id), set={"x": 1}, add={"share_generation": 1}))

    until = room.clock.now() + timedelta(days=1)
    path = share_path(edit.edit_id, room.signer, until=until, generation=1)
    new = path.rpartition("/")[2]
    assert room.ask("share", edit_id=edit.edit_id, token=token).status == 403
    assert room.ask("share", edit_id=edit.edit_id, token=new).status == 200
    assert room.ask("share", edit_id=edit.edit_id, token=new.replace("~1", "~2")).status == 403
    assert room.ask("share", edit_id=edit.edit_id, token=token + "~1").status == 403
    assert room.ask("share", edit_id=other.edit_id, token=others).status == 200


def test_the_secret_of_pages_opens_no_board_and_that_of_the_board_no_page(room: Showroom) -> None:
    edit = room.ready()
    until = room.clock.now() + timedelta(days=1)
    board = board_path(room.signer, until=until).rpartition("/")[2]
    page = share_path(edit.edit_id, room.board_signer, until=until).rpartition("/")[2]

    assert room.ask("board", token=board).status == 403
    assert room.ask("share", edit_id=edit.edit_id, token=page).status == 403


def test_every_page_closes_what_a_browser_would_leave_open(room: Showroom) -> None:
    edit = room.ready()
    sent = [
        room.ask("share", edit_id=edit.edit_id, token=room.share_token(edit)),
        room.ask("board", token=room.board_token()),
        room.ask("edits", token=room.board_token()),
        room.ask("share", edit_id=edit.edit_id, token="no"),
    ]

    for each in sent:
        assert each.headers["cross-origin-opener-policy"] == "same-origin"
        assert each.headers["strict-transport-security"].startswith("max-age=")
        assert "camera=()" in each.headers["permissions-policy"]

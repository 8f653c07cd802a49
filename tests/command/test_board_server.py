"""The board's server on this machine: what it passes on, and whom it takes a clip from."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from command.board_server import Front
from command.held_files import MOST_FILES
from command.link_minting import Mint
from local.errors import UserError
from tests.command.stack_door import SECRET, StackDoor
from tests.command.upload_form import UploadForm, answer_pages


@pytest.fixture
def desk(stack: StackDoor) -> Iterator[UploadForm]:
    door = stack.open()
    door.send = answer_pages
    with Front(0) as front:
        front.serve(door, Mint(front.url, lambda: SECRET))
        yield UploadForm(front.port, stack, front.entrance.removeprefix(front.url))


def test_the_short_address_leads_to_the_board(desk: UploadForm) -> None:
    status, headers, _ = desk.ask("GET", desk.entrance)

    assert status == 302
    assert headers["location"].startswith("/board/a.")
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["", "?", "?x", "?key=x", "?%00"])
def test_who_was_not_told_the_address_is_not_led_to_the_board(desk: UploadForm, query: str) -> None:
    # Another user of this machine reaches its ports too.
    status, headers, body = desk.ask("GET", f"/{query}")

    assert status == 403
    assert "location" not in headers
    assert b"retake up" in body


@pytest.mark.parametrize("path", ["/board/a.b.c-_", "/share/e-1/a.b.c", "/board/no"])
def test_pages_are_passed_on_as_the_stack_sends_them(desk: UploadForm, path: str) -> None:
    status, headers, body = desk.ask("GET", path)

    assert status == (403 if path.endswith("no") else 200)
    assert json.loads(body) == {"edits": [], "path": f"/v1{path}"}
    assert headers["content-security-policy"] == "default-src 'none'"
    assert "x-amzn-requestid" not in headers


@pytest.mark.parametrize(
    "query",
    ["before=2026-03-01", "before=2026-03-01T12%3A00%3A00.000Z%23e-1", f"video=e-{'0' * 20}"],
)
def test_older_ones_and_a_download_are_asked_of_the_stack(desk: UploadForm, query: str) -> None:
    _, _, body = desk.ask("GET", f"/board/token/edits?{query}")

    assert json.loads(body) == {"edits": [], "path": f"/v1/board/token/edits?{query}"}


def test_any_other_question_is_not_passed_on(desk: UploadForm) -> None:
    _, _, body = desk.ask("GET", "/board/token/edits?before=x&X-Amz-Signature=y")

    assert json.loads(body)["path"] == "/v1/board/token/edits"


def test_the_board_s_data_names_what_may_be_done_and_nothing_else_changes(
    desk: UploadForm,
) -> None:
    told = desk.data()

    assert told.keys() == {"edits", "path", "desk"}
    assert told["desk"]["url"] == "/desk"
    assert len(told["desk"]["token"]) >= 32
    assert told["desk"]["models"][0]["role"] == "default"


@pytest.mark.parametrize(
    "path",
    [
        "/edits",
        "/board",
        "/board/a/b/edits",
        "/share/../edits",
        "/board/%2e%2e/edits",
        "//x",
        "/v1",
    ],
)
def test_nothing_else_of_the_stack_is_reached_through_it(desk: UploadForm, path: str) -> None:
    status, _, _ = desk.ask("GET", path)

    assert status == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"])
def test_it_answers_to_its_own_name_only(desk: UploadForm, host: str) -> None:
    # Else a page of any website could come here under a name of its own (DNS rebinding).
    for path in ("/", "/board/token", "/board/token/edits"):
        status, _, _ = desk.ask("GET", path, host=host)
        assert status == 403


def test_by_an_address_that_was_passed_on_the_board_is_only_looked_at(desk: UploadForm) -> None:
    desk.data()  # somebody works on it meanwhile

    status, _, body = desk.ask("GET", "/board/another.token/edits")

    assert (status, json.loads(body).keys()) == (200, {"edits", "path"})


def test_a_dropped_clip_is_looked_into_and_held_here(desk: UploadForm, street: Path) -> None:
    status, said = desk.hold("My street.mp4", street.read_bytes())

    assert status == 200
    assert said["name"] == "My street.mp4"
    assert said["seconds"] > 0
    assert desk.stack.uploads == []


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"host": "evil.example"},
        {"x_retake_desk": "guessed"},
        {"x_retake_desk": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},  # another port of this machine
    ],
)
@pytest.mark.parametrize("what", ["hold", "start", "retry", "cancel", "link"])
def test_nothing_is_done_for_anybody_but_the_board(
    desk: UploadForm, what: str, change: dict[str, str]
) -> None:
    sent = {"origin": desk.origin, "x_retake_desk": desk.offer()["token"], **change}
    before = list(desk.stack.calls)

    status, _, said = desk.ask(
        "POST", f"/desk/{what}", b"{}", **{key: value for key, value in sent.items() if value}
    )

    assert status == 403
    assert "board's own page only" in json.loads(said)["message"]
    assert desk.stack.calls == before


def test_other_websites_are_never_told_that_they_may_ask(desk: UploadForm) -> None:
    status, headers, _ = desk.ask("OPTIONS", "/desk/hold", origin="https://evil.example")

    assert status == 501
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("clip.mp4", b"", "clip.mp4 is empty."),
        ("letter.mp4", b"Dear Sir or Madam", "letter.mp4: The file is text"),
        ("x.request.json", b"{}", "x.request.json is no clip"),
        ("CLIP.MP4.JSON", b"{}", "CLIP.MP4.JSON is no clip"),
    ],
)
def test_what_cannot_become_an_edit_is_refused_in_words(
    desk: UploadForm, name: str, body: bytes, said: str
) -> None:
    status, told = desk.hold(name, body)

    assert status == 422
    assert told["message"].startswith(said)


def test_a_refused_file_takes_no_place(desk: UploadForm, street: Path) -> None:
    for _ in range(MOST_FILES + 1):
        desk.hold("letter.mp4", b"Dear Sir or Madam")

    assert desk.hold("street.mp4", street.read_bytes())[0] == 200


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("../../presets/x.mp4", "x.mp4"),
        ("C:\\clips\\a.mp4", "a.mp4"),
        ("images/", "clip.mp4"),
        ("..", "clip.mp4"),
        ("a\nb\x00.mp4", "ab.mp4"),
        ("día ❄.mov", "día ❄.mov"),
        ("x" * 300 + ".mp4", "x" * 196 + ".mp4"),
    ],
)
def test_a_file_s_name_is_the_last_part_of_whatever_was_said(
    desk: UploadForm, street: Path, name: str, key: str
) -> None:
    assert desk.hold(name, street.read_bytes())[1]["name"] == key


def test_what_it_does_not_know_is_not_there(desk: UploadForm) -> None:
    assert desk.do("erase", edit_id="e-00000000000000000000")[0] == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null"])
def test_nonsense_is_answered_and_the_board_goes_on(desk: UploadForm, body: bytes) -> None:
    sent = {"origin": desk.origin, "x_retake_desk": desk.offer()["token"]}

    assert desk.ask("POST", "/desk/retry", body, **sent)[0] == 422
    assert desk.ask("GET", desk.entrance)[0] == 302


def test_more_than_a_page_says_is_refused(desk: UploadForm) -> None:
    assert desk.do("price", prompt="x" * 200_000)[0] == 413


def test_a_clip_without_a_size_is_not_waited_for(desk: UploadForm) -> None:
    status, _, _ = desk.ask(
        "POST",
        "/desk/hold?name=a.mp4",
        None,
        origin=desk.origin,
        x_retake_desk=desk.offer()["token"],
        transfer_encoding="chunked",
    )

    assert status == 411


def test_a_taken_port_is_one_line() -> None:
    with Front(0) as front, pytest.raises(UserError, match=f"Port {front.port} is in use"):
        Front(front.port)


def test_a_head_is_answered_as_a_get_without_the_body(desk: UploadForm) -> None:
    path = desk.ask("GET", desk.entrance)[1]["location"]

    status, headers, body = desk.ask("HEAD", path)

    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "//[", {}),
        ("POST", "//[", {}),
        ("POST", "/desk/hold?name=a.mp4", {"content-length": "\u00b2"}),
        ("POST", "/desk/hold?name=a.mp4", {"content-length": "9" * 5000}),
        ("POST", "/desk/hold?name=a.mp4", {"content-length": "-1"}),
        ("POST", "/desk/hold?name=a.mp4", {"x-retake-desk": "\u00e9"}),
    ],
)
def test_odd_headers_and_targets_are_refused_and_the_board_goes_on(
    desk: UploadForm, method: str, path: str, headers: dict[str, str]
) -> None:
    assert desk.ask(method, path, None, **{"content-length": "0", **headers})[0] in (403, 404, 411)
    assert desk.ask("GET", desk.entrance)[0] == 302

"""The board's server on this machine: what it passes on, and whom it takes a clip from."""

import json
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest

from command.board_server import Front
from command.link_minting import Mint
from local.errors import UserError
from tests.command.upload_form import EDIT_ID, SECRET, AnsweringApi, FakeStack, UploadForm


@pytest.fixture
def desk() -> Iterator[UploadForm]:
    api = ThreadingHTTPServer(("127.0.0.1", 0), AnsweringApi)
    thread = Thread(target=api.serve_forever, args=(0.05,))
    thread.start()
    stack = FakeStack(f"http://127.0.0.1:{api.server_address[1]}/v1")
    with Front(0) as front:
        front.serve(stack, Mint(front.url, lambda: SECRET))  # type: ignore[arg-type]  # stands in
        yield UploadForm(front.port, stack, front.entrance.removeprefix(front.url))
    api.shutdown()
    thread.join()
    api.server_close()


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


def test_the_board_s_data_names_where_to_drop_and_nothing_else_changes(desk: UploadForm) -> None:
    _, _, body = desk.ask("GET", "/board/token/edits")

    told = json.loads(body)
    assert told.keys() == {"edits", "path", "drop"}
    assert told["drop"]["url"] == "/drop"
    assert len(told["drop"]["token"]) >= 32


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


def test_a_clip_goes_into_the_inbox_with_its_prompt(desk: UploadForm) -> None:
    status, said = desk.drop(prompt="雪の夜にして", body=b"x" * 3_000_000)

    assert (status, said) == (202, {"edit_id": EDIT_ID})
    assert desk.stack.clips == [("clip.mp4", "雪の夜にして", b"x" * 3_000_000)]


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"host": "evil.example"},
        {"x_retake_drop": "guessed"},
        {"x_retake_drop": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},  # another port of this machine
    ],
)
def test_a_clip_from_anywhere_but_the_board_is_not_taken(
    desk: UploadForm, change: dict[str, str]
) -> None:
    status, said = desk.drop(headers=change)

    assert status == 403
    assert "board's own page only" in said["message"]
    assert desk.stack.clips == []


def test_other_websites_are_never_told_that_they_may_ask(desk: UploadForm) -> None:
    status, headers, _ = desk.ask("OPTIONS", "/drop", origin="https://evil.example")

    assert status == 501
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("name", "prompt", "body", "said"),
    [
        ("clip.mp4", " ", b"x", "Say first what shall change."),
        ("clip.mp4", "snow", b"", "clip.mp4 is empty."),
        ("x.request.json", "snow", b"{}", "x.request.json is no clip"),
        ("CLIP.MP4.JSON", "snow", b"{}", "CLIP.MP4.JSON is no clip"),
        ("clip.mp4", "é" * 1500, b"x", "This prompt is too long"),
    ],
)
def test_what_cannot_become_an_edit_is_refused_in_words(
    desk: UploadForm, name: str, prompt: str, body: bytes, said: str
) -> None:
    status, told = desk.drop(name, prompt, body)

    assert status == 422
    assert told["message"].startswith(said)
    assert desk.stack.clips == []


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
    desk: UploadForm, name: str, key: str
) -> None:
    desk.drop(name)

    assert [clip[0] for clip in desk.stack.clips] == [key]


def test_a_stack_that_does_not_take_it_in_is_said_so(desk: UploadForm) -> None:
    desk.stack.is_broken = True

    status, said = desk.drop()

    assert status == 503
    assert said["message"].startswith("The stack did not take it in: No edit of it")


def test_a_clip_without_a_size_is_not_waited_for(desk: UploadForm) -> None:
    status, _, _ = desk.ask(
        "POST",
        "/drop?name=a.mp4&prompt=snow",
        None,
        origin=desk.origin,
        x_retake_drop=desk.word(),
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
        ("POST", "/drop?name=a.mp4&prompt=x", {"content-length": "\u00b2"}),
        ("POST", "/drop?name=a.mp4&prompt=x", {"content-length": "9" * 5000}),
        ("POST", "/drop?name=a.mp4&prompt=x", {"content-length": "-1"}),
        ("POST", "/drop?name=a.mp4&prompt=x", {"x-retake-drop": "\u00e9"}),
    ],
)
def test_odd_headers_and_targets_are_refused_and_the_board_goes_on(
    desk: UploadForm, method: str, path: str, headers: dict[str, str]
) -> None:
    assert desk.ask(method, path, None, **{"content-length": "0", **headers})[0] in (403, 404, 411)
    assert desk.ask("GET", desk.entrance)[0] == 302

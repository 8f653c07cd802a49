"""Keys as people really make them: what is signed is what every HTTP library asks for."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import botocore.session
import httpx
import pytest
import urllib3
from botocore.config import Config
from hypothesis import example, given, settings
from hypothesis import strategies as st
from retake.catalog.models import MODELS
from retake.domain.edit import Edit
from retake.domain.result_keys import result_keys
from retake.domain.source import KEY_BYTES, Source, edit_id_for, fitted_key, has_ending, travels
from retake.domain.vocabulary import Operation, Status
from retake.steps.outcome import Next

from tests.retake.steps.repair_cases import planned, square
from virtual.scene import Scene

# Everything S3 takes: up to 1,024 bytes of UTF-8. The awkward ones come more often than by chance.
LETTERS = st.characters(exclude_categories=["Cs"])
SEGMENTS = st.sampled_from(["", ".", "..", "...", "%2e%2e", "a b", "ü", "a;b", "a?b#c", "\\..\\"])
KEYS = st.one_of(
    st.lists(SEGMENTS | st.text(LETTERS, max_size=8)).map("/".join).filter(bool),
    st.text(LETTERS, min_size=1, max_size=40),
).filter(lambda key: len(key.encode()) <= KEY_BYTES)
CLIENTS: dict[str, Any] = {
    style: botocore.session.get_session().create_client(
        "s3",
        region_name="eu-west-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(s3={"addressing_style": style}, signature_version="s3v4"),
    )
    for style in ("virtual", "path")
}


def asked_for(url: str) -> dict[str, str]:
    """The path each HTTP library puts on the wire for an address."""
    by_urllib3 = urllib3.util.parse_url(url).request_uri
    # requests.adapters.HTTPAdapter.request_url, since 2.32: one slash where there were several.
    by_requests = "/" + by_urllib3.lstrip("/") if by_urllib3.startswith("//") else by_urllib3
    return {
        "httpx": httpx.URL(url).raw_path.decode().partition("?")[0],
        "urllib3": by_urllib3.partition("?")[0],
        "requests": by_requests.partition("?")[0],
    }


def signed(verb: str, key: str, style: str) -> str:
    where = {"Bucket": "bucket", "Key": key}
    return str(CLIENTS[style].generate_presigned_url(verb, where, ExpiresIn=60))


@settings(max_examples=300)
@given(key=KEYS, style=st.sampled_from(["virtual", "path"]))
@example(key="./shots/a.mp4", style="virtual")
@example(key="/a.mp4", style="virtual")
def test_a_key_that_travels_is_asked_for_as_it_was_signed(key: str, style: str) -> None:
    url = signed("get_object", key, style)

    paths = asked_for(url)

    if travels(key):
        assert set(paths.values()) == {urlsplit(url).path}
        assert unquote(urlsplit(url).path).endswith(key)


@settings(max_examples=300)
@given(key=KEYS)
@example(key="./shots/a.mp4")
@example(key="a/../b.mp4")
@example(key="//a.mp4")
@example(key="..")
def test_every_upload_s_result_goes_under_a_key_that_can_be_put_and_shared(key: str) -> None:
    edit = Edit(
        edit_id=edit_id_for(key),
        status=Status.SAVING,
        operation=Operation.EDIT,
        created_at="2026-03-01T12:00:00Z",
        updated_at="2026-03-01T12:00:00Z",
        upload=Source(bucket="inbox", key=key),
    )

    for stored in result_keys(edit):
        for verb in ("put_object", "get_object"):
            url = signed(verb, stored, "virtual")
            assert set(asked_for(url).values()) == {urlsplit(url).path}
        assert len(stored.encode()) <= KEY_BYTES
    assert travels(fitted_key(edit.edit_id))


class Wire(http.server.BaseHTTPRequestHandler):
    seen: list[str] = []  # noqa: RUF012 - of this one server

    def do_HEAD(self) -> None:
        self.seen.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def a_server() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Wire)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("key", ["./shots/a.mp4", "a/../b.mp4", "//a.mp4", "a//b.mp4", "..", "ü"])
def test_the_sdk_itself_reads_such_a_key_as_it_is(key: str) -> None:
    with a_server() as url:
        client: Any = botocore.session.get_session().create_client(
            "s3",
            region_name="eu-west-1",
            endpoint_url=url,
            aws_access_key_id="none",
            aws_secret_access_key="none",
            config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
        )
        client.head_object(Bucket="bucket", Key=key)

    assert unquote(Wire.seen[-1]) == f"/bucket/{key}"


@pytest.mark.parametrize(
    "key", ["./shots/a.mp4", "a/../b.mp4", "/a.mp4", "a//b.mp4", "DJI_0001.LRF", "a.m4v", "clip"]
)
def test_a_clip_whose_name_does_not_travel_is_handed_over_under_one_that_does(key: str) -> None:
    scene, data = Scene(), square(5)()
    edit = scene.upload(key, body=data)
    scene.validate(edit)

    assert scene.submit(edit).next is Next.FIT
    assert scene.fit(edit).next is Next.SUBMIT
    scene.submit(edit)

    (order,) = scene.provider.orders
    stored = scene.now(edit)
    assert order.video_url.startswith(f"https://results/fitted/{edit.edit_id}.mp4")
    assert scene.storage.objects["results", fitted_key(edit.edit_id)] == data
    assert not stored.repair
    assert "does not travel well" in stored.warnings[-1]


def test_a_clip_that_must_be_repaired_is_repaired_whatever_its_name() -> None:
    scene = Scene()
    edit = planned(scene, square(10.2)(), "trim")

    assert scene.submit(edit).next is Next.FIT


def test_every_ending_a_provider_lists_is_handed_over_where_it_lies() -> None:
    for model in MODELS.values():
        for ending in model.containers:
            assert has_ending(f"A CLIP.{ending.upper()}", model.containers)


def test_a_picture_whose_name_does_not_travel_is_refused_before_anything_is_billed() -> None:
    scene = Scene()
    scene.storage.objects["inbox", "./images/a.png"] = b"\x89PNG"
    edit = scene.upload(images="./images/a.png")

    assert scene.validate(edit).next is Next.PERSIST

    message = scene.now(edit).conclusion
    assert message is not None
    assert "Give the picture another name" in message.message

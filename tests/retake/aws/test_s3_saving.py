"""Storage.save: a result of known length, in one PUT."""

import hashlib
import socket
import tracemalloc
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import urllib3
from botocore.config import Config
from retake.aws.s3 import Saved, Storage
from retake.domain.errors import NoAnswer, TooLarge, Unavailable
from retake.outbound.client import Outbound

from tests.support.tcp_peers import Peer, Script, peer, reply, resets, says, silent

BUCKET = "results"
KEY = "edited/clip.e-1.mp4"


def saved(body: bytes) -> Saved:
    return Saved(size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest())


def breaking(error: BaseException, *chunks: bytes) -> Iterator[bytes]:
    yield from chunks
    raise error


class Signer:
    """An S3 client that only signs, for a store on loopback."""

    def __init__(self, store: Peer) -> None:
        self.store = store

    def generate_presigned_url(self, verb: str, where: dict[str, Any], ExpiresIn: int) -> str:
        return self.store.url(f"/{where['Bucket']}/{where['Key']}?X-Amz-Signature=canary")


def received(store: Peer) -> tuple[dict[str, str], bytes]:
    head, _, body = store.next_request().partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:]]
    return {name: value for name, value in lines}, body


STORED = says(reply(b"", "200 OK", 'ETag: "1"'))


@pytest.mark.parametrize(
    "chunks", [[b"abc", b"", b"d" * 300_000], [b"x"], []], ids=["some", "one", "none"]
)
def test_a_known_length_is_one_put_of_exactly_these_bytes(chunks: list[bytes]) -> None:
    body = b"".join(chunks)

    with peer(STORED) as store:
        answer = Storage(Signer(store)).save(BUCKET, KEY, iter(chunks), length=len(body))

    headers, stored = received(store)
    assert store.requests[0].startswith(b"PUT /results/edited/clip.e-1.mp4?")
    assert stored == body
    assert headers["content-length"] == str(len(body))
    assert headers["content-type"] == "video/mp4"
    assert "transfer-encoding" not in headers  # S3 takes no chunked body
    assert answer == saved(body)


@pytest.mark.parametrize(
    "error",
    [
        NoAnswer("The provider broke off."),
        TooLarge("Too much came."),
        OSError("a file"),
        TimeoutError("slow"),
        BrokenPipeError("a pipe"),  # urllib3 takes it for the other side's early answer
        ValueError("anything"),
        urllib3.exceptions.ProtocolError("a source read by urllib3 too"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_source_that_breaks_off_leaves_no_object_and_raises_its_own_error(
    error: Exception,
) -> None:
    with peer(STORED) as store:
        with pytest.raises(type(error)) as raised:
            Storage(Signer(store)).save(BUCKET, KEY, breaking(error, b"x" * 1000), length=5000)
        _, stored = received(store)

    assert raised.value is error
    assert len(stored) < 5000  # an incomplete body is never stored


@pytest.mark.parametrize("length", [1001, 999])
def test_a_source_of_another_length_than_said_is_an_error(length: int) -> None:
    with peer(STORED) as store:
        with pytest.raises(Unavailable, match="1,000 bytes came"):
            Storage(Signer(store)).save(BUCKET, KEY, iter([b"x" * 1000]), length=length)
        _, stored = received(store)

    assert len(stored) < length


@pytest.mark.parametrize(
    "script",
    [
        says(reply(b"<Error/>", "403 Forbidden")),
        says(reply(b"<Error/>", "400 Bad Request")),
        says(reply(b"<Error/>", "500 Internal Server Error")),
        says(reply(b"<Error/>", "503 Slow Down")),
        says(reply(b"", "307 Temporary Redirect", "Location: http://localhost:1/")),
        says(b""),
        says(b"HTTP/1.1 200"),
        says(b"HTTP/1.1 200 OK\r\nDate: to"),
        resets,
    ],
    ids=["403", "400", "500", "503", "307", "closed", "half a line", "half a head", "reset"],
)
def test_a_store_that_does_not_take_it_may_later(script: Script) -> None:
    with peer(script) as store, pytest.raises(Unavailable) as raised:
        Storage(Signer(store)).save(BUCKET, KEY, iter([b"x" * 1000]), length=1000)

    assert store.connections == 1
    assert "canary" not in str(raised.value)


def test_a_store_that_is_not_there_may_be_later() -> None:
    with peer(STORED) as store:
        pass

    with pytest.raises(Unavailable):
        Storage(Signer(store)).save(BUCKET, KEY, iter([b"x"]), length=1)


@pytest.mark.parametrize("script", [silent, lambda connection, request: None])
@pytest.mark.parametrize("reads", [True, False])
def test_a_store_that_says_nothing_is_not_waited_for_without_end(
    script: Script, reads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retake.aws.s3._PUT_SECONDS", urllib3.Timeout(connect=0.2, read=0.2))

    with peer(script, reads=reads) as store, pytest.raises(Unavailable):
        Storage(Signer(store)).save(BUCKET, KEY, iter([b"x" * 100_000] * 100), length=10_000_000)


def test_the_put_is_patient_but_not_for_ever() -> None:
    asked: dict[str, Any] = {}

    class Http:
        def request(self, method: str, url: str, **more: Any) -> urllib3.HTTPResponse:
            asked.update(more)
            list(more["body"])
            return urllib3.HTTPResponse(status=200, headers={"ETag": "1"})

    with peer(STORED) as store:
        Storage(Signer(store), Http()).save(BUCKET, KEY, iter([]), length=0)  # type: ignore[arg-type]  # only what is used

    assert asked["timeout"].connect_timeout is not None
    assert asked["timeout"].read_timeout is not None


def test_a_download_is_saved_as_it_comes() -> None:
    body = bytes(range(256)) * 1000

    with peer(says(reply(body))) as source, peer(STORED) as store:
        http = Outbound((), loopback_ports=frozenset({source.port}))
        with http.download(source.url(), seconds=10, maximum_bytes=10**6) as download:
            answer = Storage(Signer(store)).save(
                BUCKET, KEY, download.chunks, length=download.length
            )

    assert received(store)[1] == body
    assert answer == saved(body)


def test_a_download_that_ends_early_is_the_sources_failure_and_not_the_stores() -> None:
    with (
        peer(says(reply(b"x" * 100_000)[:-1])) as source,
        peer(STORED) as store,
        pytest.raises(NoAnswer),
        Outbound((), loopback_ports=frozenset({source.port})).download(
            source.url(), seconds=10, maximum_bytes=10**6
        ) as download,
    ):
        Storage(Signer(store)).save(BUCKET, KEY, download.chunks, length=download.length)


def test_memory_does_not_grow_with_the_video() -> None:
    def swallows(connection: socket.socket, request: bytes) -> None:
        room, left = bytearray(1 << 20), 64 << 20
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        left -= len(request.partition(b"\r\n\r\n")[2])
        while left > 0:
            left -= connection.recv_into(room)
        connection.sendall(reply(b"", "200 OK", 'ETag: "1"'))

    chunks = (bytes(256 * 1024) for _ in range(256))
    with peer(swallows, reads=False) as store:
        tracemalloc.start()
        Storage(Signer(store)).save(BUCKET, KEY, chunks, length=64 << 20)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < 8 << 20


def test_the_put_signs_no_checksum_it_cannot_know() -> None:
    # The SDK adds checksums of its own to writes; a stream's is not known when it is signed.
    asked: list[str] = []

    class Http:
        def request(self, method: str, url: str, **more: Any) -> urllib3.HTTPResponse:
            asked.append(url)
            list(more["body"])
            return urllib3.HTTPResponse(status=200, headers={"ETag": "1"})

    signer = boto3.client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(signature_version="s3v4"),
    )
    Storage(signer, Http()).save(BUCKET, KEY, iter([b"x"]), length=1)  # type: ignore[arg-type]  # only what is used

    signed = parse_qs(urlsplit(asked[0]).query)
    assert not [name for name in signed if "checksum" in name.lower()]
    assert signed["X-Amz-SignedHeaders"] == ["content-type;host"]

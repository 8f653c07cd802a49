"""Storage.save: a result streamed into the bucket."""

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
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from mypy_boto3_s3 import S3Client
from retake.errors import NoAnswer, TooLarge, Unavailable
from retake.outbound import Outbound
from retake.storage import PART_BYTES, Saved, Storage

from tests.peers import Peer, Script, peer, reply, resets, says, silent

BUCKET = "results"
KEY = "edited/clip.e-1.mp4"


def saved(body: bytes) -> Saved:
    return Saved(size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest())


def breaking(error: BaseException, *chunks: bytes) -> Iterator[bytes]:
    yield from chunks
    raise error


# ---------------------------------------------------------------- with a length: one PUT


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
    monkeypatch.setattr("retake.storage._PUT_SECONDS", urllib3.Timeout(connect=0.2, read=0.2))

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


# ---------------------------------------------------------------- without a length: in parts


@pytest.fixture(scope="module")
def account() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client(
            "s3", region_name="eu-central-1", config=Config(signature_version="s3v4")
        )
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        yield client


@pytest.fixture
def s3(account: S3Client) -> Iterator[S3Client]:
    yield account
    account.delete_object(Bucket=BUCKET, Key=KEY)


def left_behind(s3: S3Client) -> tuple[int, int]:
    """Objects, and uploads that nobody finished."""
    objects = s3.list_objects_v2(Bucket=BUCKET)["KeyCount"]
    return objects, len(s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))


class Failing:
    """An S3 client of which the given verbs raise; everything else is real."""

    def __init__(self, s3: S3Client, **failures: Exception) -> None:
        self._s3 = s3
        self._failures = failures
        self.asked: list[str] = []

    def __getattr__(self, verb: str) -> Any:
        self.asked.append(verb)
        if verb not in self._failures:
            return getattr(self._s3, verb)

        def fail(**arguments: Any) -> Any:
            raise self._failures[verb]

        return fail


SLOW = ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "Anything")
DOWN = EndpointConnectionError(endpoint_url="https://s3")
BIG = [b"a" * 3_000_000] * 7  # 21 MB: two full parts and a rest


@pytest.mark.parametrize(
    ("chunks", "multipart"),
    [
        ([], False),
        ([b""], False),
        ([b"abc", b"def"], False),
        ([b"x" * (PART_BYTES - 1)], False),
        ([b"x" * PART_BYTES], True),
        ([b"x" * PART_BYTES, b"y"], True),
        ([b"x" * (2 * PART_BYTES)], True),
        (BIG, True),
    ],
    ids=["none", "empty", "few", "just under", "one part", "a part and one", "two parts", "many"],
)
def test_an_unknown_length_arrives_whole(
    s3: S3Client, chunks: list[bytes], multipart: bool
) -> None:
    client, body = Failing(s3), b"".join(chunks)

    answer = Storage(client).save(BUCKET, KEY, iter(chunks), length=None)

    found = s3.get_object(Bucket=BUCKET, Key=KEY)
    assert found["Body"].read() == body
    assert found["ContentType"] == "video/mp4"
    assert answer == saved(body)
    assert ("create_multipart_upload" in client.asked) is multipart
    assert left_behind(s3) == (1, 0)


@pytest.mark.parametrize("chunks", [[b"x"], BIG], ids=["early", "late"])
def test_a_source_of_unknown_length_that_breaks_off_leaves_nothing(
    s3: S3Client, chunks: list[bytes]
) -> None:
    error = NoAnswer("The provider broke off.")

    with pytest.raises(NoAnswer) as raised:
        Storage(s3).save(BUCKET, KEY, breaking(error, *chunks), length=None)

    assert raised.value is error
    assert left_behind(s3) == (0, 0)


@pytest.mark.parametrize("failure", [SLOW, DOWN])
@pytest.mark.parametrize(
    "verb", ["create_multipart_upload", "upload_part", "complete_multipart_upload"]
)
def test_a_step_that_fails_leaves_no_parts(s3: S3Client, verb: str, failure: Exception) -> None:
    client = Failing(s3, **{verb: failure})

    with pytest.raises(Unavailable):
        Storage(client).save(BUCKET, KEY, iter(BIG), length=None)

    assert left_behind(s3) == (0, 0)


@pytest.mark.parametrize("second", [SLOW, DOWN])
def test_tidying_up_that_fails_too_does_not_hide_the_first_error(
    s3: S3Client, second: Exception
) -> None:
    error = NoAnswer("The provider broke off.")
    client = Failing(s3, abort_multipart_upload=second)

    with pytest.raises(NoAnswer) as raised:
        Storage(client).save(BUCKET, KEY, breaking(error, *BIG), length=None)

    assert raised.value is error
    assert "abort_multipart_upload" in client.asked
    (upload,) = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    s3.abort_multipart_upload(Bucket=BUCKET, Key=KEY, UploadId=upload["UploadId"])


def test_an_interrupted_process_tidies_up_too(s3: S3Client) -> None:
    with pytest.raises(KeyboardInterrupt):
        Storage(s3).save(BUCKET, KEY, breaking(KeyboardInterrupt(), *BIG), length=None)

    assert left_behind(s3) == (0, 0)


def test_saving_again_replaces_what_is_there(s3: S3Client) -> None:
    for body in (b"first", b"second"):
        Storage(s3).save(BUCKET, KEY, iter([body]), length=None)

    assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"second"


def test_the_put_signs_no_checksum_it_cannot_know(s3: S3Client) -> None:
    # The SDK adds checksums of its own to writes; a stream's is not known when it is signed.
    asked: list[str] = []

    class Http:
        def request(self, method: str, url: str, **more: Any) -> urllib3.HTTPResponse:
            asked.append(url)
            list(more["body"])
            return urllib3.HTTPResponse(status=200, headers={"ETag": "1"})

    Storage(s3, Http()).save(BUCKET, KEY, iter([b"x"]), length=1)  # type: ignore[arg-type]  # only what is used

    signed = parse_qs(urlsplit(asked[0]).query)
    assert not [name for name in signed if "checksum" in name.lower()]
    assert signed["X-Amz-SignedHeaders"] == ["content-type;host"]

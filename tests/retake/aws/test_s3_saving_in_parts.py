"""Storage.save: a result of unknown length."""

import hashlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from mypy_boto3_s3 import S3Client
from retake.aws.s3 import Saved, Storage
from retake.aws.upload_stream import PART_BYTES
from retake.domain.errors import NoAnswer, Unavailable

BUCKET = "results"
KEY = "edited/clip.e-1.mp4"


def saved(body: bytes) -> Saved:
    return Saved(size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest())


def breaking(error: BaseException, *chunks: bytes) -> Iterator[bytes]:
    yield from chunks
    raise error


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

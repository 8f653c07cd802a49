import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    NoCredentialsError,
)
from moto import mock_aws
from mypy_boto3_s3 import S3Client
from retake.aws.s3 import STREAM_CHUNK_BYTES, ObjectReader, Storage
from retake.domain.errors import Refused, Unavailable
from retake.domain.source import Source
from retake.domain.vocabulary import Reason

from tests.retake.aws.s3_server import SOURCE, Answering

BUCKET = "inbox"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client(
            "s3", region_name="eu-central-1", config=Config(signature_version="s3v4")
        )
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


def dropped(s3: S3Client, body: bytes, **more: Any) -> Source:
    answer = s3.put_object(Bucket=BUCKET, Key="a folder/ü+%41.mp4", Body=body, **more)
    return Source(bucket=BUCKET, key="a folder/ü+%41.mp4", version_id=answer["VersionId"])


# ---------------- what lies there


def test_the_head_is_that_of_the_pinned_version(s3: S3Client) -> None:
    source = dropped(s3, b"first", ContentType="video/mp4", Metadata={"Prompt": "Make it Night"})
    dropped(s3, b"second one")

    head = Storage(s3).head(source)

    assert (head.size_bytes, head.content_type) == (5, "video/mp4")
    assert head.metadata == {"prompt": "Make it Night"}


def test_names_of_metadata_are_lower_case_whatever_the_store_keeps() -> None:
    client = Answering(head_object={"ContentLength": 1, "Metadata": {"X-Prompt": "A", "mode": "B"}})

    assert Storage(client).head(SOURCE).metadata == {"x-prompt": "A", "mode": "B"}


@pytest.mark.parametrize(
    ("offset", "length", "found"),
    [(0, 1, b"0"), (0, 10, b"0123456789"), (3, 4, b"3456"), (9, 1, b"9"), (8, 100, b"89")],
)
def test_a_range_is_read_from_the_pinned_version(
    s3: S3Client, offset: int, length: int, found: bytes
) -> None:
    source = dropped(s3, b"0123456789")
    dropped(s3, b"abcdefghij")

    assert Storage(s3).read(source, offset, length) == found


@pytest.mark.parametrize(
    ("offset", "length", "found"),
    [(0, 4, b"0123"), (8, 4, b"89"), (10, 4, b""), (99, 4, b""), (0, 0, b"")],
)
def test_a_reader_ends_where_the_object_does(
    s3: S3Client, offset: int, length: int, found: bytes
) -> None:
    reader = ObjectReader(Storage(s3), dropped(s3, b"0123456789"), 10)

    assert reader.read_at(offset, length) == found


# ---------------- links


def query(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def test_a_link_names_the_version_inside_its_signature(s3: S3Client) -> None:
    source = dropped(s3, b"x")

    link = Storage(s3).link(source, seconds=900)

    assert query(link)["versionId"] == source.version_id
    assert query(link)["X-Amz-Expires"] == "900"
    assert query(link)["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"  # objects encrypted by KMS need it


def test_a_nonce_makes_links_of_one_object_differ(s3: S3Client) -> None:
    storage, source = Storage(s3), dropped(s3, b"x")

    links = [storage.link(source, nonce=nonce) for nonce in ("e-1.1", "e-1.2")]

    assert [query(link)["response-cache-control"] for link in links] == [
        "private, x-retake=e-1.1",
        "private, x-retake=e-1.2",
    ]
    assert len({query(link)["X-Amz-Signature"] for link in links}) == 2


def test_a_link_to_an_object_without_versions_names_none(s3: S3Client) -> None:
    assert "versionId" not in query(Storage(s3).link(Source(bucket=BUCKET, key="image.png")))


def test_no_link_is_made_without_credentials() -> None:
    with pytest.raises(Unavailable, match="NoCredentialsError"):
        Storage(Answering(generate_presigned_url=NoCredentialsError())).link(SOURCE)


def test_an_object_that_is_gone_is_gone(s3: S3Client) -> None:
    source = dropped(s3, b"x")
    s3.delete_object(Bucket=BUCKET, Key=source.key, VersionId=str(source.version_id))
    storage = Storage(s3)

    for ask in (lambda: storage.head(source), lambda: storage.read(source, 0, 1)):
        with pytest.raises(Refused) as raised:
            ask()
        assert raised.value.reason is Reason.INPUT_GONE


def test_the_digest_of_an_object_is_that_of_its_bytes(s3: S3Client) -> None:
    body = bytes(range(256)) * 5000  # more than one chunk

    source = dropped(s3, body)

    assert Storage(s3).digest(source.bucket, source.key) == hashlib.sha256(body).hexdigest()


# ---------------- small objects


def test_a_small_object_is_put_and_deleted(s3: S3Client) -> None:
    storage = Storage(s3)

    storage.put(BUCKET, "edited/a.json", b"{}", "application/json", tag="retake=page")
    found = s3.get_object(Bucket=BUCKET, Key="edited/a.json")
    tags = s3.get_object_tagging(Bucket=BUCKET, Key="edited/a.json")["TagSet"]
    storage.delete(BUCKET, "edited/a.json")
    storage.delete(BUCKET, "edited/never.json")

    assert (found["Body"].read(), found["ContentType"]) == (b"{}", "application/json")
    assert tags == [{"Key": "retake", "Value": "page"}]
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="edited/")["KeyCount"] == 0


def test_all_versions_are_listed_and_only_the_latest_is_current(s3: S3Client) -> None:
    storage = Storage(s3)
    key = "side/it's {1} +%41.mp4"
    for body in (b"1", b"22"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    s3.put_object(Bucket=BUCKET, Key=f"{key}.json", Body=b"{}")

    versions, then = storage.versions(BUCKET, key)
    current, _ = storage.current(BUCKET, key, None)

    assert then is None
    assert {(each.source.key, each.source.size_bytes, each.is_latest) for each in versions} == {
        (key, 2, True),
        (key, 1, False),
        (f"{key}.json", 2, True),
    }
    assert [each.source.key for each in current] == [key, f"{key}.json"]


def test_a_deleted_object_is_not_current_but_its_versions_are_there(s3: S3Client) -> None:
    storage = Storage(s3)
    s3.put_object(Bucket=BUCKET, Key="gone.mp4", Body=b"1")
    s3.delete_object(Bucket=BUCKET, Key="gone.mp4")

    assert storage.current(BUCKET, "gone.mp4", None)[0] == []
    assert [each.is_latest for each in storage.versions(BUCKET, "gone.mp4")[0]] == [False]


def test_an_object_is_handed_out_in_pieces_and_whole(s3: S3Client) -> None:
    body = bytes(range(256)) * 10_000
    source = dropped(s3, body)
    dropped(s3, b"a later version")

    pieces = list(Storage(s3).stream(source))

    assert b"".join(pieces) == body
    assert max(len(piece) for piece in pieces) <= STREAM_CHUNK_BYTES


def test_an_object_that_is_gone_is_not_handed_out(s3: S3Client) -> None:
    pieces = Storage(s3).stream(Source(bucket=BUCKET, key="never.mp4"))

    with pytest.raises(Refused) as refusal:
        next(pieces)

    assert refusal.value.reason is Reason.INPUT_GONE

"""Deleting for good: nothing of a key is left, and nothing of another key is touched."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client
from retake.aws.s3_purge import VersionDeleter
from retake.domain.errors import Unavailable
from retake.domain.source import Source

BUCKET = "results"


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


def put(s3: S3Client, key: str, times: int = 1) -> list[str]:
    return [s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")["VersionId"] for _ in range(times)]


def left(s3: S3Client) -> list[tuple[str, str]]:
    page = s3.list_object_versions(Bucket=BUCKET)
    versions = [(each["Key"], each["VersionId"]) for each in page.get("Versions", [])]
    return versions + [(each["Key"], "marker") for each in page.get("DeleteMarkers", [])]


def test_one_version_goes_and_the_others_stay(s3: S3Client) -> None:
    first, second = put(s3, "a.mp4", 2)

    VersionDeleter(s3).one(Source(bucket=BUCKET, key="a.mp4", version_id=second))

    assert left(s3) == [("a.mp4", first)]


def test_what_lies_below_a_marker_goes_and_the_marker_with_it(s3: S3Client) -> None:
    put(s3, "edited/a.e-1.mp4", 2)
    put(s3, "edited/a.e-1.json")
    s3.delete_object(Bucket=BUCKET, Key="edited/a.e-1.mp4")
    (other,) = put(s3, "edited/a.e-12.mp4")

    VersionDeleter(s3).all(BUCKET, "edited/a.e-1.")

    assert left(s3) == [("edited/a.e-12.mp4", other)]


def test_a_key_without_a_version_is_that_key_and_none_that_begins_like_it(s3: S3Client) -> None:
    put(s3, "a.mp4", 2)
    (other,) = put(s3, "a.mp4.json")

    VersionDeleter(s3).all(BUCKET, "a.mp4", is_whole_key=True)

    assert left(s3) == [("a.mp4.json", other)]


def test_what_is_gone_already_is_gone(s3: S3Client) -> None:
    (version,) = put(s3, "a.mp4")
    source = Source(bucket=BUCKET, key="a.mp4", version_id=version)

    VersionDeleter(s3).one(source)
    VersionDeleter(s3).one(source)
    VersionDeleter(s3).all(BUCKET, "a.mp4")

    assert left(s3) == []


def test_every_page_of_versions_is_turned(s3: S3Client) -> None:
    class Paged:
        """S3 with pages of two versions."""

        def list_object_versions(self, **asked: str) -> object:
            return s3.list_object_versions(**asked, MaxKeys=2)  # type: ignore[arg-type]

        delete_object = staticmethod(s3.delete_object)

    put(s3, "a.mp4", 5)

    VersionDeleter(Paged()).all(BUCKET, "a.mp4")

    assert left(s3) == []


def test_what_s3_refuses_is_unavailable_and_named_without_the_key() -> None:
    with mock_aws(), pytest.raises(Unavailable) as raised:
        VersionDeleter(boto3.client("s3", region_name="us-east-1")).all("nowhere", "secret name")

    assert "NoSuchBucket" in str(raised.value)
    assert "secret" not in str(raised.value)

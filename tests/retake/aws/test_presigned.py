"""Addresses for looking: the same one for a while, never one that is about to expire."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from retake.aws.presigned import MAX_KEPT, VIEW_SECONDS, Presigner, Viewing, origin

from tests.functions.share_endpoint import TellingGrants
from virtual.clock import Clock

JPEG = "image/jpeg"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_an_address_is_kept_while_most_of_its_time_is_left(clock: Clock) -> None:
    viewing = Viewing(TellingGrants(), clock.now)
    first = viewing.link("b", "k", content_type=JPEG)

    given = []
    for _ in range(VIEW_SECONDS // 60):
        clock.advance(60)
        given.append(viewing.link("b", "k", content_type=JPEG))

    assert given[:20] == [first] * 20
    assert len(set(given)) == 3


def test_another_object_version_or_type_has_an_address_of_its_own(clock: Clock) -> None:
    viewing = Viewing(TellingGrants(), clock.now)

    given = {
        viewing.link("b", "k", content_type=JPEG),
        viewing.link("c", "k", content_type=JPEG),
        viewing.link("b", "l", content_type=JPEG),
        viewing.link("b", "k", content_type="video/mp4"),
        viewing.link("b", "k", content_type=JPEG, version_id="v"),
    }

    assert len(given) == 5


def test_what_is_kept_is_bounded(clock: Clock) -> None:
    grants = TellingGrants()
    viewing = Viewing(grants, clock.now)

    for number in range(MAX_KEPT * 3):
        viewing.link("b", str(number), content_type=JPEG)

    assert len(viewing._kept) <= MAX_KEPT


def test_s3_is_told_what_to_call_the_object_and_which_version() -> None:
    client = boto3.client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(signature_version="s3v4"),
    )
    viewing = Viewing(Presigner(client), Clock().now)

    url = viewing.link("inbox", "a b.html", content_type="video/mp4", version_id="v1")

    query = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    assert query["response-content-type"] == "video/mp4"
    assert query["versionId"] == "v1"
    assert timedelta(seconds=int(query["X-Amz-Expires"])) == timedelta(hours=1)
    assert url.startswith(f"{origin(url)}/a%20b.html?")
    assert origin(url).startswith("https://inbox.s3")

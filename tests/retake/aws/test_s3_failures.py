import io
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from retake.aws.s3 import Storage
from retake.domain.errors import Refused, RetakeError, Unavailable
from retake.domain.vocabulary import Reason

from tests.retake.aws.s3_server import SOURCE, Answering, refused


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("404", Reason.INPUT_GONE),
        ("405", Reason.INPUT_GONE),
        ("NoSuchKey", Reason.INPUT_GONE),
        ("NoSuchVersion", Reason.INPUT_GONE),
        ("MethodNotAllowed", Reason.INPUT_GONE),
        ("InvalidObjectState", Reason.INPUT_ARCHIVED),
        ("AccessDenied", Reason.INPUT_UNREADABLE),
        ("InvalidRequest", Reason.INPUT_UNREADABLE),
        ("KMS.DisabledException", Reason.INPUT_UNREADABLE),
        ("KMS.KMSInvalidStateException", Reason.INPUT_UNREADABLE),
        ("KMS.NotFoundException", Reason.INPUT_UNREADABLE),
    ],
)
@pytest.mark.parametrize("verb", ["head_object", "get_object"])
def test_an_object_that_will_never_be_read_is_refused_with_its_reason(
    verb: str, code: str, reason: Reason
) -> None:
    storage = Storage(Answering(**{verb: refused(code)}))

    with pytest.raises(Refused, match=r"clip\.mp4") as raised:
        storage.head(SOURCE) if verb == "head_object" else storage.read(SOURCE, 0, 1)

    assert raised.value.reason is reason
    assert raised.value.details()["field"] == "source"
    assert "own words" not in str(raised.value)


@pytest.mark.parametrize(
    "failure",
    [
        refused("SlowDown"),
        refused("503"),
        refused("InternalError"),
        refused("RequestTimeout"),
        refused("ExpiredToken"),
        refused("RequestTimeTooSkewed"),
        refused("KMS.ThrottlingException"),
        refused("NoSuchBucket"),
        EndpointConnectionError(endpoint_url="https://s3"),
        ReadTimeoutError(endpoint_url="https://s3"),
    ],
    ids=str,
)
def test_every_other_failure_may_pass(failure: BotoCoreError | ClientError) -> None:
    storage = Storage(Answering(head_object=failure, get_object=failure))

    with pytest.raises(Unavailable):
        storage.head(SOURCE)
    with pytest.raises(Unavailable):
        storage.read(SOURCE, 0, 1)


@pytest.mark.parametrize("number", ["400", "403"])
@pytest.mark.parametrize(
    ("why", "named"),
    [
        (refused("AccessDenied"), Refused),
        (refused("InvalidRequest"), Refused),
        (refused("KMS.DisabledException"), Refused),
        (refused("ExpiredToken"), Unavailable),  # ours, and gone in a moment
        (refused("RequestTimeTooSkewed"), Unavailable),
        ({"Body": io.BytesIO(b"x")}, Unavailable),
    ],
)
def test_a_head_refused_without_a_word_asks_why(
    number: str, why: Any, named: type[RetakeError]
) -> None:
    client = Answering(head_object=refused(number), get_object=why)

    with pytest.raises(named):
        Storage(client).head(SOURCE)

    assert client.asked[1] == (
        "get_object",
        {"Bucket": SOURCE.bucket, "Key": "clip.mp4", "VersionId": "v1", "Range": "bytes=0-0"},
    )


def test_a_body_that_breaks_off_may_come_later() -> None:
    class Broken:
        def read(self) -> bytes:
            raise ReadTimeoutError(endpoint_url="https://s3")

    with pytest.raises(Unavailable):
        Storage(Answering(get_object={"Body": Broken()})).read(SOURCE, 0, 1)


@pytest.mark.parametrize(
    ("answer", "archived"),
    [
        ({"StorageClass": "GLACIER"}, True),
        ({"StorageClass": "DEEP_ARCHIVE"}, True),
        ({"StorageClass": "GLACIER_IR"}, False),
        ({"StorageClass": "STANDARD_IA"}, False),
        ({}, False),
        ({"StorageClass": "GLACIER", "Restore": 'ongoing-request="true"'}, True),
        ({"StorageClass": "GLACIER", "Restore": 'ongoing-request="false", expiry-date="x"'}, False),
        ({"StorageClass": "INTELLIGENT_TIERING"}, False),
        ({"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "ARCHIVE_ACCESS"}, True),
        ({"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "DEEP_ARCHIVE_ACCESS"}, True),
    ],
)
def test_an_archived_object_is_refused_until_it_is_restored(
    answer: dict[str, Any], archived: bool
) -> None:
    storage = Storage(Answering(head_object={"ContentLength": 1, **answer}))

    if not archived:
        assert storage.head(SOURCE).size_bytes == 1
        return
    with pytest.raises(Refused) as raised:
        storage.head(SOURCE)
    assert raised.value.reason is Reason.INPUT_ARCHIVED


@pytest.mark.parametrize(
    "failure",
    [
        refused("SlowDown"),
        refused("AccessDenied"),
        refused("KMS.DisabledException"),
        EndpointConnectionError(endpoint_url="https://s3"),
    ],
)
def test_a_write_that_fails_may_be_tried_again(failure: BotoCoreError | ClientError) -> None:
    storage = Storage(Answering(put_object=failure, delete_object=failure))

    with pytest.raises(Unavailable):
        storage.put(SOURCE.bucket, "a", b"", "text/plain")
    with pytest.raises(Unavailable):
        storage.delete(SOURCE.bucket, "a")

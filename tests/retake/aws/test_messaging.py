"""The topic: a message it will never take is told from one it cannot take now."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from retake.aws.messaging import Notices
from retake.domain.errors import Unavailable, Unpublishable


def notice(message: str) -> dict[str, object]:
    return {"subject": "s", "message": message, "attributes": {}}


@pytest.fixture(autouse=True)
def _account() -> Iterator[None]:
    with mock_aws():
        yield


def test_a_message_over_256_kb_is_one_that_sns_never_takes() -> None:
    client = boto3.client("sns", region_name="us-east-1")
    topic = client.create_topic(Name="done")["TopicArn"]

    with pytest.raises(Unpublishable):
        Notices(client, topic).publish(notice("x" * 262_145))


def test_a_topic_that_is_not_there_is_asked_again() -> None:
    client = boto3.client("sns", region_name="us-east-1")
    gone = "arn:aws:sns:us-east-1:123456789012:gone"

    with pytest.raises(Unavailable):
        Notices(client, gone).publish(notice("{}"))

"""What goes out as a message: to the topic, to the intake queue, to a function."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from retake.aws.errors import code_of, translated
from retake.domain.errors import Misconfigured, Unpublishable

# Of the message itself (service model of SNS): too long, or of letters it does not carry.
_NEVER = frozenset({"InvalidParameter", "ParameterValueInvalid", "ValidationException"})


def _never_taken(error: ClientError) -> Unpublishable | None:
    code = code_of(error)
    return Unpublishable(f"SNS will never take this message ({code}).") if code in _NEVER else None


class Notices:
    """The completion topic of the stack."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, notification: Mapping[str, Any]) -> None:
        """Publish one message. Raises Unavailable, Unpublishable."""
        with translated("SNS", meaning=_never_taken):
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=notification["subject"],
                Message=notification["message"],
                MessageStructure="json",
                MessageAttributes=dict(notification["attributes"]),
            )


class WorkQueue:
    """Where work waits for the function that takes it out, no faster than it may."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: str, delay_seconds: int = 0) -> None:
        """Queue a message, to be seen after up to 900 seconds.

        Raises Unavailable, and then it may be in the queue all the same.
        """
        with translated("SQS"):
            self._client.send_message(
                QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_seconds
            )


class AsyncInvoke:
    """A function that does by itself what it is asked to do, and is asked again if it fails."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def ask(self, edit_id: str) -> None:
        """Ask and do not wait. Raises Unavailable, Misconfigured."""
        if not self._function:
            raise Misconfigured("The environment variable ERASE_FUNCTION is empty.")
        payload = json.dumps({"edit_id": edit_id}).encode()
        with translated("Lambda"):
            self._client.invoke(
                FunctionName=self._function, InvocationType="Event", Payload=payload
            )

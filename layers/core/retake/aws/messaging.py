"""What goes out as a message: to the topic, to the intake queue, to a function."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from retake.domain.errors import Misconfigured, Unavailable, Unpublishable

# Of the message itself (service model of SNS): too long, or of letters it does not carry.
_NEVER = frozenset({"InvalidParameter", "ParameterValueInvalid", "ValidationException"})


class Notices:
    """The completion topic of the stack."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, notification: Mapping[str, Any]) -> None:
        """Publish what `Notify` would have published. Raises Unavailable, Unpublishable."""
        try:
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=notification["subject"],
                Message=notification["message"],
                MessageStructure="json",
                MessageAttributes=dict(notification["attributes"]),
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _NEVER:
                raise Unpublishable(f"SNS will never take this message ({code}).") from None
            raise Unavailable(f"SNS cannot answer now ({code}).") from None
        except ParamValidationError:
            raise Unpublishable("The message has a shape that SNS does not take.") from None
        except BotoCoreError as error:
            raise Unavailable(f"SNS cannot answer now ({type(error).__name__}).") from None


class IntakeQueue:
    """Where edits wait to be started, so that a flood of them starts no faster than it may."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, body: str, delay_seconds: int = 0) -> None:
        """Queue a message, to be seen after up to 900 seconds.

        Raises Unavailable, and then it may be in the queue all the same.
        """
        try:
            self._client.send_message(
                QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_seconds
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise Unavailable(f"SQS cannot answer now ({code}).") from None
        except BotoCoreError as error:
            raise Unavailable(f"SQS cannot answer now ({type(error).__name__}).") from None


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
        try:
            self._client.invoke(
                FunctionName=self._function, InvocationType="Event", Payload=payload
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise Unavailable(f"Lambda cannot answer now ({code}).") from None
        except BotoCoreError as error:
            raise Unavailable(f"Lambda cannot answer now ({type(error).__name__}).") from None

"""Publishing the message about an edit outside the workflow, for the sweep."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from retake.errors import Unavailable


class Notices:
    """The completion topic of the stack."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, notification: Mapping[str, Any]) -> None:
        """Publish what `Notify` would have published. Raises Unavailable."""
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
            raise Unavailable(f"SNS cannot answer now ({code}).") from None
        except BotoCoreError as error:
            raise Unavailable(f"SNS cannot answer now ({type(error).__name__}).") from None

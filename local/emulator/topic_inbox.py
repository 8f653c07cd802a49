"""An SQS queue on a topic, read the way a subscriber would."""

import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from local.emulator.clients import Clients

Message = dict[str, Any]


class TopicInbox:
    """Every message ever received stays; SNS envelopes as dictionaries."""

    def __init__(self, clients: Clients, queue_url: str) -> None:
        self._clients = clients
        self.queue_url = queue_url
        self._received: list[Message] = []

    @classmethod
    def subscribed(
        cls, clients: Clients, topic_arn: str, filter_policy: Mapping[str, Any] | None = None
    ) -> "TopicInbox":
        """A new queue, allowed to receive from the topic and subscribed to it."""
        name = f"mailbox-{uuid.uuid4().hex[:12]}"
        url = clients.sqs.create_queue(QueueName=name)["QueueUrl"]
        asked = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        choice = {"FilterPolicy": json.dumps(filter_policy)} if filter_policy else {}
        clients.sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes=choice)
        return cls(clients, url)

    def messages(self, edit_id: str | None = None, *, wait_seconds: float = 0) -> list[Message]:
        """All messages so far, of one edit if given; waits for the first one if told to."""
        give_up_at = time.monotonic() + wait_seconds
        while True:
            self._empty()
            found = [m for m in self._received if edit_id in (None, body(m).get("edit_id"))]
            if found or time.monotonic() > give_up_at:
                return found
            time.sleep(0.3)

    def _empty(self) -> None:
        while True:
            answer = self._clients.sqs.receive_message(
                QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0
            )
            for message in answer.get("Messages", []):
                self._received.append(json.loads(message["Body"]))
                self._clients.sqs.delete_message(
                    QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
            if not answer.get("Messages"):
                return


def body(message: Message) -> Message:
    """What the topic said, out of the SNS envelope."""
    read: Message = json.loads(message["Message"])
    return read

"""A queue of the check's own on the stack's topic, for as long as the check runs."""

import json
import time
import uuid
from typing import Any

from local.smoke.account import Account
from local.smoke.cleanup import Traces


class Mailbox:
    """Every message that came, as the topic said it."""

    def __init__(self, account: Account, traces: Traces) -> None:
        self._sqs = account.client("sqs")
        self._received: list[dict[str, Any]] = []
        name = f"{account.stack}-smoke-{uuid.uuid4().hex[:12]}"
        # A queue that nobody removes would keep its messages for a day at most.
        retention = {"MessageRetentionPeriod": "86400"}
        self._url = self._sqs.create_queue(QueueName=name, Attributes=retention)["QueueUrl"]
        traces.add("queue", lambda: self._sqs.delete_queue(QueueUrl=self._url))
        asked = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        arn, topic = asked["Attributes"]["QueueArn"], account.outputs["CompletionTopicArn"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        sns = account.client("sns")
        made = sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )
        subscription = made["SubscriptionArn"]
        traces.add("subscription", lambda: sns.unsubscribe(SubscriptionArn=subscription))

    def message(self, wanted: Any, *, seconds: float) -> dict[str, Any] | None:
        """The first message of which `wanted` is true; None if none came in time."""
        give_up_at = time.monotonic() + seconds
        while True:
            found = next((each for each in self._received if wanted(each)), None)
            if found is not None or time.monotonic() > give_up_at:
                return found
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=2
            )
            for each in answer.get("Messages", []):
                self._received.append(json.loads(each["Body"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])

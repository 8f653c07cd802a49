"""How the stack does under strain and after trouble: throttled, swept, redriven, alarmed."""

import json
import time
import uuid

from botocore.exceptions import ClientError

from local.smoke.account import Account
from local.smoke.cleanup import Traces, remove_object
from local.smoke.findings import Broken, LeftOut, Untold
from local.smoke.mailbox import Mailbox
from local.smoke.readiness import DEPLOY

UPLOADS = 4
THROTTLED_SECONDS = 300
REDRIVEN_SECONDS = 90


class Strain:
    """What needs a stack that is let alone again afterwards."""

    def __init__(self, account: Account, traces: Traces) -> None:
        self._account = account
        self._traces = traces
        self._token = uuid.uuid4().hex[:12]

    def a_throttled_step_is_waited_for(self) -> str:
        """One call of Validate at a time, and several uploads at once: all are answered."""
        account, name = self._account, self._function("ValidateFunction")
        functions = account.client("lambda")
        before = functions.get_function_concurrency(FunctionName=name)
        if "ReservedConcurrentExecutions" in before:
            raise LeftOut("somebody has set a reservation; it stays")
        try:
            self._traces.add(
                "reservation", lambda: functions.delete_function_concurrency(FunctionName=name)
            )
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidParameterValueException":
                raise
            raise Untold("this account has no concurrency left to reserve") from None
        mailbox = Mailbox(account, self._traces)
        keys = {self._upload(number) for number in range(UPLOADS)}
        told: set[str] = set()
        give_up_at = time.monotonic() + THROTTLED_SECONDS
        while told != keys:
            message = mailbox.message(
                lambda it: it.get("upload", {}).get("key") in keys - told,
                seconds=give_up_at - time.monotonic(),
            )
            if message is None:
                raise Broken(
                    f"{len(keys - told)} of {len(keys)} uploads were not told of",
                    "look for them in the executions; each must wait until Lambda takes it",
                )
            told.add(message["upload"]["key"])
            self._erase_later(message["edit_id"])
        functions.delete_function_concurrency(FunctionName=name)
        return f"{len(keys)} uploads, one call at a time"

    def the_sweep_runs_and_is_scheduled(self) -> str:
        account, name = self._account, self._function("SweepFunction")
        rules = account.resources("AWS::Events::Rule")
        for logical in (it for it in rules if it.startswith("SweepFunction")):
            state = account.client("events").describe_rule(Name=rules[logical].split("/")[-1])
            if state["State"] != "ENABLED":
                raise Broken(f"{logical} is {state['State']}", DEPLOY)
        answer = account.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        said = answer["Payload"].read()
        if "FunctionError" in answer:
            raise Broken(f"it ends with {said[:200]!r}", "the sweep's log says why")
        return f"it did {json.loads(said) or 'nothing, and nothing was to do'}"

    def dead_letters_can_be_redriven(self) -> str:
        """One message of nobody's, sent back as docs/operations.md says, and taken in."""
        sqs, outputs = self._account.client("sqs"), self._account.outputs
        dead, queue = outputs["IntakeDeadLetterQueueUrl"], outputs["IntakeQueueUrl"]
        if self._waiting(dead):
            raise LeftOut("there are dead letters; redriving them is for somebody who has read one")
        sqs.send_message(QueueUrl=dead, MessageBody=json.dumps({"retake-smoke": self._token}))
        try:
            sqs.start_message_move_task(SourceArn=self._arn(dead), DestinationArn=self._arn(queue))
        except ClientError:
            self._take_back(dead)
            raise
        give_up_at = time.monotonic() + REDRIVEN_SECONDS
        while self._waiting(dead) or self._waiting(queue):
            if time.monotonic() > give_up_at:
                raise Broken("what was redriven was not taken in", "see the intake log")
            time.sleep(1)
        return ""

    def alarms_are_armed(self) -> str:
        names = list(self._account.resources("AWS::CloudWatch::Alarm").values())
        alarms = self._account.client("cloudwatch").describe_alarms(AlarmNames=names)
        topic = self._account.parameters.get("AlarmTopicArn", "")
        for alarm in alarms["MetricAlarms"]:
            if not alarm["ActionsEnabled"]:
                raise Broken(f"{alarm['AlarmName']} is switched off", "enable its actions")
            if topic and alarm["AlarmActions"] != [topic]:
                raise Broken(f"{alarm['AlarmName']} tells nobody", DEPLOY)
        count = len(alarms["MetricAlarms"])
        return f"{count}, told to {topic.rpartition(':')[2] or 'nobody: set AlarmTopicArn'}"

    def _function(self, logical: str) -> str:
        return self._account.resources("AWS::Lambda::Function")[logical]

    def _upload(self, number: int) -> str:
        account = self._account
        bucket = account.outputs["InboxBucketName"]
        key = f"{account.outputs.get('InboxPrefix', '')}retake-smoke/{self._token}/{number}.mp4"
        self._traces.add("upload", lambda: remove_object(account, bucket, key))
        body = b"this is no video either"
        metadata = {"prompt": "nothing"}
        account.client("s3").put_object(Bucket=bucket, Key=key, Body=body, Metadata=metadata)
        return key

    def _take_back(self, url: str) -> None:
        """Delete our own message where nothing has moved it."""
        sqs = self._account.client("sqs")
        for each in sqs.receive_message(QueueUrl=url, VisibilityTimeout=5).get("Messages", []):
            if self._token in each["Body"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])

    def _erase_later(self, edit_id: str) -> None:
        self._traces.add("record", lambda: self._account.call("DELETE", f"/edits/{edit_id}"))

    def _waiting(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        asked = self._account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(asked["Attributes"].get(name, 0)) for name in names)

    def _arn(self, url: str) -> str:
        asked = self._account.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn"]
        )
        return str(asked["Attributes"]["QueueArn"])

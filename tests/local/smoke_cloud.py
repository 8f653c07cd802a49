"""An account for the checks of a deployed stack, whose answers are as they should be."""

import io
import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from local.emulator.api_client import ApiAnswer
from local.smoke import readiness as standing
from local.smoke.account import Account
from local.smoke.run import (
    AFTERWARDS,
    STANDING,
)

TLS_ONLY = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


POLICY = json.dumps({"Statement": [TLS_ONLY]})


CLOSED = {"BlockPublicAcls": True, "BlockPublicPolicy": True}


Answers = dict[str, Any]


# One answer for each call, as a sound stack gives it.
SOUND: Answers = {
    "get_secret_value": {"SecretString": f'{{"kid":"a","secret":"{"x" * 48}"}}'},
    "get_public_access_block": {"PublicAccessBlockConfiguration": CLOSED},
    "get_bucket_policy": {"Policy": POLICY},
    "get_bucket_versioning": {"Status": "Enabled"},
    "get_bucket_lifecycle_configuration": {
        "Rules": [{"Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 7}}]
    },
    "get_bucket_encryption": {"ServerSideEncryptionConfiguration": {"Rules": [{}]}},
    "get_bucket_notification_configuration": {"EventBridgeConfiguration": {}},
    "describe_table": {
        "Table": {
            "SSEDescription": {"Status": "ENABLED"},
            "GlobalSecondaryIndexes": [{"IndexStatus": "ACTIVE"}],
        }
    },
    "describe_time_to_live": {
        "TimeToLiveDescription": {"AttributeName": "expires_at", "TimeToLiveStatus": "ENABLED"}
    },
    "describe_continuous_backups": {
        "ContinuousBackupsDescription": {
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}
        }
    },
    "get_queue_attributes": {
        "Attributes": {
            "SqsManagedSseEnabled": "true",
            "Policy": POLICY,
            "ApproximateNumberOfMessages": "0",
        }
    },
    "get_topic_attributes": {"Attributes": {"KmsMasterKeyId": "alias/aws/sns"}},
    "describe_key": {"KeyMetadata": {"KeyState": "Enabled"}},
    "get_key_rotation_status": {"KeyRotationEnabled": True},
    "get_function_configuration": {"State": "Active", "Environment": {"Variables": {}}},
    "describe_state_machine": {"status": "ACTIVE", "loggingConfiguration": {}},
    "list_event_source_mappings": {"EventSourceMappings": [{"State": "Enabled"}]},
    "describe_log_groups": {"logGroups": [{"logGroupName": "logs", "retentionInDays": 30}]},
    "describe_alarms": {"MetricAlarms": [{"AlarmName": "a", "StateValue": "OK"}]},
}


RESOURCES = {
    "AWS::S3::Bucket": {"InboxBucket": "inbox"},
    "AWS::SecretsManager::Secret": {
        "FalSecret": "fal",
        "LinksSecret": "links",
        "BoardSecret": "links",
        "CallbacksSecret": "links",
    },
    "AWS::SQS::Queue": {"IntakeDeadLetterQueue": "https://dlq"},
    "AWS::KMS::Key": {"EncryptionKey": "key"},
    "AWS::Lambda::Function": {
        "ValidateFunction": "validate",
        "IntakeFunction": "intake",
        "ShareFunction": "share",
        "SweepFunction": "sweep",
    },
    "AWS::Logs::LogGroup": {"IntakeLogGroup": "logs"},
    "AWS::CloudWatch::Alarm": {"Alarm": "a"},
    "AWS::ApiGateway::RestApi": {"JobApi": "api"},
    "AWS::Events::Rule": {"SweepFunctionEveryFiveMinutes": "arn:rule/every"},
}


READS: dict[str, Callable[[Account], str]] = {
    it.__name__: it for it in (*STANDING, *AFTERWARDS) if it.__module__ == standing.__name__
}


class Cloud(Account):
    """An account whose answers are known; one that is an error is raised."""

    def __init__(self, answers: Answers | None = None, *, is_local: bool = False) -> None:
        self.stack = "retake"
        self.is_local = is_local
        self.answers = SOUND | (answers or {})
        self.described = {"StackStatus": "UPDATE_COMPLETE"}
        self.outputs = {name: name for name in standing.EXPECTED} | {"ApiUrl": "https://api"}
        self.at_the_door = 403

    def client(self, service: str) -> Any:
        return self

    def resources(self, kind: str) -> dict[str, str]:
        return RESOURCES.get(kind, {})

    def send(self, method: str, url: str, body: Any = None, headers: Any = None) -> ApiAnswer:
        return ApiAnswer(self.at_the_door, {}, b"")

    def call(
        self,
        method: str,
        path: str,
        said: Any = None,
        headers: Any = None,
        *,
        credentials: Any = None,
    ) -> ApiAnswer:
        return ApiAnswer(self.at_the_door, {}, b"")

    def __getattr__(self, verb: str) -> Any:
        def answer(**asked: Any) -> Any:
            said = self.answers[verb]
            if isinstance(said, Exception):
                raise said
            return json.loads(json.dumps(said))

        if verb == "invoke":
            return lambda **asked: {**self.answers["invoke"], "Payload": io.BytesIO(b"{}")}
        if verb.startswith("_"):
            raise AttributeError(verb)
        return answer


def refused(code: str, verb: str = "GetBucketPolicy") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, verb)

"""Encryption in both settings: keys that AWS manages, or one of your own that all may use."""

from typing import Any

import pytest

from tests.least_privilege.intrinsics import Filled
from tests.support.template_reader import listed, transformed

KEY = "arn:aws:kms:us-east-1:000000000000:key/EncryptionKey"
# Where each type of resource says which key it uses; whatever is added needs a row or no data.
KEYED = {
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::Lambda::Function": ("KmsKeyArn",),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::S3::Bucket": (
        "BucketEncryption",
        "ServerSideEncryptionConfiguration",
        0,
        "ServerSideEncryptionByDefault",
        "KMSMasterKeyID",
    ),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
}
# By which service the key is asked to decrypt for a role; the others ask in their own name.
THROUGH = {"s3", "dynamodb", "sqs", "sns", "secretsmanager", "lambda"}


def with_own_key() -> Filled:
    return Filled(transformed(), {"OwnKey": "on"})


def with_keys_of_aws() -> Filled:
    return Filled(transformed())


def at(properties: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if isinstance(properties, dict) and step not in properties:
            return None
        properties = properties[step]
    return properties


def policy() -> dict[str, dict[str, Any]]:
    (key,) = with_own_key().resources("AWS::KMS::Key").values()
    return {it["Sid"]: it for it in key["KeyPolicy"]["Statement"]}


@pytest.mark.parametrize("kind", KEYED)
def test_with_a_key_of_your_own_everything_kept_is_encrypted_with_it(kind: str) -> None:
    used = {
        name: at(properties, KEYED[kind])
        for name, properties in with_own_key().resources(kind).items()
    }

    assert used
    assert set(used.values()) == {KEY}, used


@pytest.mark.parametrize("kind", KEYED)
def test_without_one_no_resource_names_a_key_but_the_topic(kind: str) -> None:
    used = {at(it, KEYED[kind]) for it in with_keys_of_aws().resources(kind).values()}

    # The account's SNS key admits roles of the account that come through SNS.
    assert used == ({"alias/aws/sns"} if kind == "AWS::SNS::Topic" else {None})
    assert with_keys_of_aws().resources("AWS::KMS::Key") == {}


def test_without_one_everything_is_encrypted_by_its_service() -> None:
    filled = with_keys_of_aws()

    for bucket in filled.resources("AWS::S3::Bucket").values():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    for queue in filled.resources("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
    for table in filled.resources("AWS::DynamoDB::Table").values():
        # The account's DynamoDB key instead of one that AWS owns: its use shows in CloudTrail.
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}


def test_a_queue_never_names_both_kinds_of_key() -> None:
    # SQS refuses a queue with both.
    for queue in with_own_key().resources("AWS::SQS::Queue").values():
        assert "SqsManagedSseEnabled" not in queue


def test_buckets_ask_for_a_data_key_once_for_many_objects() -> None:
    for bucket in with_own_key().resources("AWS::S3::Bucket").values():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert rule["BucketKeyEnabled"] is True


def test_roles_may_use_the_key_through_the_services_that_hold_data_and_no_other_way() -> None:
    statement = policy()["WhoeverMayUseTheDataMayHaveItDecrypted"]

    said = statement["Condition"]["StringEquals"]
    assert said["kms:CallerAccount"] == "000000000000"
    assert {name.partition(".")[0] for name in said["kms:ViaService"]} == THROUGH
    assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(statement["Action"])


def test_every_rule_that_writes_to_a_queue_may_use_the_key() -> None:
    statement = policy()["EventsReachTheQueues"]

    # EventBridge's guide to encrypted queues as targets names both actions.
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    # A condition that EventBridge sends no value for would stop every event.
    assert "Condition" not in statement


def test_logs_of_this_account_may_use_the_key_and_of_no_other() -> None:
    statement = policy()["LogsOfThisAccount"]

    assert statement["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    context = statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert context == "arn:aws:logs:us-east-1:000000000000:*"


def test_only_the_account_itself_may_administer_the_key() -> None:
    everything = [it for it in policy().values() if "kms:*" in listed(it["Action"])]

    assert [it["Principal"] for it in everything] == [{"AWS": "arn:aws:iam::000000000000:root"}]
    unconditional = {"TheAccountDecidesAboutTheKey", "EventsReachTheQueues"}
    for name, statement in policy().items():
        assert statement["Effect"] == "Allow"
        assert "Condition" in statement or name in unconditional


def test_the_key_turns_every_year_and_outlives_the_stack() -> None:
    key = transformed()["Resources"]["EncryptionKey"]

    assert key["Properties"]["EnableKeyRotation"] is True
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")

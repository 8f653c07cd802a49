"""Buckets, table, secrets and topic: private, encrypted, and still there tomorrow."""

from typing import Any

import pytest
from retake.aws.key_pool import PLACEHOLDER
from retake.domain.source import fitted_key
from retake.settings import PROVIDERS

from tests.support.template_reader import of_type, template

BUCKETS = sorted(of_type("AWS::S3::Bucket"))
# What cannot be made again: footage, results, what was paid for, uploads nobody has an edit for.
KEPT = ("InboxBucket", "ResultsBucket", "EditTable", "IntakeDeadLetterQueue")
REPAIRED = fitted_key("").removesuffix(".mp4")


def lifecycle(bucket: str) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = of_type("AWS::S3::Bucket")[bucket]["LifecycleConfiguration"][
        "Rules"
    ]
    return rules


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_closed_to_the_public_in_all_four_ways(bucket: str) -> None:
    blocks = of_type("AWS::S3::Bucket")[bucket]["PublicAccessBlockConfiguration"]

    assert blocks == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_versioned_and_knows_no_acls(bucket: str) -> None:
    properties = of_type("AWS::S3::Bucket")[bucket]

    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_answers_over_tls_only(bucket: str) -> None:
    (policy,) = (
        it for it in of_type("AWS::S3::BucketPolicy").values() if it["Bucket"] == {"Ref": bucket}
    )

    (statement,) = (
        it for it in policy["PolicyDocument"]["Statement"] if it.get("Sid") == "OnlyOverTls"
    )

    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Action"] == "s3:*"
    assert statement["Resource"] == [
        {"Fn::GetAtt": [bucket, "Arn"]},
        {"Fn::Sub": f"${{{bucket}.Arn}}/*"},
    ]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_forgets_unfinished_uploads_and_replaced_versions(bucket: str) -> None:
    enabled = [rule for rule in lifecycle(bucket) if rule["Status"] == "Enabled"]

    assert any("AbortIncompleteMultipartUpload" in rule for rule in enabled)
    assert any("NoncurrentVersionExpiration" in rule for rule in enabled)


def test_a_replaced_clip_outlives_every_edit_that_is_pinned_to_it() -> None:
    (days,) = (
        rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in lifecycle("InboxBucket")
        if "NoncurrentVersionExpiration" in rule
    )

    assert days * 86_400 > template()["Parameters"]["DeadlineSeconds"]["MaxValue"] + 86_400


def is_of_pages(rule: dict[str, Any]) -> bool:
    """Whether a rule names what is made of a clip and a result that are still there."""
    return bool(rule.get("TagFilters") == [{"Key": "retake", "Value": "page"}])


@pytest.mark.parametrize("bucket", BUCKETS)
def test_nothing_a_user_put_or_bought_is_deleted_unless_somebody_asked(bucket: str) -> None:
    expiring = [
        rule
        for rule in lifecycle(bucket)
        if "ExpirationInDays" in rule and not (rule.get("Prefix") == REPAIRED or is_of_pages(rule))
    ]

    assert expiring
    for rule in expiring:
        condition, yes, no = rule["Status"]["Fn::If"]
        assert (yes, no) == ("Enabled", "Disabled")
        assert condition in {"InboxExpires", "ResultsExpire"}
    for name in ("InboxDays", "ResultDays"):
        assert template()["Parameters"][name]["Default"] == 0


def test_a_repaired_clip_which_is_only_a_copy_is_kept_for_longer_than_any_edit_lasts() -> None:
    (rule,) = (each for each in lifecycle("ResultsBucket") if each.get("Prefix") == REPAIRED)

    assert rule["Status"] == "Enabled"
    deadline = template()["Parameters"]["DeadlineSeconds"]["MaxValue"]
    parked = template()["Parameters"]["ParkSeconds"]["MaxValue"]
    assert rule["ExpirationInDays"] * 86_400 > deadline + parked + 86_400


def test_only_the_inbox_tells_of_new_objects() -> None:
    telling = {name for name, it in of_type("AWS::S3::Bucket").items() if _tells(it)}

    assert telling == {"InboxBucket"}


def _tells(bucket: dict[str, Any]) -> bool:
    return "NotificationConfiguration" in bucket


@pytest.mark.parametrize("name", KEPT)
def test_data_outlives_the_stack(name: str) -> None:
    resource = template()["Resources"][name]

    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_table_can_be_restored_forgets_old_records_and_is_encrypted() -> None:
    (table,) = of_type("AWS::DynamoDB::Table").values()

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["SSESpecification"]["SSEEnabled"]


def test_the_indexes_carry_keys_only() -> None:
    (table,) = of_type("AWS::DynamoDB::Table").values()

    indexes = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
        if index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    }

    assert indexes == {
        "open-edits": ["open_shard", "updated_at"],
        "edits-by-time": ["listing_day", "listing_key"],
        "in-line": ["line", "line_place"],
    }


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_a_secret_that_starts_as_what_the_functions_refuse(
    provider: str,
) -> None:
    secret = of_type("AWS::SecretsManager::Secret")[f"{provider.capitalize()}Secret"]

    assert secret["Name"] == {"Fn::Sub": f"${{AWS::StackName}}/providers/{provider}"}
    assert secret["SecretString"] == PLACEHOLDER

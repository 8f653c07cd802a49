"""Every store has an end, and docs/operations.md says which."""

import re
import tomllib
from typing import Any

import pytest
from retake.steps.result_extras import PAGE_TAG

from tests.support.template_reader import ROOT, listed, of_type, template
from virtual.scene import Scene

PAGE = (ROOT / "docs/operations.md").read_text()
TABLE = PAGE.partition("## How long things are kept")[2].partition("\n## ")[0]
QUEUES = of_type("AWS::SQS::Queue")
BUCKETS = of_type("AWS::S3::Bucket")
GROUPS = of_type("AWS::Logs::LogGroup")
# What holds nothing of anybody's, or nothing at all.
WITHOUT_END = {"AWS::SecretsManager::Secret", "AWS::SNS::Topic", "AWS::KMS::Key"}
STORES = {
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::Logs::LogGroup",
    "AWS::DynamoDB::Table",
} | WITHOUT_END
# Everything else that a template of this kind could keep data in, so that a new kind is noticed.
KINDS_THAT_KEEP = re.compile(
    r"AWS::(S3|SQS|Logs|DynamoDB|SecretsManager|SNS|KMS|RDS|EFS|ElastiCache|Kinesis|SSM|ECR)::"
)
NOT_STORES = re.compile(r"Policy$|MetricFilter$|Alias$|Subscription$")


def row(name: str) -> str:
    """What the table says of a store."""
    (found,) = (line for line in TABLE.splitlines() if line.startswith(f"| `{name}` |"))
    return found


def rules(bucket: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = BUCKETS[bucket]["LifecycleConfiguration"]["Rules"]
    return found


def test_no_stage_deletes_anything_that_nobody_chose_to_have_deleted() -> None:
    stages = tomllib.loads((ROOT / "samconfig.toml").read_text())
    chosen = {
        line.partition("=")[0]
        for stage in stages.values()
        if isinstance(stage, dict)
        for line in stage.get("deploy", {}).get("parameters", {}).get("parameter_overrides", ())
    }

    assert chosen <= template()["Parameters"].keys()
    assert not chosen & {"InboxDays", "ResultDays"}
    for name in ("InboxDays", "ResultDays"):
        assert template()["Parameters"][name]["Default"] == 0


def test_every_kind_of_store_is_looked_at_here() -> None:
    kinds = {it["Type"] for it in template()["Resources"].values()}

    keeping = {it for it in kinds if KINDS_THAT_KEEP.match(it) and not NOT_STORES.search(it)}

    assert keeping <= STORES


@pytest.mark.parametrize("queue", sorted(QUEUES))
def test_a_queue_forgets_after_the_days_that_are_stated(queue: str) -> None:
    days = QUEUES[queue]["MessageRetentionPeriod"] // 86_400

    assert f"{days} days" in row(queue)


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_log_forgets_after_log_days(group: str) -> None:
    assert GROUPS[group]["RetentionInDays"] == {"Ref": "LogDays"}
    assert re.search(r"\| every log group \|.*`LogDays` \|", TABLE)


@pytest.mark.parametrize(
    ("bucket", "parameter"), [("InboxBucket", "InboxDays"), ("ResultsBucket", "ResultDays")]
)
def test_a_bucket_forgets_what_is_current_replaced_or_unfinished(
    bucket: str, parameter: str
) -> None:
    whole = [rule for rule in rules(bucket) if not {"Prefix", "TagFilters"} & rule.keys()]
    replaced = [it["NoncurrentVersionExpiration"] for it in whole if _replaces(it)]
    current = [it["ExpirationInDays"] for it in whole if "ExpirationInDays" in it]
    unfinished = [it["AbortIncompleteMultipartUpload"] for it in whole if _aborts(it)]

    (days,) = {it["NoncurrentDays"] for it in replaced}
    assert f"{days} days" in row(bucket)
    assert [it["Fn::If"][1] for it in current] == [{"Ref": parameter}]
    assert f"`{parameter}`" in row(bucket)
    assert f"{unfinished[0]['DaysAfterInitiation']} days" in row(bucket)
    assert all(it["Status"] == "Enabled" for it in whole if _replaces(it) or _aborts(it))


def test_repaired_clips_are_gone_after_the_days_that_are_stated() -> None:
    (rule,) = (it for it in rules("ResultsBucket") if it.get("Prefix") == "fitted/")

    (stated,) = (line for line in TABLE.splitlines() if "`fitted/`" in line)
    days, more = rule["ExpirationInDays"], rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
    assert rule["Status"] == "Enabled"
    assert f"{days} days" in stated
    assert f"{more} day more" in stated


def test_pages_go_by_their_tag_which_nothing_but_a_page_may_have() -> None:
    (rule,) = (it for it in rules("ResultsBucket") if "TagFilters" in it)
    granted = [
        it["Resource"]
        for it in template()["Resources"]["PersistFunction"]["Properties"]["Policies"][0][
            "Statement"
        ]
        if "s3:PutObjectTagging" in listed(it["Action"])
    ]

    (tag,) = rule["TagFilters"]
    assert f"{tag['Key']}={tag['Value']}" == PAGE_TAG
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", {"Ref": "PageDays"})
    assert "pages `PageDays`" in row("ResultsBucket")
    assert granted == [{"Fn::Sub": "${ResultsBucket.Arn}/edited/*.html"}]


def test_records_expire_and_their_backups_too() -> None:
    table = of_type("AWS::DynamoDB::Table")["EditTable"]

    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert "`RecordDays`" in row("EditTable")
    assert "35 days" in row("EditTable")


def test_every_item_that_an_edit_leaves_in_the_table_expires() -> None:
    scene = Scene()

    scene.running()

    kept = {key: item for key, item in scene.table.items.items() if "expires_at" not in item}
    # The record, whose the provider's task is, and the sums of the day and the month; what is
    # counted for a provider is no edit's.
    assert len(scene.table.items) == 5
    assert kept.keys() == {"slots#novita"}


def test_a_batch_expires_with_its_edits() -> None:
    scene = Scene()
    request = scene.now(scene.validated("first.mp4")).request

    scene.records.batches.receive(
        "e-11111111111111111111",
        [{"inbox_bucket": "inbox", "request": request, "model": "novita/kling-o1-edit"}] * 2,
    )

    batches = [item for key, item in scene.table.items.items() if key.startswith("batch#")]
    assert batches
    assert all("expires_at" in item for item in batches)


def test_the_topic_keeps_nothing_and_the_page_says_so() -> None:
    assert "| nothing | at once" in row("CompletionTopic")
    assert listed(of_type("AWS::SNS::Topic")["CompletionTopic"].get("ArchivePolicy", [])) == []


def _replaces(rule: dict[str, Any]) -> bool:
    return "NoncurrentVersionExpiration" in rule


def _aborts(rule: dict[str, Any]) -> bool:
    return "AbortIncompleteMultipartUpload" in rule

"""P8: what the stack costs in a month in which nobody edits anything, read from the template."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from retake.domain.vocabulary import OPEN
from retake.records.keys import OPEN_SHARDS
from samtranslator.yaml_helper import yaml_parse

from bench import prices
from bench.figures import Goal, Part, Row
from bench.rooms import ROOT

SWEEPS = 30 * 24 * 12  # every five minutes
SWEEP_SECONDS = 0.7  # assumed: one query after the other
SWEEP_GB = 0.25
# Lambda Developer Guide, "Using Lambda with Amazon SQS": five connections ask a queue that is
# empty, each of which SQS holds for at most 20 seconds.
EMPTY_POLLS = 5 * 30 * 24 * 3600 // 20
# Types that cost nothing while nothing happens.
FREE = {
    "AWS::S3::BucketPolicy",
    "AWS::Events::Rule",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Serverless::Function",
    "AWS::Serverless::LayerVersion",
    "AWS::Serverless::StateMachine",
    "AWS::Serverless::Api",
    "AWS::Logs::LogGroup",
    "AWS::ApiGateway::Account",
    "AWS::IAM::Role",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::Logs::MetricFilter",  # its metric costs once something is counted
}
BY_CONTENT = {"AWS::S3::Bucket", "AWS::DynamoDB::Table"}


def measure(quick: bool) -> Part:
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    items, unknown = bill(template["Resources"])
    rows = [Row(name, {"a month": f"${usd:.2f}"}) for name, usd in items.items()]
    standing = sum(items.values())
    allowed = sum(usd for name, usd in items.items() if "secret" in name)
    goal = Goal(
        "$0 but for secrets and storage",
        standing - allowed < 0.005 and not unknown,
        f"${standing - allowed:.2f} a month for what watches: the alarms, the sweep, and Lambda at "
        "the queue",
    )
    rows.append(Row("in all", {"a month": f"${standing:.2f}"}, None, goal))
    notes = [
        f"List prices of us-east-1 as of {prices.AS_OF}, no free tier; storage (videos, records "
        "with point-in-time recovery, logs) by what is stored.",
        f"The sweep: {SWEEPS:,} runs of {SWEEP_SECONDS} s (assumed), each with {reads_per_sweep()} "
        "queries, one listing of the inbox and one trace.",
        f"The empty queue: {EMPTY_POLLS:,} requests by Lambda itself, within SQS's free tier when "
        "nothing else uses that up.",
    ]
    notes += [f"Not in the price table: {', '.join(unknown)}."] if unknown else []
    return Part("p8", "Idle bill", "none", rows, tuple(notes))


def reads_per_sweep() -> int:
    """Queries of the index of open edits: one per open status and shard."""
    return len(OPEN) * OPEN_SHARDS


def bill(resources: Mapping[str, Any]) -> tuple[dict[str, float], list[str]]:
    """Dollars a month by item, and the types nothing is known of."""
    types = Counter(each["Type"] for each in resources.values())
    secrets, alarms = types["AWS::SecretsManager::Secret"], types["AWS::CloudWatch::Alarm"]
    items = {
        f"{secrets} secrets": secrets * prices.SECRET_MONTH,
        f"{alarms} alarms": alarms * prices.ALARM_MONTH,
    }
    if queues := _queues_read(resources):
        items["the empty queue" if queues == 1 else f"{queues} empty queues"] = (
            queues * EMPTY_POLLS * prices.SQS_REQUEST
        )
    if "SweepFunction" in resources:
        one = (
            SWEEP_SECONDS * SWEEP_GB * prices.LAMBDA_GB_SECOND
            + prices.LAMBDA_REQUEST
            + reads_per_sweep() * prices.DYNAMODB_READ / 2
            + prices.S3_PUT
            + prices.TRACE
        )
        items["the sweep"] = SWEEPS * one
    counted = {"AWS::SecretsManager::Secret", "AWS::CloudWatch::Alarm"} | FREE | BY_CONTENT
    return items, sorted(types.keys() - counted)


def _queues_read(resources: Mapping[str, Any]) -> int:
    return sum(
        event["Type"] == "SQS"
        for each in resources.values()
        for event in each.get("Properties", {}).get("Events", {}).values()
    )

"""P8: what the stack costs in a month in which nobody edits anything, read from the template."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from samtranslator.yaml_helper import yaml_parse

from bench import prices
from bench.figures import Goal, Part, Row
from bench.rooms import ROOT

SWEEPS = 30 * 24 * 12  # every five minutes
# Of one run while nothing is open, counted by tests/bench/test_idle.py: queries and consistent
# reads of at most one unit each, and writes.
SWEEP_QUERIES, SWEEP_READS, SWEEP_WRITES = 24, 11, 1
SWEEP_SECONDS = 0.4  # assumed: one request to the table after the other
SWEEP_GB = 0.25
SWEEP_LOG_BYTES = 1300  # assumed: Lambda's three lines and one of ours
LAPS = 30 * 24  # of an inbox that is read in one run: a listing, and what is noted of it
# Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings": five ask a
# queue that is empty, each of which SQS holds for at most 20 seconds. As few as two would, were it
# not for the bound on how many run at once.
EMPTY_POLLS = 5 * 30 * 24 * 3600 // 20
# Types that cost nothing while nothing happens.
FREE = {
    "AWS::S3::BucketPolicy",
    "AWS::Events::Rule",  # events of AWS's own services and schedules on the default bus
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
COUNTED = {
    "AWS::SecretsManager::Secret",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
}


class Cost(NamedTuple):
    """Dollars a month: by the price list, and in an account that uses what AWS gives every account
    each month for nothing else."""

    listed: float
    alone: float


def measure(quick: bool) -> Part:
    items, unknown = bill(made(yaml_parse((ROOT / "template.yaml").read_text())))
    rows = [_row(name, cost) for name, cost in items.items()]
    whole = Cost(*(sum(each) for each in zip(*items.values(), strict=True)))
    watch = [cost for name, cost in items.items() if "secret" not in name]
    listed, alone = (sum(each) for each in zip(*watch, strict=True))
    goal = Goal(
        "$0 but for secrets and storage",
        listed < 0.005 and not unknown,
        f"${listed:.2f} a month for what watches, ${alone:.2f} of it where nothing else uses up "
        "what AWS gives every account: the sweep, which bounds how late a lost edit or upload is "
        "found, and Lambda at two queues, which keep for days what cannot be taken in",
    )
    rows.append(_row("in all", whole, goal))
    notes = [
        f"List prices of us-east-1 as of {prices.AS_OF}, with the template's defaults; beside them "
        "what is left of them where nothing else uses up AWS's monthly free amounts. Storage "
        "(videos, records with point-in-time recovery, logs) by what is stored.",
        f"The sweep while nothing is open: {SWEEPS:,} runs of {SWEEP_SECONDS} s (assumed), each "
        f"with {SWEEP_QUERIES} queries, {SWEEP_READS} reads and {SWEEP_WRITES} write, no trace; "
        f"the inbox is listed {LAPS} times.",
        f"An empty queue: {EMPTY_POLLS:,} requests by Lambda itself.",
    ]
    notes += [f"Not in the price table: {', '.join(unknown)}."] if unknown else []
    return Part("p8", "Idle bill", "none", rows, tuple(notes))


def made(template: Mapping[str, Any]) -> dict[str, Any]:
    """The resources that stand where no parameter is given."""
    defaults = {name: str(it.get("Default")) for name, it in template["Parameters"].items()}
    conditions = template["Conditions"]
    return {
        name: each
        for name, each in template["Resources"].items()
        if "Condition" not in each or _holds(conditions[each["Condition"]], defaults)
    }


def _holds(said: Mapping[str, Any], defaults: Mapping[str, str]) -> bool:
    if "Fn::Not" in said:
        return not _holds(said["Fn::Not"][0], defaults)
    parameter, value = said["Fn::Equals"]
    return defaults[parameter["Ref"]] == str(value)


def bill(resources: Mapping[str, Any]) -> tuple[dict[str, Cost], list[str]]:
    """What each item costs, and the types nothing is known of."""
    types = Counter(each["Type"] for each in resources.values())
    items = dict(_items(resources, types))
    return items, sorted(types.keys() - COUNTED - FREE - BY_CONTENT)


def _items(resources: Mapping[str, Any], types: Counter[str]) -> Iterator[tuple[str, Cost]]:
    secrets = types["AWS::SecretsManager::Secret"]
    yield f"{secrets} secrets", Cost(*[secrets * prices.SECRET_MONTH] * 2)
    alarms = types["AWS::CloudWatch::Alarm"]
    yield f"{alarms} alarms", _beyond(alarms, prices.FREE_ALARMS, prices.ALARM_MONTH)
    if dashboards := types["AWS::CloudWatch::Dashboard"]:
        usd = _beyond(dashboards, prices.FREE_DASHBOARDS, prices.DASHBOARD_MONTH)
        yield "the dashboard", usd
    if queues := _queues_read(resources):
        name = "the empty queue" if queues == 1 else f"{queues} empty queues"
        polls = queues * EMPTY_POLLS
        yield name, _beyond(polls, prices.FREE_SQS_REQUESTS, prices.SQS_REQUEST)
    if "SweepFunction" in resources:
        yield "the sweep", _sweep()


def _sweep() -> Cost:
    requests = (
        SWEEP_QUERIES * prices.DYNAMODB_READ / 2
        + SWEEP_READS * prices.DYNAMODB_READ
        + SWEEP_WRITES * prices.DYNAMODB_WRITE
    )
    never_free = SWEEPS * requests + LAPS * (prices.S3_PUT + prices.DYNAMODB_WRITE)
    gb_seconds = SWEEPS * SWEEP_SECONDS * SWEEP_GB
    parts = (
        _beyond(SWEEPS, prices.FREE_LAMBDA_REQUESTS, prices.LAMBDA_REQUEST),
        _beyond(gb_seconds, prices.FREE_LAMBDA_GB_SECONDS, prices.LAMBDA_GB_SECOND),
        _beyond(SWEEPS * SWEEP_LOG_BYTES, prices.FREE_LOG_BYTES, prices.LOG_BYTE),
        Cost(never_free, never_free),
    )
    return Cost(*(sum(each) for each in zip(*parts, strict=True)))


def _beyond(many: float, free: float, usd: float) -> Cost:
    return Cost(many * usd, max(0, many - free) * usd)


def _row(name: str, cost: Cost, goal: Goal | None = None) -> Row:
    figures = {"a month": f"${cost.listed:.2f}", "beyond what is free": f"${cost.alone:.2f}"}
    return Row(name, figures, None, goal)


def _queues_read(resources: Mapping[str, Any]) -> int:
    return sum(
        event["Type"] == "SQS"
        for each in resources.values()
        for event in each.get("Properties", {}).get("Events", {}).values()
    )

"""How the stack stands: what can be read without doing anything. One function for each line."""

import json
from collections.abc import Mapping
from typing import Any

from retake.aws.key_pool import PLACEHOLDER, keys_in
from retake.domain.errors import Misconfigured

from local.smoke.account import Account
from local.smoke.findings import Broken, LeftOut

DEPLOY = "deploy the template again, and change the stack by nothing else"
EXPECTED = frozenset(
    {"InboxBucketName", "ResultsBucketName", "TableName", "CompletionTopicArn", "ApiUrl"}
    | {"StateMachineArn", "IntakeQueueUrl", "IntakeDeadLetterQueueUrl"}
)


def the_stack_is_complete(account: Account) -> str:
    status = account.described["StackStatus"]
    if not status.endswith("_COMPLETE") or "ROLLBACK" in status:
        raise Broken(status, "read the stack's events in CloudFormation, then deploy again")
    missing = sorted(EXPECTED - account.outputs.keys())
    if missing:
        raise Broken(f"no output {', '.join(missing)}", DEPLOY)
    return f"{status}, {len(account.outputs)} outputs"


def a_provider_has_a_key(account: Account) -> str:
    words = {name: _standing_of_key(account, name) for name in providers(account)}
    bad = sorted(name for name, word in words.items() if word == "malformed")
    if bad:
        raise Broken(
            f"{', '.join(bad)}: a key holds white space or unprintable characters, or several "
            "are no JSON object of names and keys",
            "store it again without a line end: aws secretsmanager put-secret-value",
        )
    if not any(word.startswith("set") for word in words.values()):
        raise LeftOut(f"no key yet; put one into {account.stack}/providers/… (docs/operations.md)")
    return ", ".join(f"{name} {word}" for name, word in sorted(words.items()))


SIGNING = ("LinksSecret", "BoardSecret", "CallbacksSecret")


def providers(account: Account) -> dict[str, str]:
    """The secret of each provider, by name."""
    known = account.resources("AWS::SecretsManager::Secret")
    return {
        logical.removesuffix("Secret").lower(): physical
        for logical, physical in known.items()
        if logical not in SIGNING
    }


def has_key(account: Account, name: str) -> bool:
    """Whether a provider has a key that its function would take."""
    return name in providers(account) and _standing_of_key(account, name).startswith("set")


def _standing_of_key(account: Account, name: str) -> str:
    secret = _secret(account, providers(account)[name])
    if not secret.strip() or secret.startswith(PLACEHOLDER):
        return "not set"
    try:
        keys = keys_in(name, secret)
    except Misconfigured:
        return "malformed"
    return "set" if len(keys) == 1 else f"set ({' and '.join(sorted(keys))})"


def _secret(account: Account, secret_id: str) -> str:
    answer = account.client("secretsmanager").get_secret_value(SecretId=secret_id)
    return str(answer.get("SecretString", ""))


def links_are_signed_with_a_secret_of_their_own(account: Account) -> str:
    known = account.resources("AWS::SecretsManager::Secret")
    for name in SIGNING:
        try:
            said = json.loads(_secret(account, known[name]))
            is_long = len(said["secret"]) >= 32 and bool(said["kid"])
        except (ValueError, KeyError, TypeError):
            is_long = False
        if not is_long:
            raise Broken(
                f"{name} is not {{kid, secret}}", "replace it as template.yaml says beside it"
            )
    return ""


def buckets_are_closed_to_the_public_and_to_plain_http(account: Account) -> str:
    s3 = account.client("s3")
    buckets = account.resources("AWS::S3::Bucket")
    for logical, name in buckets.items():
        blocks = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        _hold(all(blocks.values()), f"{logical} can be opened to the public")
        policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
        _hold(_denies_plain_http(policy), f"{logical} answers without TLS")
    return f"{len(buckets)} buckets"


def buckets_keep_versions(account: Account) -> str:
    buckets = account.resources("AWS::S3::Bucket")
    for logical, name in buckets.items():
        kept = account.client("s3").get_bucket_versioning(Bucket=name).get("Status")
        _hold(kept == "Enabled", f"{logical} keeps no versions")
    return f"{len(buckets)} buckets"


def buckets_forget_what_was_replaced(account: Account) -> str:
    for logical, name in account.resources("AWS::S3::Bucket").items():
        rules = account.client("s3").get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        ends = [it for it in rules if "NoncurrentVersionExpiration" in it]
        _hold(any(it["Status"] == "Enabled" for it in ends), f"{logical} keeps every version")
    return ""


def everything_is_encrypted_at_rest(account: Account) -> str:
    for logical, name in account.resources("AWS::S3::Bucket").items():
        told = account.client("s3").get_bucket_encryption(Bucket=name)
        rules = told["ServerSideEncryptionConfiguration"]["Rules"]
        _hold(bool(rules), f"{logical} is not encrypted")
    table = account.client("dynamodb").describe_table(TableName=account.outputs["TableName"])
    sse = table["Table"].get("SSEDescription", {}).get("Status")
    _hold(sse == "ENABLED", "the table is not under a key of the account")
    for logical, url in account.resources("AWS::SQS::Queue").items():
        queue = _queue(account, url)
        is_encrypted = queue.get("SqsManagedSseEnabled") == "true" or "KmsMasterKeyId" in queue
        _hold(is_encrypted, f"{logical} is not encrypted")
    topic = account.outputs["CompletionTopicArn"]
    said = account.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    _hold(bool(said.get("KmsMasterKeyId")), "the topic is not encrypted")
    return "buckets, table, queues, topic"


def only_the_inbox_tells_of_objects(account: Account) -> str:
    s3 = account.client("s3")
    for logical, name in account.resources("AWS::S3::Bucket").items():
        told = s3.get_bucket_notification_configuration(Bucket=name)
        told.pop("ResponseMetadata", None)
        wanted = {"EventBridgeConfiguration"} if logical == "InboxBucket" else set()
        _hold(set(told) == wanted, f"{logical} sends {', '.join(sorted(told)) or 'nothing'}")
    return ""


def the_table_is_ready_and_forgets(account: Account) -> str:
    dynamodb, name = account.client("dynamodb"), account.outputs["TableName"]
    indexes = dynamodb.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"]
    is_ready = all(it.get("IndexStatus", "ACTIVE") == "ACTIVE" for it in indexes)
    _hold(is_ready, "an index is not ready")
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    is_set = ttl.get("AttributeName") == "expires_at"
    is_on = ttl.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    _hold(is_set and is_on, "records do not expire")
    return ""


def the_table_is_backed_up(account: Account) -> str:
    name = account.outputs["TableName"]
    told = account.client("dynamodb").describe_continuous_backups(TableName=name)
    point = told["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    _hold(point["PointInTimeRecoveryStatus"] == "ENABLED", "there is no point-in-time recovery")
    return ""


def queues_refuse_plain_http(account: Account) -> str:
    queues = account.resources("AWS::SQS::Queue")
    for logical, url in queues.items():
        policy = json.loads(_queue(account, url).get("Policy", "{}"))
        _hold(_denies_plain_http(policy), f"{logical} answers without TLS")
    return f"{len(queues)} queues"


def keys_of_the_stack_are_in_use(account: Account) -> str:
    keys = account.resources("AWS::KMS::Key")
    if not keys:
        raise LeftOut("the stack has no key of its own; AWS's managed keys are used")
    for logical, key_id in keys.items():
        told = account.client("kms").describe_key(KeyId=key_id)["KeyMetadata"]
        _hold(told["KeyState"] == "Enabled", f"{logical} is {told['KeyState']}")
        rotates = account.client("kms").get_key_rotation_status(KeyId=key_id)
        _hold(rotates["KeyRotationEnabled"], f"{logical} does not rotate")
    return f"{len(keys)} keys"


def functions_run_and_open_no_loopback(account: Account) -> str:
    functions = account.resources("AWS::Lambda::Function")
    for logical, name in functions.items():
        said = account.client("lambda").get_function_configuration(FunctionName=name)
        _hold(said.get("State", "Active") == "Active", f"{logical} is {said.get('State')}")
        known = said.get("Environment", {}).get("Variables", {})
        _hold("RETAKE_LOOPBACK_PORTS" not in known, f"{logical} may call its own machine")
    return f"{len(functions)} functions"


def the_workflow_is_ready_and_logs_no_content(account: Account) -> str:
    said = account.client("stepfunctions").describe_state_machine(
        stateMachineArn=account.outputs["StateMachineArn"]
    )
    _hold(said.get("status", "ACTIVE") == "ACTIVE", f"it is {said.get('status')}")
    logging: Mapping[str, Any] = said.get("loggingConfiguration", {})
    _hold(not logging.get("includeExecutionData"), "its log holds what it carries")
    return ""


def intake_reads_its_queue(account: Account) -> str:
    function = account.resources("AWS::Lambda::Function")["IntakeFunction"]
    mappings = account.client("lambda").list_event_source_mappings(FunctionName=function)
    states = [it["State"] for it in mappings["EventSourceMappings"]]
    if states != ["Enabled"]:
        raise Broken(
            f"its event source is {', '.join(states) or 'missing'}",
            "uploads wait: enable it (docs/operations.md, 'Stop everything')",
        )
    return ""


def logs_forget(account: Account) -> str:
    groups = account.resources("AWS::Logs::LogGroup")
    for logical, name in groups.items():
        found = account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        (group,) = (it for it in found if it["logGroupName"] == name)
        _hold("retentionInDays" in group, f"{logical} keeps its lines for ever")
    return f"{len(groups)} groups"


def dead_letter_queues_are_empty(account: Account) -> str:
    queues = account.resources("AWS::SQS::Queue")
    dead = {logical: url for logical, url in queues.items() if "DeadLetter" in logical}
    counts = {
        logical: int(_queue(account, url)["ApproximateNumberOfMessages"])
        for logical, url in dead.items()
    }
    full = [f"{logical} holds {count}" for logical, count in counts.items() if count]
    if full:
        raise Broken(", ".join(full), "read one, mend the cause, redrive (docs/operations.md)")
    return f"{len(dead)} queues"


def no_alarm_is_raised(account: Account) -> str:
    names = list(account.resources("AWS::CloudWatch::Alarm").values())
    said = account.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    raised = sorted(it["AlarmName"] for it in said if it["StateValue"] == "ALARM")
    if raised:
        raise Broken(", ".join(raised), "docs/operations.md, 'Alarms', says what each means")
    if len(said) < len(names):
        raise Broken(f"{len(names) - len(said)} alarms are missing", DEPLOY)
    return f"{len(said)} alarms"


def _queue(account: Account, url: str) -> dict[str, str]:
    asked = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return dict(asked["Attributes"])


def _hold(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise, DEPLOY)


def _denies_plain_http(policy: Mapping[str, Any]) -> bool:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return any(
        it.get("Effect") == "Deny" and it.get("Condition") == condition
        for it in policy.get("Statement", [])
    )

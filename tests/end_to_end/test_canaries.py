"""No secret where it does not belong: a whole stack is run on values that can be searched for.

Every kind of secret is a word of its own here. The runs include those that go wrong, since it is
errors that talk. Then every place that anybody reads is searched: logs, records, histories,
messages, queues, files and their metadata, and what the API shows.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.emulator.api_client import send
from local.emulator.topic_inbox import body
from local.whole_stack import TEST_KEY
from tests.end_to_end.conftest import StartStack
from tests.end_to_end.stage import Stage
from tests.end_to_end.test_api import api

pytestmark = pytest.mark.long

MODELS = (
    "novita/kling-o1-edit",
    "evolink/kling-o1-edit",
    "aimlapi/kling-o1-edit",
    "fal/kling-o1-edit",
)
PROMPT = "canary-prompt make it noir"
SIGNED = "canary-signature"
KEYS = {model.partition("/")[0]: f"canary-key-{model.partition('/')[0]}" for model in MODELS}
LINKS = "canary-links-secret-of-at-least-thirty-two-letters"
TASK_TOKENS: set[str] = set()  # seen by the runs; a record holds one only while it waits
# What may stand where, and why; anything else may stand nowhere.
BY_DESIGN = {
    # The record says what was asked for, and so do the files beside the result and the API.
    "prompt": {"records", "files", "API"},
    # The message carries the link to its page; no state sees the message.
    "share token": {"messages"},
    # The state that waits writes its token onto the record, where callbacks find it until the wait
    # is over; AWS keeps what a state wrote in its history. Whoever reads it there also needs
    # states:SendTaskSuccess on the machine, and then wakes an edit that looks for itself.
    "task token": {"histories"},
}


@pytest.fixture(scope="module")
def stack(start_module_stack: StartStack, clip: Path, tmp_path_factory: Any) -> Stage:
    """A stack on which things went well and wrong, with a canary for every secret."""
    stack = start_module_stack(copying=True)
    stack.simulators(seconds=2)  # long enough for a wait to be seen
    for name, key in KEYS.items():
        stack.clients.secretsmanager.put_secret_value(
            SecretId=stack.outputs[f"{name.capitalize()}SecretArn"], SecretString=key
        )
    for kind in ("links", "board", "callbacks"):
        held = json.dumps({"kid": "a", "secret": LINKS})
        stack.clients.secretsmanager.put_secret_value(SecretId=f"retake/{kind}", SecretString=held)
    for model in MODELS:
        TASK_TOKENS.update(_tokens_of(stack, stack.drop(clip, model, prompt=PROMPT, model=model)))
    for trouble in (
        _a_refusal_that_repeats_the_key,
        _a_failure_that_repeats_the_link,
        _a_signed_address_that_does_not_answer,
        _a_clip_behind_a_signed_address,
        _a_key_that_is_none,
        _a_forged_call,
    ):
        trouble(stack, clip)
        stack.faults()
    return stack


def _tokens_of(stack: Stage, edit_id: str) -> set[str]:
    """What the record of an edit held while its workflow waited to be woken."""
    seen = {record.get("wake_token", "") for record in stack.follow(edit_id)}
    return seen - {""}


def _a_refusal_that_repeats_the_key(stack: Stage, clip: Path) -> None:
    told = {"code": 401, "reason": "INVALID_API_KEY", "message": f"wrong key {KEYS['novita']}"}
    stack.faults(
        {"provider": "novita", "call": "submit", "fault": "status", "status": 401, "body": told}
    )
    stack.wait_for(stack.drop(clip, "refused.mp4", prompt=PROMPT))


def _a_failure_that_repeats_the_link(stack: Stage, clip: Path) -> None:
    why = f"cannot read https://inbox.example/clip.mp4?X-Amz-Signature={SIGNED}"
    stack.faults({"provider": "novita", "call": "poll", "fault": "fail", "reason": why})
    record = stack.wait_for(stack.drop(clip, "failed.mp4", prompt=PROMPT))
    assert record["status"] == "FAILED"


def _a_signed_address_that_does_not_answer(stack: Stage, clip: Path) -> None:
    url = f"https://127.0.0.1/clip.mp4?X-Amz-Signature={SIGNED}"
    said = api(stack, "POST", "/edits", {"prompt": PROMPT, "source": url}).json
    stack.wait_for(said["edit_id"])


def _a_clip_behind_a_signed_address(stack: Stage, clip: Path) -> None:
    where = {"Bucket": stack.address.results_bucket, "Key": "elsewhere/clip.mp4"}
    stack.clients.s3.put_object(**where, Body=clip.read_bytes())
    url = stack.clients.s3.generate_presigned_url("get_object", where)
    said = api(stack, "POST", "/edits", {"prompt": PROMPT, "source": f"{url}&x={SIGNED}"}).json
    stack.wait_for(said["edit_id"])


def _a_key_that_is_none(stack: Stage, clip: Path) -> None:
    where = stack.outputs["AimlapiSecretArn"]
    stack.clients.secretsmanager.put_secret_value(
        SecretId=where, SecretString=f"{KEYS['aimlapi']}\n"
    )
    # A process remembers a key for five minutes, unless it is refused.
    stack.faults({"provider": "aimlapi", "call": "submit", "fault": "bad_key"})
    model = "aimlapi/kling-o1-edit"
    stack.wait_for(stack.drop(clip, "no key.mp4", prompt=PROMPT, model=model))


def _a_forged_call(stack: Stage, clip: Path) -> None:
    token = next(iter(_callback_tokens(stack)))
    forged = f"{stack.address.api_url}/callbacks/novita/e-00000000000000000000/1/{token}"
    assert send("POST", forged, b"{}", {"content-type": "application/json"}).status == 401


# ---------------------------------------------------------------- what is searched for


def _callback_tokens(stack: Stage) -> set[str]:
    """The proof in every address that a provider was given."""
    told = json.dumps(stack.ledger()["entries"])
    return {
        part.partition('"')[0].partition("\\")[0].rpartition("/")[2]
        for part in told.split("/callbacks/")[1:]
    }


def secrets(stack: Stage) -> dict[str, set[str]]:
    """Every value of every kind of secret that was in use."""
    shared = {
        str(body(message).get("share_url") or "").rpartition("/")[2] for message in stack.messages()
    }
    return {
        "provider's key": {*KEYS.values(), TEST_KEY},
        "links secret": {LINKS},
        "presigned signature": {"X-Amz-Signature", SIGNED, "X-Amz-Credential"},
        "callback token": _callback_tokens(stack),
        "share token": shared - {""},
        "task token": TASK_TOKENS,
        "prompt": {"canary-prompt"},
    }


# ---------------------------------------------------------------- where


def logs(stack: Stage) -> Iterator[str]:
    for group in stack.clients.logs.describe_log_groups()["logGroups"]:
        events = stack.clients.logs.get_paginator("filter_log_events")
        for page in events.paginate(logGroupName=group["logGroupName"]):
            yield from (event["message"] for event in page["events"])


def items(stack: Stage) -> Iterator[str]:
    pages = stack.clients.dynamodb.get_paginator("scan")
    for page in pages.paginate(TableName=stack.address.table_name):
        yield from (json.dumps(item, default=str, ensure_ascii=False) for item in page["Items"])


def histories(stack: Stage) -> Iterator[str]:
    states = stack.clients.stepfunctions
    machine = stack.address.state_machine_arn
    for execution in states.list_executions(stateMachineArn=machine)["executions"]:
        arn = execution["executionArn"]
        yield json.dumps(states.describe_execution(executionArn=arn), default=str)
        pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
        yield from (json.dumps(page["events"], default=str) for page in pages)


def messages(stack: Stage) -> Iterator[str]:
    yield from (json.dumps(message) for message in stack.messages())


def queues(stack: Stage) -> Iterator[str]:
    for name in ("IntakeQueueUrl", "IntakeDeadLetterQueueUrl"):
        answer = stack.clients.sqs.receive_message(
            QueueUrl=stack.outputs[name], MaxNumberOfMessages=10
        )
        yield from (message["Body"] for message in answer.get("Messages", ()))


def _results(stack: Stage) -> Iterator[Mapping[str, Any]]:
    bucket = stack.address.results_bucket
    listed = stack.clients.s3.list_objects_v2(Bucket=bucket, Prefix="edited/")["Contents"]
    for each in listed:
        yield stack.clients.s3.get_object(Bucket=bucket, Key=each["Key"])


def files(stack: Stage) -> Iterator[str]:
    yield from (each["Body"].read().decode("latin-1") for each in _results(stack))


def metadata(stack: Stage) -> Iterator[str]:
    for each in _results(stack):
        shown = {name: value for name, value in each.items() if name != "Body"}
        yield json.dumps(shown, default=str)


def answers(stack: Stage) -> Iterator[str]:
    page = api(stack, "GET", "/edits?limit=100").json
    yield json.dumps(page)
    for edit in page["edits"]:
        yield api(stack, "GET", f"/edits/{edit['edit_id']}").body.decode()


PLACES: dict[str, Callable[[Stage], Iterator[str]]] = {
    "logs": logs,
    "records": items,
    "histories": histories,
    "messages": messages,
    "queues": queues,
    "files": files,
    "metadata": metadata,
    "API": answers,
}


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_stands_where_it_does_not_belong(stack: Stage, place: str) -> None:
    said = "\n".join(PLACES[place](stack))

    found = {
        kind
        for kind, values in secrets(stack).items()
        if place not in BY_DESIGN.get(kind, set()) and any(value in said for value in values)
    }

    assert found == set(), [
        line[:2000]
        for line in said.splitlines()
        if any(value in line for kind in found for value in secrets(stack)[kind])
    ]


def test_every_kind_of_secret_was_in_use(stack: Stage) -> None:
    # Or the search above would be for nothing.
    missing = [kind for kind, values in secrets(stack).items() if not values]

    assert missing == []
    assert "canary-prompt" in "\n".join(items(stack))
    sent = json.dumps(stack.ledger()["entries"])
    assert "X-Amz-Signature" in sent


def test_there_was_something_to_read_in_every_place(stack: Stage) -> None:
    empty = {place for place, read in PLACES.items() if not "".join(read(stack))}

    # What was taken in lies in no queue any more.
    assert empty <= {"queues"}


def test_what_ran_into_an_error_is_among_what_was_read(stack: Stage) -> None:
    ended = {str(record.get("reason")) for record in stack.records()}

    assert {"PROVIDER_FAILED", "SOURCE_UNREACHABLE"} <= ended
    assert ended & {"BAD_KEY", "MISCONFIGURED"}

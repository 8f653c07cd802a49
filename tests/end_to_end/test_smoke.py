"""The check of a deployed stack, held against the engine of this machine: its only proof here."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from command.main import main
from local.emulator.engine import REGION
from local.whole_stack import Studio
from tests.end_to_end.conftest import PARAMETERS, WAIT_SCALE
from tests.end_to_end.stage import Stage

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def checked() -> Iterator[Stage]:
    """A stack of its own, whose default model calls back and can forget."""
    # The workflow waits five seconds for a call that comes after two: not before, nor between.
    parameters = PARAMETERS | {
        "DefaultModel": "fal/kling-o1-edit",
        "FirstPollSeconds": "250",
        "MaxPollSeconds": "250",
    }
    with Studio(
        wait_scale=WAIT_SCALE, seconds=2.0, parameters=parameters, access_key="test"
    ) as studio:
        yield Stage(studio.stack, studio.outputs)


def smoke(stack: Stage, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, Any]:
    where = ["--stack", "retake", "--endpoint-url", stack.address.endpoint_url]
    code = main(["doctor", *where, "--region", REGION, "--json", *more])
    told = json.loads(capsys.readouterr().out)
    return code, {it["check"]: (it["verdict"], it["found"], it["todo"]) for it in told["findings"]}


def left(stack: Stage) -> list[str]:
    """What a check could leave: objects of any version, and queues and subscriptions of its own."""
    found = []
    for bucket in (stack.address.inbox_bucket, stack.address.results_bucket):
        page = stack.clients.s3.list_object_versions(Bucket=bucket)
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            found.append(each["Key"])
    queues = stack.clients.sqs.list_queues().get("QueueUrls", [])
    found += [url for url in queues if "smoke" in url]
    subscriptions = stack.clients.sns.list_subscriptions()["Subscriptions"]
    return found + [it["Endpoint"] for it in subscriptions if "smoke" in it["Endpoint"]]


def test_a_sound_stack_holds_or_says_what_cannot_be_told_here_and_is_left_as_it_was(
    checked: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = smoke(checked, capsys, "--yes")

    verdicts = {check: verdict for check, (verdict, _, _) in found.items()}
    assert "BROKEN" not in verdicts.values(), found
    assert code == 0
    for check in (
        "a file that is no video is refused by message",
        "the providers door refuses what is not proven",
        "a form takes a clip from here",
        "one edit is made and told of",
        "its provider called back",
        "a call woke the workflow",
        "the api has one stage with limits and a log",
        "a throttled step is waited for",
        "the sweep runs and is scheduled",
        "its video is behind a link",
        "logs have lines and hold no secret",
        "what was edited can be erased",
        "everything made here is removed",
    ):
        assert verdicts[check] == "HOLDS", (check, found[check])
    # What this engine does not enforce gets no tick.
    for check in (
        "calls without a signature are refused",
        "everything is encrypted at rest",
        "no alarm is raised",
    ):
        assert verdicts[check] == "UNTOLD"
    assert left(checked) == []


def test_without_consent_nothing_is_paid_for_and_the_rest_is_checked(
    checked: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    checked.clear_ledger()

    code, found = smoke(checked, capsys)

    verdict, why, _ = found["one edit is made and told of"]
    assert (code, verdict) == (0, "LEFT_OUT")
    assert "$0.50" in why
    assert "SPEND=yes" in why
    assert found["a quote is given for it"][0] == "HOLDS"
    assert checked.ledger()["totals"]["accepted"] == 0
    assert left(checked) == []


def test_what_is_broken_is_named_with_what_to_do(
    checked: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    clients = checked.clients
    queue = checked.outputs["IntakeDeadLetterQueueUrl"]
    clients.sqs.send_message(QueueUrl=queue, MessageBody="nobody's upload")
    secret = checked.outputs["FalSecretArn"]
    clients.secretsmanager.put_secret_value(SecretId=secret, SecretString="a key\n")

    code, found = smoke(checked, capsys)
    clients.sqs.purge_queue(QueueUrl=queue)
    clients.secretsmanager.put_secret_value(SecretId=secret, SecretString="local-test-key")

    assert code == 1
    broken = {check: it for check, it in found.items() if it[0] == "BROKEN"}
    assert broken.keys() == {"dead letter queues are empty", "a provider has a key"}
    assert all(todo for _, _, todo in broken.values())
    assert left(checked) == []


def test_a_stack_that_is_not_there_is_said_in_one_line(
    checked: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--endpoint-url", checked.address.endpoint_url, "--region", REGION]

    code = main(["--stack", "no-such-stack", *where])

    assert code == 2
    assert "no-such-stack" in capsys.readouterr().err

"""Webhooks of a running stack, told to a receiver on this machine."""

import json
import time
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.end_to_end.stage import Stage
from tests.end_to_end.test_api import api


def told(stack: Stage, edit_id: str, times: int = 1) -> list[dict[str, Any]]:
    give_up_at = time.monotonic() + 60
    while len(came := stack.webhooks(edit_id)) < times:
        assert time.monotonic() < give_up_at, f"{came} {stack.trouble()}"
        time.sleep(0.2)
    return came


def until(stack: Stage, edit_id: str, state: str) -> dict[str, Any]:
    give_up_at = time.monotonic() + 60
    while (delivery := (stack.record(edit_id) or {}).get("delivery", {})).get("state") != state:
        assert time.monotonic() < give_up_at, f"{delivery} {stack.trouble()}"
        time.sleep(0.2)
    found: dict[str, Any] = delivery
    return found


def test_whoever_an_edit_names_is_told_verifiably_once_and_again_when_asked(stack: Stage) -> None:
    secret = stack.clients.secretsmanager.get_secret_value(
        SecretId=stack.outputs["WebhooksSecretArn"]
    )["SecretString"]
    url = f"{stack.address.simulator_url}/_webhooks/ours"
    key = "sources/never.mp4"
    asked = {"prompt": "Make it noir", "source": key, "webhook_url": url}
    stack.clients.s3.put_object(Bucket=stack.address.inbox_bucket, Key=key, Body=b"no video")

    edit_id = api(stack, "POST", "/edits", asked).json["edit_id"]

    (came,) = told(stack, edit_id)
    said = Webhook(f"whsec_{secret}").verify(came["body"], came["headers"])
    assert said["type"] == "edit.rejected"
    assert said["data"]["notification_id"] == came["headers"]["webhook-id"]
    assert until(stack, edit_id, "DELIVERED")["log"][0]["status"] == 204
    assert api(stack, "POST", f"/edits/{edit_id}/webhooks/redeliver").status == 202
    first, second = told(stack, edit_id, times=2)
    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
    assert json.loads(first["body"]) == json.loads(second["body"])


def test_one_that_is_gone_is_called_once_and_the_topic_told(stack: Stage) -> None:
    url = f"{stack.address.simulator_url}/_webhooks/gone?answer=410"
    key = "sources/neither.mp4"
    asked = {"prompt": "Make it noir", "source": key, "webhook_url": url}
    stack.clients.s3.put_object(Bucket=stack.address.inbox_bucket, Key=key, Body=b"no video")

    edit_id = api(stack, "POST", "/edits", asked).json["edit_id"]

    assert until(stack, edit_id, "DISABLED")["log"][0]["status"] == 410
    assert len(stack.webhooks(edit_id)) == 1

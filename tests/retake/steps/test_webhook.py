"""Webhooks in virtual time: each is delivered once under its id, or somebody is told."""

import itertools
import json

import httpx
import pytest
from retake.domain.conclusions import failed
from retake.domain.vocabulary import Reason
from retake.domain.webhooks import WAIT_SECONDS, DeliveryState
from standardwebhooks.webhooks import WebhookVerificationError

from tests.support.webhook_receiver import (
    OLDER,
    SECRET,
    WebhookScene,
    answers,
    silent,
)

HOUR = 3600.0


@pytest.fixture
def scene() -> WebhookScene:
    return WebhookScene()


# ---------------------------------------------------------------- to the letter


def test_a_webhook_is_what_the_published_library_verifies(scene: WebhookScene) -> None:
    edit = scene.ended()
    scene.run(1)

    (received,) = scene.arrived
    said = received.verified()
    assert received.id == edit.notification_id == said["data"]["notification_id"]
    assert said["type"] == "edit.succeeded"
    assert said["timestamp"] == edit.finished_at
    assert said["data"]["schema"] == "retake.edit/1"
    assert said["data"]["share_url"]
    assert received.headers["content-type"] == "application/json"
    assert "noir" not in received.body.decode()  # the prompt
    with pytest.raises(WebhookVerificationError):
        received.verified(OLDER)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_what_is_signed_is_id_time_and_body(scene: WebhookScene, name: str) -> None:
    scene.ended()
    scene.run(1)

    (received,) = scene.arrived
    received.headers[name] = received.headers[name][:-1] + "7"
    with pytest.raises(WebhookVerificationError):
        received.verified()


def test_with_two_live_secrets_a_receiver_of_either_verifies_it(scene: WebhookScene) -> None:
    scene.secret = f"{SECRET} {OLDER}\n"
    scene.ended()
    scene.run(1)

    (received,) = scene.arrived
    assert received.verified(SECRET) == received.verified(OLDER)
    assert len(received.headers["webhook-signature"].split(" ")) == 2


def test_the_secret_as_the_stack_makes_it_is_one(scene: WebhookScene) -> None:
    # 44 letters and digits, without the prefix that receivers are given.
    scene.secret = "aB3dE6gH9" * 4 + "aB3dE6gH"
    scene.ended()
    scene.run(1)

    assert scene.arrived[0].verified(f"whsec_{scene.secret}")


def test_an_edit_that_fails_is_told_as_well(scene: WebhookScene) -> None:
    lost = scene.records.close(scene.running(), failed(Reason.TIMED_OUT, "late"))
    scene.announced(lost)
    scene.run(1)

    said = scene.arrived[0].verified()
    assert said["type"] == "edit.failed"
    assert said["data"]["reason"] == "TIMED_OUT"


def test_an_edits_own_address_comes_before_the_stacks(scene: WebhookScene) -> None:
    scene.ended("own.mp4", webhook_url="https://other.example/x")
    scene.ended("stacks.mp4")
    scene.run(1)

    assert [host for _, host in scene.called] == ["other.example", "receiver.example"]


def test_without_an_address_nothing_is_queued(scene: WebhookScene) -> None:
    silent_stack = WebhookScene(stack_url="")
    silent_stack.ended()

    assert silent_stack.is_quiet


# ---------------------------------------------------------------- receivers as they are


def test_a_receiver_that_is_down_for_two_days_gets_each_webhook_once(scene: WebhookScene) -> None:
    scene.answer = answers(503)
    edits = [scene.ended(f"{number}.mp4") for number in range(3)]
    scene.run(48 * HOUR)
    assert scene.arrived == []
    scene.answer = answers(200)
    scene.run(48 * HOUR)

    assert sorted(it.id for it in scene.arrived) == sorted(str(it.notification_id) for it in edits)
    assert all(it.verified() for it in scene.arrived)
    assert {scene.state(edit) for edit in edits} == {DeliveryState.DELIVERED}
    assert scene.published == []
    assert scene.is_quiet


def test_every_attempt_carries_the_same_id_and_bytes_and_its_own_time(scene: WebhookScene) -> None:
    sent: list[httpx.Request] = []

    def refused(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(500)

    scene.answer = refused
    scene.ended()
    scene.run(10 * HOUR)

    assert len(sent) > 4
    assert len({(it.headers["webhook-id"], it.content) for it in sent}) == 1
    assert len({it.headers["webhook-timestamp"] for it in sent}) == len(sent)


def test_the_schedule_is_the_specifications_with_jitter_on_top(scene: WebhookScene) -> None:
    scene.answer = answers(500)
    scene.ended()
    scene.run(5 * 24 * HOUR)

    at = [seconds for seconds, _ in scene.called]
    waits = [later - sooner for sooner, later in itertools.pairwise(at)]
    assert len(at) == len(WAIT_SECONDS)
    for waited, planned in zip(waits, WAIT_SECONDS[1:], strict=True):
        assert planned <= waited <= planned * 1.2 + 2


def test_one_that_takes_nothing_for_three_days_is_called_no_more_and_that_is_told(
    scene: WebhookScene,
) -> None:
    scene.answer = silent
    first = scene.ended("first.mp4")
    scene.run(5 * 24 * HOUR)
    calls = len(scene.called)
    second = scene.ended("second.mp4")
    scene.run(24 * HOUR)

    (notice,) = scene.notices()
    assert notice["schema"] == "retake.webhook/1"
    assert (notice["edit_id"], notice["host"]) == (first.edit_id, "receiver.example")
    assert notice["is_disabled"] is True
    assert "canary" not in json.dumps(scene.published)
    assert scene.state(first) == scene.state(second) == DeliveryState.DISABLED
    assert len(scene.called) == calls == 10


def test_one_message_that_is_never_taken_does_not_silence_its_receiver(
    scene: WebhookScene,
) -> None:
    def picky(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400 if b"edit.failed" in request.content else 200)

    scene.answer = picky
    lost = scene.announced(scene.records.close(scene.running(), failed(Reason.TIMED_OUT, "late")))
    scene.run(24 * HOUR)
    scene.ended("good.mp4")
    scene.run(5 * 24 * HOUR)
    after = scene.ended("after.mp4")
    scene.run(1)

    (notice,) = scene.notices()
    assert notice["is_disabled"] is False
    assert scene.state(lost) is DeliveryState.FAILED
    assert scene.state(after) is DeliveryState.DELIVERED


def test_gone_means_gone_and_is_told_once(scene: WebhookScene) -> None:
    scene.answer = answers(410)
    edits = [scene.ended(f"{number}.mp4") for number in range(3)]
    scene.run(24 * HOUR)

    (notice,) = scene.notices()
    assert notice["http_status"] == 410
    assert {scene.state(edit) for edit in edits} == {DeliveryState.DISABLED}
    assert len(scene.called) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_and_followed_nowhere(scene: WebhookScene, status: int) -> None:
    scene.answer = answers(status, location="http://169.254.169.254/latest/meta-data")
    scene.ended()
    scene.run(HOUR)

    assert {host for _, host in scene.called} == {"receiver.example"}
    assert scene.arrived == []


def test_a_slow_receiver_holds_up_nobody_else(scene: WebhookScene) -> None:
    scene.answering["slow.example"] = silent
    for number in range(30):
        scene.ended(f"slow {number}.mp4", webhook_url="https://slow.example/x")
    quick = scene.ended("quick.mp4", webhook_url="https://quick.example/x")
    # As if the slow one were being waited for: one worker is held, no second one.
    url = "https://slow.example/x"
    assert scene.records.deliveries.take(scene.records.deliveries.receiver(url), seconds=20)
    scene.run(1)

    assert [host for _, host in scene.called] == ["quick.example"]
    assert scene.state(quick) is DeliveryState.DELIVERED
    scene.answering["slow.example"] = answers(200)
    scene.run(2 * HOUR)
    assert len(scene.arrived) == 31


def test_one_that_asks_to_be_left_alone_is(scene: WebhookScene) -> None:
    scene.answer = answers(429, retry_after="600")
    scene.ended()
    scene.run(1)
    other = scene.ended("other.mp4")
    scene.run(500)
    assert len(scene.called) == 1
    scene.answer = answers(200)
    scene.run(HOUR)

    assert scene.state(other) is DeliveryState.DELIVERED
    assert len(scene.arrived) == 2

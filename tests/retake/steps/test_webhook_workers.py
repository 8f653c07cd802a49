"""Webhooks whose worker dies, that come twice, and that something overtakes."""

import httpx
import pytest
from retake.domain.conclusions import failed
from retake.domain.errors import Unavailable
from retake.domain.vocabulary import Reason
from retake.domain.webhooks import DeliveryState
from retake.steps.announce import QueuedWebhook

from tests.support.webhook_receiver import OLDER, SECRET, URL, WebhookScene, answers, silent
from virtual.scene import result_at

HOUR = 3600.0


@pytest.fixture
def scene() -> WebhookScene:
    return WebhookScene()


def test_a_webhook_queued_twice_is_delivered_once(scene: WebhookScene) -> None:
    edit = scene.ended()
    scene.announced(edit)
    scene.announced(edit)
    scene.run()

    assert len(scene.called) == 1


def test_a_worker_that_dies_after_the_answer_sends_again_under_the_same_id(
    scene: WebhookScene,
) -> None:
    edit = scene.ended()
    scene.is_dying = True
    scene.run()

    assert scene.outcomes == ["Died", "delivered"]
    assert {it.id for it in scene.arrived} == {edit.notification_id}
    delivery = scene.now(edit).delivery
    assert delivery is not None
    assert [it["attempt"] for it in delivery.log] == [1]


def test_an_attempt_whose_worker_never_came_back_is_made_by_a_redriven_message(
    scene: WebhookScene,
) -> None:
    edit = scene.ended()
    queued = QueuedWebhook(edit_id=edit.edit_id, notification_id=str(edit.notification_id))
    scene.records.deliveries.begin(edit, host="x", worker="dead", attempt=1)
    scene.clock.advance(600)
    scene.send(queued.text())
    scene.run()

    assert len(scene.arrived) == 1


def test_the_next_attempt_is_queued_though_the_worker_died_before(scene: WebhookScene) -> None:
    scene.answer = answers(500)
    edit = scene.ended()
    body = QueuedWebhook(edit_id=edit.edit_id, notification_id=str(edit.notification_id)).text()
    real, scene.announcer.queue.send = scene.send, _no_queue  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        scene.sender.deliver(body, "m-0")
    scene.announcer.queue.send = real  # type: ignore[method-assign]
    scene.answer = answers(200)

    assert scene.sender.deliver(body, "m-0") == "queued again"
    scene.run()
    assert len(scene.arrived) == 1


def _no_queue(body: str, delay_seconds: int = 0) -> None:
    raise Unavailable("SQS cannot answer now (Throttled).")


@pytest.mark.parametrize(
    "secret", ["", "whsec_c2hvcnQ=", "not base64!", f"{SECRET} {OLDER} {SECRET}"]
)
def test_what_cannot_be_signed_is_not_sent_and_tried_again(
    scene: WebhookScene, secret: str
) -> None:
    scene.secret = secret
    scene.ended()
    scene.run(1)
    assert scene.outcomes == ["Misconfigured"]
    assert scene.called == []
    scene.secret = SECRET
    scene.run(HOUR)

    assert len(scene.arrived) == 1


# ---------------------------------------------------------------- what overtakes a webhook


def test_an_erased_edit_is_told_nobody_any_more(scene: WebhookScene) -> None:
    scene.answer = answers(500)
    edit = scene.ended()
    scene.run(60)
    calls = len(scene.called)
    erased = scene.records.erasure.carry_out(scene.records.erasure.ask(scene.now(edit)), [])
    scene.run()

    assert len(scene.called) == calls
    assert erased.webhook_url is None
    assert erased.delivery is None


def test_a_redelivery_makes_what_is_under_way_void(scene: WebhookScene) -> None:
    scene.answer = answers(500)
    edit = scene.ended()
    scene.run(HOUR)
    scene.answer = answers(200)
    scene.announcer.again(scene.now(edit), records=scene.records)
    scene.run()

    delivery = scene.now(edit).delivery
    assert delivery is not None
    assert (delivery.state, delivery.round) == (DeliveryState.DELIVERED, 1)
    assert len(scene.arrived) == 1
    assert len(delivery.log) > 3
    assert scene.is_quiet


def test_a_redelivery_calls_a_receiver_again_that_was_disabled(scene: WebhookScene) -> None:
    scene.answer = answers(410)
    edit = scene.ended()
    scene.run(1)
    scene.answer = answers(200)
    scene.announcer.again(scene.now(edit), records=scene.records)
    scene.ended("next.mp4")
    scene.run(60)

    assert len(scene.arrived) == 2


def test_the_log_holds_when_what_and_how_long_and_no_word_of_the_receiver(
    scene: WebhookScene,
) -> None:
    scene.answer = lambda request: httpx.Response(500, content=b"secret words")
    edit = scene.ended()
    scene.run(1)
    scene.answer = silent
    scene.run(10)

    delivery = scene.now(edit).delivery
    assert delivery is not None
    one, other = delivery.log
    assert one.keys() == {"notification_id", "attempt", "at", "status", "milliseconds"}
    assert other["error"] == "NoAnswer"
    assert other["message"] == "receiver.example gave no answer (ReadTimeout)."
    assert "secret" not in str(delivery)
    assert "canary" not in repr(scene.now(edit))
    assert URL not in str(scene.now(edit).delivery)


def test_a_late_result_takes_the_place_of_the_failure_that_is_still_untold(
    scene: WebhookScene,
) -> None:
    scene.answer = answers(500)
    lost = failed(Reason.TIMED_OUT, "late", at_risk=True)
    edit = scene.announced(scene.records.close(scene.running(), lost))
    scene.run(HOUR)
    scene.answer = answers(200)
    late = scene.records.recovery.deliver(
        scene.now(edit), task_id="task-1", result=result_at("edited/late")
    )
    scene.announced(late)
    scene.run()

    (received,) = scene.arrived
    assert received.id == late.notification_id != edit.notification_id
    assert received.verified()["data"]["supersedes"] == edit.notification_id
    delivery = scene.now(edit).delivery
    assert delivery is not None
    assert {it["notification_id"] for it in delivery.log} == {
        edit.notification_id,
        late.notification_id,
    }

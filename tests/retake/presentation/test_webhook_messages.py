"""What a receiver is sent, what the topic is told when one takes nothing, and the board."""

import json

import pytest
from retake.domain.webhooks import DeliveryState
from retake.presentation.board_tiles import tile
from retake.presentation.webhook_messages import notice_about, payload_about

from tests.support.webhook_receiver import WebhookScene, answers

KEYS = {"schema", "notification_id", "webhook_id", "edit_id", "host", "is_disabled", "message"}


@pytest.fixture
def scene() -> WebhookScene:
    return WebhookScene()


def test_the_body_is_json_without_white_space_and_always_the_same(scene: WebhookScene) -> None:
    edit = scene.ended("día.mp4", reference="Año 1")

    body = payload_about(edit, "https://api.example/share/x")

    assert body == payload_about(scene.now(edit), "https://api.example/share/x")
    whole = json.loads(body)
    assert whole.keys() == {"type", "timestamp", "data"}
    again = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    assert again.encode() == body


def test_a_notice_names_the_receiver_by_its_host_and_can_be_filtered(scene: WebhookScene) -> None:
    edit = scene.ended("evil\nname.mp4")

    notice = notice_about(edit, {"status": 410}, "receiver.example", is_disabled=True)

    said = json.loads(json.loads(notice["message"])["default"])
    assert said.keys() >= KEYS
    assert said["webhook_id"] == edit.notification_id != said["notification_id"]
    assert notice["attributes"]["kind"]["StringValue"] == "webhook"
    assert "\n" not in notice["subject"]


@pytest.mark.parametrize(
    ("status", "state", "word"),
    [
        (200, DeliveryState.DELIVERED, None),
        (500, DeliveryState.PENDING, "receiver.example did not take the webhook yet."),
        (410, DeliveryState.DISABLED, "receiver.example is sent no more webhooks."),
    ],
)
def test_the_board_says_what_somebody_should_know(
    scene: WebhookScene, status: int, state: DeliveryState, word: str | None
) -> None:
    scene.answer = answers(status)
    edit = scene.ended()
    scene.run(1)

    shown = tile(
        scene.now(edit),
        now=scene.clock.now(),
        share=lambda edit: "",
        poster=lambda edit: None,
    )

    assert scene.state(edit) is state
    assert shown.get("webhook") == word

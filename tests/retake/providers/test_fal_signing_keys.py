"""How fal's signing keys are fetched, kept, changed and missed."""

import json
from typing import Any

import httpx
import pytest
from retake.domain.errors import Unavailable
from retake.providers.callbacks import ForgedCallback
from retake.providers.fal_signature import SigningKeys

from tests.retake.providers.fal_webhooks import (
    FALS_KEY,
    ID,
    NOW,
    OTHER_KEY,
    Door,
    event,
    key_set,
    published,
    signed,
)


def test_keys_are_fetched_once_for_many_callbacks() -> None:
    door, body = Door(), event()

    for _ in range(5):
        door.read(signed(body), body)

    assert door.fetches == 1


def test_a_flood_of_forged_callbacks_is_at_most_one_fetch_in_five_minutes() -> None:
    door, body = Door(), event()

    for _ in range(50):
        with pytest.raises(ForgedCallback):
            door.read(signed(body, key=OTHER_KEY), body)
    door.at += 299
    with pytest.raises(ForgedCallback):
        door.read(signed(body, key=OTHER_KEY, seconds=str(NOW + 299)), body)

    assert door.fetches == 1


def test_a_changed_key_is_learnt_with_the_first_callback_it_signs() -> None:
    door, body = Door(published(FALS_KEY), published(OTHER_KEY)), event()
    door.read(signed(body), body)
    door.at += 301

    later = str(NOW + 301)

    assert door.read(signed(body, key=OTHER_KEY, seconds=later), body).task_id == ID
    assert door.fetches == 2


def test_keys_are_kept_for_a_day_and_no_longer() -> None:
    door, body = Door(published(FALS_KEY), httpx.Response(500)), event()
    door.read(signed(body), body)

    door.at = NOW + 86_400
    assert door.read(signed(body, seconds=str(NOW + 86_400)), body).task_id == ID
    door.at = NOW + 86_401
    with pytest.raises(Unavailable):
        door.read(signed(body, seconds=str(NOW + 86_401)), body)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(404, json=key_set(FALS_KEY)),
        httpx.Response(301, headers={"location": "https://evil.example/"}),
        httpx.Response(200, json={"keys": []}),
        httpx.Response(200, json={"keys": {}}),
        httpx.Response(200, json={"keys": [{"x": "short"}, {"x": 7}, {}, None]}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, content=b" " * (1024 * 1024 + 1)),
        httpx.ReadTimeout(""),
    ],
)
def test_without_fals_keys_nothing_is_believed_and_nothing_is_called_forged(answer: Any) -> None:
    door, body = Door(answer), event()

    for _ in range(3):
        with pytest.raises(Unavailable):
            door.read(signed(body), body)

    assert door.fetches == 1


def test_a_vanished_key_set_does_not_replace_keys_that_are_still_good() -> None:
    at = [0.0]
    answers = [json.dumps(key_set(FALS_KEY)).encode(), b'{"keys": []}']
    keys = SigningKeys(lambda: answers.pop(0), lambda: at[0])
    first = keys.known()

    at[0] = 600.0

    assert keys.renew() is False
    assert keys.known() == first


def test_the_key_is_not_sent_to_where_fals_keys_are_read() -> None:
    door, body = Door(), event()

    door.read(signed(body), body)

    assert str(door.desk.sent[0].url) == "https://rest.fal.ai/.well-known/jwks.json"
    assert "authorization" not in door.desk.sent[0].headers

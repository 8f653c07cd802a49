"""fal's webhooks: what is believed, and what is not."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.domain.errors import Unavailable
from retake.providers.callbacks import BadCallback, ForgedCallback
from retake.providers.contract import Verdict
from retake.providers.fal_signature import keys_in

from tests.retake.providers.fal_webhooks import (
    FALS_KEY,
    ID,
    NOW,
    OTHER_KEY,
    USER,
    Door,
    event,
    published,
    signed,
)
from tests.retake.providers.recorded_provider import recorded

# ---------------------------------------------------------------- believed


def claimed(name: str) -> dict[str, Any]:
    result = recorded("fal", name)[1]
    assert isinstance(result, httpx.Response)
    return {"payload": result.json(), "status": "OK" if result.status_code == 200 else "ERROR"}


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        (claimed("succeeded"), Verdict.SUCCEEDED),
        (claimed("failed"), Verdict.FAILED),
        (claimed("moderated"), Verdict.MODERATION),
        ({"payload": None, "payload_error": "not serialisable"}, Verdict.SUCCEEDED),
        ({"status": "ERROR", "error": "Invalid status code: 500", "payload": None}, "FAILED"),
        ({"status": "NEW_WORD"}, Verdict.RUNNING),
    ],
)
def test_a_signed_webhook_claims_what_it_says_without_its_link(
    changes: dict[str, Any], verdict: Verdict
) -> None:
    body = event(**changes)

    callback = Door().read(signed(body), body)

    assert callback.task_id == ID
    assert callback.claim.verdict == verdict
    assert callback.claim.video_url is None


def test_header_names_count_whatever_their_case() -> None:
    body = event()
    headers = {name.title(): value for name, value in signed(body).items()}

    assert Door().read(headers, body).task_id == ID


def test_each_published_key_is_tried() -> None:
    body = event()

    assert Door(published(OTHER_KEY, FALS_KEY)).read(signed(body), body).task_id == ID


@pytest.mark.parametrize("off", [-300, 0, 300])
def test_a_clock_may_be_five_minutes_off(off: int) -> None:
    body = event()

    assert Door().read(signed(body, seconds=str(NOW + off)), body).task_id == ID


def test_without_our_own_user_id_the_rest_still_holds() -> None:
    body = event()

    assert Door(user_id=None).read(signed(body, user="other"), body).task_id == ID


def test_where_keys_are_of_several_accounts_each_of_them_is_ours_and_no_other() -> None:
    body = event()
    door = Door(user_id=f"github|123,{USER}")

    assert door.read(signed(body, user=USER), body).task_id == ID
    with pytest.raises(ForgedCallback):
        door.read(signed(body, user="github|12"), body)


# ---------------------------------------------------------------- not believed

Forge = Callable[[dict[str, str]], dict[str, str]]


def with_header(name: str, value: str) -> Forge:
    return lambda headers: {**headers, f"x-fal-webhook-{name}": value}


FORGED: dict[str, Forge] = {
    "signed by another key": lambda _: signed(event(), key=OTHER_KEY),
    "another body": lambda _: signed(event(status="ERROR")),
    "another customer's": lambda _: signed(event(), user="github|9999999"),
    "another customer's, renamed": with_header("user-id", USER + " "),
    "another request's": lambda _: signed(event(), request_id="other"),
    "six minutes old": lambda _: signed(event(), seconds=str(NOW - 301)),
    "six minutes early": lambda _: signed(event(), seconds=str(NOW + 301)),
    "time renamed": with_header("timestamp", str(NOW + 1)),
    "no time": with_header("timestamp", ""),
    "time as float": with_header("timestamp", f"{NOW}.0"),
    "time in other digits": with_header("timestamp", "١٢٣٤٥٦٧٨٩٠"),
    "empty signature": with_header("signature", ""),
    "odd hex": with_header("signature", "a" * 127),
    "no hex": with_header("signature", "z" * 128),
    "hex with a space": with_header("signature", " " + "a" * 127),
    "zero signature": with_header("signature", "0" * 128),
    "long signature": with_header("signature", "a" * 130),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_fal_did_not_sign_for_us_just_now_is_refused(name: str) -> None:
    body = event()

    with pytest.raises(ForgedCallback):
        Door().read(FORGED[name](signed(body)), body)


@pytest.mark.parametrize("name", ["request-id", "user-id", "timestamp", "signature"])
def test_each_of_the_four_headers_must_be_there_once(name: str) -> None:
    body, wanted = event(), f"x-fal-webhook-{name}"
    without = {known: value for known, value in signed(body).items() if known != wanted}
    twice = {**signed(body), wanted.upper(): "x"}

    for headers in (without, twice, {}):
        with pytest.raises(BadCallback):
            Door().read(headers, body)


def test_a_line_end_cannot_move_text_from_one_header_to_another() -> None:
    body = event()
    headers = signed(body, request_id=f"{ID}\n{USER}", user="x")

    with pytest.raises(BadCallback):
        Door(user_id=None).read(headers, body)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b"{}", event(request_id="other"), event(request_id=None)]
)
def test_a_signed_body_must_speak_of_the_request_it_was_signed_for(body: bytes) -> None:
    with pytest.raises(BadCallback):
        Door().read(signed(body), body)


def test_a_key_of_small_order_would_sign_anything_and_is_no_key() -> None:
    points = [bytes(32), bytes([1]) + bytes(31), bytes([1]) + bytes(30) + b"\x80"]
    points.append(bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"))
    weak = [base64.urlsafe_b64encode(point).decode() for point in points]
    body = event()
    headers = {**signed(body), "x-fal-webhook-signature": (points[1] + bytes(32)).hex()}

    assert keys_in({"keys": [{"x": x} for x in weak]}) == ()
    with pytest.raises(Unavailable):
        Door(httpx.Response(200, json={"keys": [{"x": x} for x in weak]})).read(headers, body)


@settings(max_examples=300, deadline=None)
@given(
    signature=st.text("0123456789abcdef", min_size=128, max_size=128),
    request_id=st.sampled_from([ID, "other", ""]),
    seconds=st.integers(min_value=NOW - 400, max_value=NOW + 400).map(str) | st.text(max_size=12),
    body=st.binary(max_size=50) | st.just(event()),
)
def test_no_made_up_webhook_is_believed(
    signature: str, request_id: str, seconds: str, body: bytes
) -> None:
    headers = {
        "x-fal-webhook-request-id": request_id,
        "x-fal-webhook-user-id": USER,
        "x-fal-webhook-timestamp": seconds,
        "x-fal-webhook-signature": signature,
    }

    with pytest.raises(BadCallback):
        Door().read(headers, body)

"""Who is called back, how often, with what, and signed by whom."""

import base64
import hashlib
import json
import time
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from local.simulators import Simulators
from tests.local.simulators.conftest import Receiver
from tests.local.simulators.customers import (
    WITH_CALLBACKS,
    Customer,
    EvoLinkCustomer,
    FalCustomer,
    NovitaCustomer,
    name_of,
)

EVERY_CALLER = pytest.mark.parametrize("kind", WITH_CALLBACKS, ids=name_of)
# Provider → deliveries of one callback that nobody ever takes.
DELIVERIES = {"novita": 6, "evolink": 4, "fal": 11}


def told(kind: type[Customer], body: bytes) -> tuple[str, str]:
    """The job id and state a callback speaks of."""
    content = json.loads(body)
    if kind is NovitaCustomer:
        assert content["event_type"] == "ASYNC_TASK_RESULT"
        task = content["payload"]["task"]
        return task["task_id"], kind.states[task["status"]]
    if kind is EvoLinkCustomer:
        return content["id"], kind.states[content["status"]]
    return content["request_id"], {"OK": "done", "ERROR": "failed"}[content["status"]]


def check_signature(
    http: httpx.Client, sims: Simulators, headers: dict[str, str], body: bytes
) -> None:
    """fal's documented verification, written once more. Raises InvalidSignature."""
    keys = http.get(f"{sims.base_urls['fal-rest']}/.well-known/jwks.json").json()["keys"]
    x = keys[0]["x"]
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))
    names = ("request-id", "user-id", "timestamp")
    parts = [headers[f"x-fal-webhook-{name}"] for name in names]
    assert abs(time.time() - int(parts[2])) <= 300
    message = "\n".join([*parts, hashlib.sha256(body).hexdigest()]).encode()
    public.verify(bytes.fromhex(headers["x-fal-webhook-signature"]), message)


def script(sims: Simulators, fault: str, **params: Any) -> None:
    sims.backend.script.set([{"call": "callback", "fault": fault, **params}])


def settled(sims: Simulators, kind: type[Customer], count: int) -> None:
    """Wait until the ledger knows of `count` deliveries."""
    deadline = time.monotonic() + 15
    while sims.ledger.totals(kind.name)["callbacks"] < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@EVERY_CALLER
def test_one_callback_tells_what_a_poll_would(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    customer = kind(sims, http)

    job_id = customer.job_id(customer.submit(clip_url, receiver.url))
    ((_, body),) = receiver.wait_for(1)

    assert told(kind, body) == (job_id, "done")
    assert customer.state(customer.poll(job_id)) == "done"
    assert customer.video_url(customer.result(job_id)) in body.decode()


@EVERY_CALLER
def test_a_failed_job_is_called_back_too(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    sims.backend.script.set([{"call": "submit", "fault": "fail"}])
    customer = kind(sims, http)

    job_id = customer.job_id(customer.submit(clip_url, receiver.url))
    ((_, body),) = receiver.wait_for(1)

    assert told(kind, body) == (job_id, "failed")


@EVERY_CALLER
def test_a_receiver_that_fails_is_tried_again(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    receiver.statuses = [500, 404]

    kind(sims, http).submit(clip_url, receiver.url)
    calls = receiver.wait_for(3)
    settled(sims, kind, 3)
    lines = sims.ledger.entries(kind.name, "called_back")

    assert len({body for _, body in calls}) == 1
    assert [line.details["http_status"] for line in lines] == [500, 404, 200]
    assert [line.details["attempt"] for line in lines] == [1, 2, 3]


@EVERY_CALLER
def test_every_provider_gives_up_after_its_own_number_of_tries(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    sims.settings.change(callback_time_factor=0.0001)
    receiver.statuses = [503] * 50

    kind(sims, http).submit(clip_url, receiver.url)
    settled(sims, kind, DELIVERIES[kind.name])

    assert len(receiver.wait_for(1)) == DELIVERIES[kind.name]


def test_fal_takes_a_redirect_for_good(
    sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    sims.settings.change(callback_time_factor=0.0001)
    receiver.statuses = [302] * 5
    customer = FalCustomer(sims, http)

    customer.submit(clip_url, receiver.url)
    customer.submit(clip_url, receiver.url)
    settled(sims, FalCustomer, 2)
    lines = sims.ledger.entries("fal", "called_back")

    assert [line.details["http_status"] for line in lines] == [302, 302]


def test_fal_signs_over_the_raw_body(
    sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    FalCustomer(sims, http).submit(clip_url, receiver.url)
    ((headers, body),) = receiver.wait_for(1)

    check_signature(http, sims, headers, body)

    assert headers["x-fal-webhook-user-id"] == sims.settings.fal_user_id
    with pytest.raises(InvalidSignature):
        check_signature(http, sims, headers, body + b" ")


def test_fal_can_be_forged_and_signed_for_another_account(
    sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    customer = FalCustomer(sims, http)

    script(sims, "forged", only=True)
    customer.submit(clip_url, receiver.url)
    ((forged, forged_body),) = receiver.wait_for(1)
    script(sims, "foreign", only=True)
    customer.submit(clip_url, receiver.url)
    foreign, foreign_body = receiver.wait_for(2)[1]

    with pytest.raises(InvalidSignature):
        check_signature(http, sims, forged, forged_body)
    check_signature(http, sims, foreign, foreign_body)
    assert foreign["x-fal-webhook-user-id"] != sims.settings.fal_user_id


@EVERY_CALLER
@pytest.mark.parametrize(("fault", "own_id"), [("forged", False), ("lie", True)])
def test_a_dishonest_callback_comes_before_the_honest_one(
    kind: type[Customer],
    fault: str,
    own_id: bool,
    sims: Simulators,
    http: httpx.Client,
    clip_url: str,
    receiver: Receiver,
) -> None:
    script(sims, fault)
    customer = kind(sims, http)

    job_id = customer.job_id(customer.submit(clip_url, receiver.url))
    (_, first), (_, second) = receiver.wait_for(2)

    assert told(kind, first)[1] == "done"
    assert (told(kind, first)[0] == job_id) is own_id
    assert "169.254.169.254" in first.decode()
    assert told(kind, second) == (job_id, "done")


@EVERY_CALLER
def test_a_callback_can_come_before_its_submit_is_answered(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    script(sims, "early")
    customer = kind(sims, http)

    job_id = customer.job_id(customer.submit(clip_url, receiver.url))

    assert told(kind, receiver.calls[0][1]) == (job_id, "done")


@EVERY_CALLER
def test_a_callback_can_be_repeated(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    script(sims, "repeat", copies=5)

    kind(sims, http).submit(clip_url, receiver.url)
    calls = receiver.wait_for(5)

    assert len({told(kind, body) for _, body in calls}) == 1


@EVERY_CALLER
def test_a_callback_can_be_late(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    script(sims, "late", seconds=0.3)

    kind(sims, http).submit(clip_url, receiver.url)
    receiver.wait_for(1)
    settled(sims, kind, 1)
    finished = sims.ledger.entries(kind.name, "finished")[0].at
    called = sims.ledger.entries(kind.name, "called_back")[0].details["sent_at"]

    assert called - finished >= 0.25


@pytest.mark.parametrize("fault", ["none", "once"])
@EVERY_CALLER
def test_a_callback_can_be_lost(
    kind: type[Customer],
    fault: str,
    sims: Simulators,
    http: httpx.Client,
    clip_url: str,
    receiver: Receiver,
) -> None:
    sims.settings.change(callback_time_factor=0.0001)
    receiver.statuses = [500] * 20
    script(sims, fault, times=1)
    customer = kind(sims, http)

    first = customer.job_id(customer.submit(clip_url, receiver.url))
    customer.walk(first)
    customer.submit(clip_url, receiver.url)
    settled(sims, kind, DELIVERIES[kind.name] + (fault == "once"))
    calls = sims.ledger.entries(kind.name, "called_back", first)

    assert len(calls) == (fault == "once")


@pytest.mark.parametrize(("mode", "deliveries"), [("off", 0), ("once", 1), ("retry", 6)])
def test_novitas_callbacks_can_be_switched(
    mode: str,
    deliveries: int,
    sims: Simulators,
    http: httpx.Client,
    clip_url: str,
    receiver: Receiver,
) -> None:
    sims.settings.change(novita_callbacks=mode, callback_time_factor=0.0001)
    receiver.statuses = [500] * 10
    customer = NovitaCustomer(sims, http)

    customer.walk(customer.job_id(customer.submit(clip_url, receiver.url)))
    settled(sims, NovitaCustomer, deliveries)

    assert sims.ledger.totals("novita")["callbacks"] == deliveries


def test_the_ledger_holds_no_token_of_a_callback_url(
    sims: Simulators, http: httpx.Client, clip_url: str, receiver: Receiver
) -> None:
    FalCustomer(sims, http).submit(clip_url, receiver.url)
    settled(sims, FalCustomer, 1)

    (line,) = sims.ledger.entries("fal", "called_back")

    assert line.details["url"] == receiver.url.partition("?")[0]

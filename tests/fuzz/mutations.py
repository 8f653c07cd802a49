"""Bytes that are almost right: what fuzzers make of a good example."""

import copy
import json
from random import Random
from typing import Any

EDGES = (0, 1, 7, 8, 9, 15, 16, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)
TOKENS = (
    *(b"moov", b"trak", b"mdia", b"stbl", b"stsz", b"stts", b"stco", b"co64", b"elst", b"mdat"),
    *(b"moof", b"traf", b"trun", b"sidx", b"mfra", b"free", b"uuid", b"meta", b"udta", b"cmov"),
    *(b"=?utf-8?q?=C3?=", b"=?\xff?b?!?=", b"UTF-8''%C3%28", b"\\ud800", b'"\\u0000"', b"NaN"),
    *(b"[" * 200, b"{" * 200, b'{"a":' * 100, b"1e999", b"9" * 400, b"\xef\xbb\xbf", b"\x00"),
    *(b"../../", b"%2e%2e/", b"\r\nX: y", b"@Image1", b"@Element9", b"null", b"true", b"-1"),
)
# Instead of what belongs in a JSON document: of another type, out of range, not of this world.
STRANGERS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 2**63, 10**30, "", " ", "\x00", "\ud800", "a" * 3000),
    *("\u202e", "https://evil.example/a.mp4", "http://[::1", "../..", "<b>x</b>", "1"),
    *([], [[]], [None], {}, {"": ""}, {"a": {"b": {}}}, [1, "a", {}], ["x"] * 50),
)


def mutated(chance: Random, seed: bytes, *, most: int = 6) -> bytes:
    """A seed with some bytes changed, put in, taken out, doubled or cut off."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, most)):
        _CHANGES[chance.randrange(len(_CHANGES))](chance, data)
    return bytes(data)


def _place(chance: Random, data: bytearray) -> int:
    return chance.randrange(len(data) + 1)


def _flip(chance: Random, data: bytearray) -> None:
    at = _place(chance, data)
    data[at : at + 1] = bytes([chance.randrange(256)])


def _number(chance: Random, data: bytearray) -> None:
    at, wide = _place(chance, data), chance.choice((4, 4, 4, 8, 2))
    number = chance.choice((*EDGES, chance.randrange(2**32))) % 256**wide
    data[at : at + wide] = number.to_bytes(wide, "big")


def _token(chance: Random, data: bytearray) -> None:
    at, token = _place(chance, data), chance.choice(TOKENS)
    data[at : at + chance.choice((0, len(token)))] = token


def _cut(chance: Random, data: bytearray) -> None:
    at = _place(chance, data)
    del data[at : at + chance.choice((1, 8, 64, len(data)))]


def _double(chance: Random, data: bytearray) -> None:
    at, length = _place(chance, data), chance.choice((4, 8, 32, 256))
    data[at:at] = data[at : at + length] * chance.choice((1, 2, 16))


def _noise(chance: Random, data: bytearray) -> None:
    at = _place(chance, data)
    data[at:at] = chance.randbytes(chance.choice((1, 4, 40)))


_CHANGES = (_flip, _flip, _number, _number, _token, _cut, _double, _noise)


def mutated_json(chance: Random, content: Any, *, most: int = 3) -> bytes:
    """A JSON document with strangers in the place of some values, or under names of their own."""
    whole = [copy.deepcopy(content)]
    for _ in range(chance.randint(1, most)):
        _replace_one(chance, whole)
    text = json.dumps(whole[0], ensure_ascii=chance.random() < 0.8)
    return text.encode("utf-8", "surrogatepass")


def _replace_one(chance: Random, whole: list[Any]) -> None:
    holder: Any = whole
    while True:
        places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not places:
            return
        place = chance.choice(places)
        inner = holder[place]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.7:
            holder = inner
            continue
        if isinstance(holder, dict) and chance.random() < 0.3:
            place = chance.choice((*places, "", "status", "task_id", "id", "url", "\ud800"))
        holder[place] = copy.deepcopy(chance.choice(STRANGERS))
        return

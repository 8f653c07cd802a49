"""What somebody may drop into the inbox: nonsense of every kind, and what goes with it."""

import json
from collections.abc import Callable
from random import Random

from tests.fuzz.mutations import STRANGERS, mutated
from tests.support.video_files import FTYP, box, large_box, pretenders, replaced, words
from virtual import clips

FACTS = {"operation": "edit", "model": "novita/kling-o1-edit", "fast": "true", "fit": "trim"}
SEEDS = tuple(clips.MOVFLAGS)


def _whole(chance: Random) -> bytes:
    return clips.clip(4, 1280, 720, sound=False) if chance.random() < 0.5 else _seed(chance)


def _seed(chance: Random) -> bytes:
    return clips.small(index=chance.choice(SEEDS), gop=6)


def _cut_off(chance: Random) -> bytes:
    data = _whole(chance)
    return data[: chance.randrange(len(data))]


def _nested(chance: Random) -> bytes:
    depth = chance.choice((10, 300, 5_000))
    kind = chance.choice((b"trak", b"moov", b"udta"))
    inside = b"".join(box(kind, size=8 + 8 * (depth - level)) for level in range(depth))
    return FTYP + box(b"moov", inside) + box(b"mdat")


def _huge(chance: Random) -> bytes:
    kind = chance.choice((b"moov", b"mdat", b"moof", b"free", b"sidx", b"mfra"))
    size = chance.choice((0, 1, 7, 2**31, 2**32 - 1))
    one = box(kind, chance.randbytes(40), size=size)
    other = large_box(kind, b"", size=chance.choice((0, 15, 2**40, 2**63, 2**64 - 1)))
    return FTYP + (one if chance.random() < 0.5 else other) + _seed(chance)


TABLES = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def _table(chance: Random) -> bytes:
    """A table of a few bytes that claims a million entries, or four thousand million."""
    kind = chance.choice((b"stsz", b"stts", b"stsc", b"stco", b"ctts", b"stss"))
    many = chance.choice((10**6, 2**24, 2**31 - 1, 2**32 - 1))
    claims = words(0, 1, many) if kind == b"stsz" else words(0, many, 1, 1, 1)
    seed = clips.small(index="first", sound=False)
    try:
        return replaced(seed, (*TABLES, kind), claims)
    except (KeyError, ValueError, AssertionError, StopIteration, TypeError):
        return seed  # this clip has no such table


def _many(chance: Random) -> bytes:
    return FTYP + box(chance.choice((b"free", b"moof", b"trak"))) * chance.choice((100, 50_000))


def _other_kind(chance: Random) -> bytes:
    return chance.choice(tuple(_others().values()))


def _others() -> dict[str, bytes]:
    if not _OTHERS:
        _OTHERS.update(pretenders())
    return _OTHERS


_OTHERS: dict[str, bytes] = {}

BODIES: dict[str, Callable[[Random], bytes]] = {
    "a mutated clip": lambda chance: mutated(chance, _seed(chance)),
    "a mutated whole clip": lambda chance: mutated(chance, _whole(chance), most=2),
    "a whole clip": _whole,
    "a clip cut off": _cut_off,
    "random bytes": lambda chance: chance.randbytes(chance.choice((0, 1, 8, 64, 4096))),
    "an mp4's beginning and noise": lambda chance: FTYP + chance.randbytes(chance.choice((8, 600))),
    "huge boxes": _huge,
    "deep boxes": _nested,
    "million-entry tables": _table,
    "countless boxes": _many,
    "a file of another kind": _other_kind,
    "nothing": lambda chance: b"",
}
REQUEST = {"prompt": "noir", "source": "sources/a.mp4", "images": [], "fast": False}
NAMES = (
    "clip.mp4",
    "a b+c%41.MP4",
    "ü/😀.mov",
    "../../x.mp4",
    "a\\b.mp4",
    "clip",
    "x\u202e4pm.mp4",
)


def _values(chance: Random) -> str:
    if chance.random() < 0.3:
        return mutated(chance, b"=?utf-8?q?caf=C3=A9?= [1]").decode("latin-1")
    return str(chance.choice(STRANGERS)).encode("utf-8", "replace").decode("latin-1")[:2048]


def metadata_of(chance: Random) -> dict[str, str]:
    """Mostly a prompt and perhaps something that suits; sometimes any names with any values."""
    found = {"prompt": "make it noir"} if chance.random() < 0.8 else {}
    for name in chance.sample(sorted(FACTS), chance.choice((0, 0, 0, 1, 2))):
        found[name] = FACTS[name] if chance.random() < 0.5 else _values(chance)
    if chance.random() < 0.25:
        names = ("prompt", "prompts", "images", "models", "duration-seconds", "promt", "x\x7f")
        found[chance.choice(names)] = _values(chance)
    return found


def event_about(key: str, version_id: str, size_bytes: int) -> bytes:
    """What EventBridge says about an upload (Amazon S3 User Guide, 'EventBridge event message')."""
    detail = {
        "version": "0",
        "bucket": {"name": "inbox"},
        "object": {"key": key, "size": size_bytes, "version-id": version_id, "sequencer": "61"},
        "reason": "PutObject",
    }
    event = {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": "2026-03-01T12:00:00Z",
        "detail": detail,
    }
    return json.dumps(event).encode()

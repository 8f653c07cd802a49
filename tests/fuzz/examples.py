"""Good examples of what strangers send, for fuzzers to begin with."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from retake.domain.signed_links import LinkSecrets, Signer
from retake.providers.registry import PROVIDERS

from tests.functions.callback_endpoint import CALLING, body_of
from tests.fuzz.drops import event_about
from virtual import clips

PAYLOADS = Path(__file__).parents[1] / "payloads"
SECRETS = LinkSecrets((("k1", b"0123456789abcdef0123456789abcdef"),))
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def events() -> Iterator[bytes]:
    yield event_about("clips/a b+c%41.mp4", "v1", 5)
    yield b'{"edit_id": "e-0123456789abcdefghjk"}'


def keys_seen() -> Iterator[bytes]:
    yield from (text.encode() for text in ("clips/ü/😀.mp4", "../../x", "a" * 1024, "/", "a\\b"))


def metadata() -> Iterator[bytes]:
    yield b'prompt:=?utf-8?q?caf=C3=A9?=\nimages:["images/a.png"]\nfast:true\nmodel:fal/x'
    yield b'prompt:UTF-8\'\'%C3%A9\nprompts:["a", "b"]\nduration-seconds:5\nfit:trim\nkeep-audio:no'


def documents() -> Iterator[bytes]:
    yield b'{"prompt": "noir", "images": ["images/a.png"], "elements": [{"frontal": "a", "references": ["b"]}]}'  # noqa: E501 - one example
    yield b'{"prompts": ["a", "b"], "models": ["fal/kling-o1-edit"], "source": "sources/a.mp4", "fast": true}'  # noqa: E501 - one example


def answers() -> Iterator[bytes]:
    for who, name in enumerate(PROVIDERS):
        for path in sorted((PAYLOADS / name).glob("*.json")):
            for number, each in enumerate(json.loads(path.read_text()).get("answers", [])):
                body = each.get("text") or json.dumps(each.get("body"))
                yield (
                    bytes([who, 0 if "submit" in path.stem else 1 + number % 3, 0]) + body.encode()
                )

    yield bytes([3, 4, 0]) + b'{"cdn_delete_results": [{"link": "a", "exception": null}]}'


def callbacks() -> Iterator[bytes]:
    for who, name in enumerate(PROVIDERS):
        if name in CALLING:
            yield bytes([who]) + body_of(name, "task-1")


def tokens() -> Iterator[bytes]:
    yield Signer(lambda: SECRETS).token("callback", "e-2", until=NOW).encode()
    yield b'{"kid": "k1", "secret": "0123456789abcdef0123456789abcdef"}'
    yield b"e30="


def videos() -> Iterator[bytes]:
    yield from (clips.small(index=index, gop=6) for index in clips.MOVFLAGS)
    yield clips.small(index="first", sound=False)


def files() -> Iterator[bytes]:
    yield clips.clip(4, 96, 72, fps=5)
    for container in ("matroska", "avi", "mpegts", "flv"):
        yield clips.clip(3.5, 96, 72, fps=5, container=container, sound=False)


def texts() -> Iterator[bytes]:
    yield b"make it noir"
    yield b"</script><script>alert(1)</script>"
    yield b"\" onerror=alert(1) x='\n' <img src=x> &quot; --> ]]> {{7*7}} ${1} %s"
    yield "\u202e\u2028 <!-- \u0000 javascript:alert(1)".encode()


def pictures() -> Iterator[bytes]:
    yield b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(40))
    yield b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(11) + b"\xff\xc0\x00\x11\x08\x01\x00\x02\x00"
    yield b"RIFF\x24\x00\x00\x00WEBPVP8X" + bytes(30)

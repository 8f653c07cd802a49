"""Between this machine and a real provider: what it can fetch, and what is paid once."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from local.live.receipts import Receipts
from local.live.relay import Passed, Relay
from local.live.storages import EvolinkStorage, FalStorage, Tunnel

CLIP = b"\x00\x00\x00\x18ftypmp42 a clip"


@dataclass
class FakeStorage:
    """Takes everything, and gives an address that tells nothing of where it came from."""

    taken: list[bytes] = field(default_factory=list)
    is_broken: bool = False

    def put(self, path: Path, content_type: str) -> str:
        if self.is_broken:
            raise OSError("no room")
        self.taken.append(path.read_bytes())
        return f"https://storage.example/{len(self.taken)}?signed=now"

    def clear(self) -> list[str]:
        return []


@dataclass
class FakeProvider:
    """Answers what it is told to, and remembers what it was asked."""

    status: int = 200
    asked: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)

    def __call__(self, method: str, url: str, body: bytes | None, headers: Any) -> Passed:
        self.asked.append((method, url, json.loads(body) if body else None, dict(headers)))
        told = json.dumps({"task_id": f"task-{len(self.asked)}"}).encode()
        return Passed(self.status, {"content-type": "application/json"}, told)


@pytest.fixture
def engine() -> Iterator[str]:
    """Where the clip lies on this machine."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(CLIP)))
            self.end_headers()
            self.wfile.write(CLIP)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def a_relay(tmp_path: Path, provider: FakeProvider, **other: Any) -> Relay:
    known: dict[str, Any] = {"storage": FakeStorage(), "receipts": Receipts(tmp_path), **other}
    return Relay("https://provider.example", send=provider, **known)


def submit(relay: Relay, link: str, prompt: str = "Make it snow") -> Passed:
    body = json.dumps({"prompt": prompt, "video_url": link, "images": [link]}).encode()
    return relay.answer("POST", "/v1/edit?webhook=none", body, {"authorization": "Key k"})


def test_the_provider_gets_an_address_that_it_can_fetch_and_the_bytes_go_there_once(
    tmp_path: Path, engine: str
) -> None:
    provider = FakeProvider()
    relay = a_relay(tmp_path, provider)

    submit(relay, f"{engine}/clip.mp4?X-Amz-Signature=1")

    (method, url, said, headers) = provider.asked[0]
    assert (method, url) == ("POST", "https://provider.example/v1/edit?webhook=none")
    assert said["video_url"] == said["images"][0] == "https://storage.example/1?signed=now"
    assert said["prompt"] == "Make it snow"
    assert headers == {"authorization": "Key k"}
    assert relay.storage.taken == [CLIP]  # type: ignore[attr-defined]  # the fake


def test_the_same_call_again_is_answered_as_before_also_by_a_later_run(
    tmp_path: Path, engine: str
) -> None:
    provider = FakeProvider()

    first = submit(a_relay(tmp_path, provider), f"{engine}/a?signed=1")
    second = submit(a_relay(tmp_path, provider), f"{engine}/b?signed=2")

    assert first.body == second.body
    assert len(provider.asked) == 1


@pytest.mark.parametrize("what", ["prompt", "nonce"])
def test_another_wish_is_another_paid_call(what: str, tmp_path: Path, engine: str) -> None:
    provider = FakeProvider()

    submit(a_relay(tmp_path, provider), engine + "/a")
    submit(
        a_relay(tmp_path, provider, nonce="2" if what == "nonce" else ""),
        engine + "/a",
        prompt="Make it rain" if what == "prompt" else "Make it snow",
    )

    assert len(provider.asked) == 2


def test_a_call_whose_answer_never_came_is_never_sent_again(tmp_path: Path, engine: str) -> None:
    provider = FakeProvider(status=504)

    submit(a_relay(tmp_path, provider), engine + "/a")
    again = submit(a_relay(tmp_path, provider), engine + "/a")

    assert again.status == 422
    assert b"whether the provider took it is not known" in again.body
    assert len(provider.asked) == 1


def test_a_receipt_that_cannot_be_read_stands_for_a_paid_call(tmp_path: Path, engine: str) -> None:
    provider = FakeProvider()
    submit(a_relay(tmp_path, provider), engine + "/a")
    (receipt,) = tmp_path.glob("*.json")
    receipt.write_text("half a")

    assert submit(a_relay(tmp_path, provider), engine + "/a").status == 422
    assert len(provider.asked) == 1


@pytest.mark.parametrize("status", [401, 402, 422, 429])
def test_what_the_provider_refuses_may_be_asked_again(
    status: int, tmp_path: Path, engine: str
) -> None:
    provider = FakeProvider(status=status)

    submit(a_relay(tmp_path, provider), engine + "/a")
    submit(a_relay(tmp_path, provider), engine + "/a")

    assert len(provider.asked) == 2


def test_a_clip_that_cannot_be_brought_there_is_a_no_and_nothing_is_sent(
    tmp_path: Path, engine: str
) -> None:
    provider = FakeProvider()

    said = submit(a_relay(tmp_path, provider, storage=FakeStorage(is_broken=True)), engine + "/a")

    assert said.status == 422
    assert provider.asked == []


def test_questions_pass_as_they_are_and_nothing_passes_without_a_key(
    tmp_path: Path,
) -> None:
    provider = FakeProvider()

    with a_relay(tmp_path, provider) as relay:
        request = urllib.request.Request(relay.url + "/v1/tasks/1", headers={"authorization": "k"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as said:
            told = json.load(said)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(relay.url + "/v1/tasks/1")

    assert told == {"task_id": "task-1"}
    assert provider.asked[0][:2] == ("GET", "https://provider.example/v1/tasks/1")


def test_a_tunnel_leads_to_the_clip_and_to_nothing_else(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(CLIP)
    tunnel = Tunnel("https://tunnel.example/")
    relay = a_relay(tmp_path / "receipts", FakeProvider(), storage=tunnel)

    with relay:
        relay.bring(clip)
        (name,) = tunnel.offered
        with urllib.request.urlopen(f"{relay.url}/clips/{name}") as said:
            assert said.read() == CLIP
        for wrong in ("/clips/", "/clips/../clip.mp4", "/clips/other.mp4"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(relay.url + wrong)


class StorageServer(BaseHTTPRequestHandler):
    """Both providers' storages, as their documents have them."""

    seen: list[tuple[str, str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append((self.command, self.path, headers, body))
        here = f"http://{self.headers['host']}"
        told = {
            "/initiate": {"upload_url": f"{here}/put", "file_url": "https://v3.fal.media/f.mp4"},
            "/files/upload/stream": {
                "data": {"file_id": "file_1", "file_url": "https://files.evolink.ai/f.mp4"}
            },
        }.get(self.path, {})
        said = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_PUT = do_DELETE = do_POST

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def storage_server() -> Iterator[tuple[str, list[Any]]]:
    StorageServer.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), StorageServer)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", StorageServer.seen
    server.shutdown()
    server.server_close()


def test_fals_storage_is_asked_for_an_address_and_told_when_the_file_ends(
    storage_server: tuple[str, list[Any]], tmp_path: Path
) -> None:
    url, seen = storage_server
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(CLIP)
    storage = FalStorage("k1", f"{url}/initiate")

    link = storage.put(clip, "video/mp4")

    assert link == "https://v3.fal.media/f.mp4"
    (first, second) = seen
    assert first[2]["authorization"] == "Key k1"
    assert json.loads(first[2]["x-fal-object-lifecycle-preference"]) == {
        "expiration_duration_seconds": 21_600
    }
    assert (second[0], second[3]) == ("PUT", CLIP)
    assert "authorization" not in second[2]  # the address is signed; the key stays at its owner's
    assert storage.clear() == ["1 uploaded to fal, which ends 6 hours after its upload"]
    assert storage.clear() == []


def test_evolinks_storage_takes_the_file_and_is_asked_to_delete_it(
    storage_server: tuple[str, list[Any]], tmp_path: Path
) -> None:
    url, seen = storage_server
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(CLIP)
    storage = EvolinkStorage("k2", f"{url}/files")

    link = storage.put(clip, "video/mp4")
    left = storage.clear()

    assert link == "https://files.evolink.ai/f.mp4"
    assert CLIP in seen[0][3]
    assert [(it[0], it[1], it[2]["authorization"]) for it in seen] == [
        ("POST", "/files/upload/stream", "Bearer k2"),
        ("DELETE", "/files/file_1", "Bearer k2"),
    ]
    assert left == []

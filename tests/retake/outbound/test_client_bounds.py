"""Whatever a peer answers, each call out ends by its deadline and within its bytes and memory."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from retake.domain.errors import NoAnswer, RetakeError, TooLarge
from retake.outbound.client import REPLY_BYTES, Download, Outbound, Reply
from retake.outbound.transport import HEAD_BYTES, public_authorities
from retake.providers.contract import Cancellation, DeletionOutcome, Report, Submission, Verdict

from tests.retake.outbound.misbehaving_peers import (
    BOMBS,
    DRIPS,
    DROP_SECONDS,
    FLOODS,
    LIES,
    Sent,
    sending,
)
from tests.retake.outbound.ways_out import CALLS, DEPLOYED, Stack
from tests.support.tcp_peers import PATIENCE_SECONDS, Script, peer, says, silent

# Whose answers are read. Of a webhook's the status counts: what bounds it is in test_posts.
# Three of them for every change; all go through the same client.
FIRST = ("a submit to novita", "a result", "a clip given by its address")
READ = [
    pytest.param(way, marks=() if way in FIRST else pytest.mark.long)
    for way in CALLS
    if way != "a webhook"
]
SECONDS = 0.2  # instead of 20 to 600, by the class below
GRACE_SECONDS = 0.5
DOWNLOAD_BYTES = 512 * 1024
# What the system takes from a peer before anybody reads it, on both sides together.
BUFFERS = 8 * 1024 * 1024
MEMORY = 6 * 1024 * 1024
# A machine with other things to do may stop any process: what the code holds, it holds each time.
TRIES = 5


class Brisk(Outbound):
    """The same guard, its deadlines and largest download cut for a test, and its calls timed."""

    taken: ClassVar[list[tuple[float, float]]] = []  # seconds on the wall, and of the processor

    def request(self, method: str, url: str, *, seconds: float, **more: Any) -> Reply:
        assert 0 < seconds <= 30
        with _timed():
            return super().request(method, url, seconds=SECONDS, **more)

    @contextmanager
    def download(
        self, url: str, *, seconds: float, maximum_bytes: int, redirects: int = 0
    ) -> Iterator[Download]:
        assert 0 < seconds <= 600
        with (
            _timed(),
            super().download(url, seconds=SECONDS, maximum_bytes=DOWNLOAD_BYTES) as download,
        ):
            yield download


@contextmanager
def _timed() -> Iterator[None]:
    begun, worked = time.monotonic(), time.thread_time()
    try:
        yield
    finally:
        Brisk.taken.append((time.monotonic() - begun, time.thread_time() - worked))


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    public_authorities()  # once for all, which takes longer than these deadlines
    monkeypatch.setattr("retake.outbound.client.Outbound", Brisk)


def outcome_of(way: Callable[[Stack, str], Any], script: Script) -> tuple[Any, float, float]:
    """What a way out answers or raises; the seconds of its longest call, and of its most work."""
    Brisk.taken.clear()
    with peer(script) as server:
        environment = {**DEPLOYED, "RETAKE_LOOPBACK_PORTS": str(server.port)}
        del environment["AWS_LAMBDA_RUNTIME_API"]
        stack, url = Stack(environment), f"http://127.0.0.1:{server.port}"
        try:
            outcome = way(stack, url)
        except RetakeError as error:
            outcome = error
    lasted, worked = zip(*Brisk.taken, strict=True)
    return outcome, max(lasted), max(worked)


def is_no_success(outcome: Any) -> bool:
    """Whether nobody could take this for an answer that means something."""
    if isinstance(outcome, Submission):
        return outcome.verdict in (Verdict.AMBIGUOUS, Verdict.NOT_SENT)
    if isinstance(outcome, Report):
        return outcome.verdict is Verdict.TRANSIENT
    unanswered = (None, Cancellation.UNANSWERED, DeletionOutcome.UNANSWERED)
    return outcome in unanswered or isinstance(outcome, RetakeError)


def assert_held(
    way: str, script: Callable[[Sent], Script], *, seconds: float = SECONDS, floods: bool = False
) -> None:
    for attempt in range(1, TRIES + 1):
        sent = Sent()
        outcome, taken, worked = outcome_of(CALLS[way], script(sent))
        assert is_no_success(outcome), outcome
        assert sent.bytes <= max(DOWNLOAD_BYTES, REPLY_BYTES) + HEAD_BYTES + BUFFERS
        assert worked <= seconds + GRACE_SECONDS
        # A peer that floods is here, and takes this process's turns: what counts is our own work.
        if floods or taken <= seconds + GRACE_SECONDS or attempt == TRIES:
            break
    assert taken <= (PATIENCE_SECONDS if floods else seconds + GRACE_SECONDS)


@pytest.mark.parametrize("kind", DRIPS)
@pytest.mark.parametrize("way", READ)
def test_a_drip_ends_at_the_deadline(way: str, kind: str) -> None:
    assert_held(way, lambda sent: sending(DRIPS[kind], sent, pause=DROP_SECONDS))


@pytest.mark.parametrize("kind", FLOODS)
@pytest.mark.parametrize("way", READ)
def test_a_flood_ends_at_the_deadline_or_the_cap(way: str, kind: str) -> None:
    assert_held(way, lambda sent: sending(FLOODS[kind], sent), floods=True)


@pytest.mark.parametrize("kind", BOMBS)
@pytest.mark.parametrize("way", READ)
def test_a_bomb_is_not_unpacked(way: str, kind: str) -> None:
    assert_held(way, lambda sent: says(BOMBS[kind]), seconds=0.0)


@pytest.mark.parametrize("kind", [*FLOODS, *BOMBS])
@pytest.mark.parametrize("way", FIRST)
def test_no_answer_takes_more_memory_than_its_cap(way: str, kind: str) -> None:
    script = sending(FLOODS[kind], Sent()) if kind in FLOODS else says(BOMBS[kind])

    tracemalloc.start()
    try:
        outcome_of(CALLS[way], script)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most <= MEMORY


@pytest.mark.parametrize("way", READ)
def test_silence_ends_at_the_deadline(way: str) -> None:
    assert_held(way, lambda sent: silent)


# To whoever reads only a status or the declared bytes, more bytes are no lie that matters.
HARMLESS = {
    (way, "longer than it says")
    for way in ("a cancel at fal", "fal's deletion", "a result", "a clip given by its address")
}


@pytest.mark.parametrize("kind", LIES)
@pytest.mark.parametrize("way", READ)
def test_a_lie_about_the_length_is_no_answer(way: str, kind: str) -> None:
    if (way, kind) not in HARMLESS:
        assert_held(way, lambda sent: says(LIES[kind]))


# ---------------------------------------------------------------- the cap, to the byte


def caller(port: int) -> Outbound:
    return Outbound((), loopback_ports=frozenset({port}))


def test_what_frames_a_body_counts_as_it_comes_off_the_wire() -> None:
    chunk = b"1;" + b"x" * 1000 + b"\r\nx\r\n"
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 400

    with (
        peer(says(answer)) as server,
        caller(server.port).download(server.url(), seconds=5, maximum_bytes=1000) as download,
        pytest.raises(TooLarge, match="frames"),
    ):
        list(download.chunks)


def test_a_body_of_just_the_cap_in_chunks_of_one_byte_is_taken() -> None:
    chunks = b"1\r\nx\r\n" * 10_000 + b"0\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks

    with (
        peer(says(answer)) as server,
        caller(server.port).download(server.url(), seconds=20, maximum_bytes=10_000) as download,
    ):
        assert b"".join(download.chunks) == b"x" * 10_000


def test_a_head_that_does_not_end_is_left_after_a_quarter_megabyte() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    answer = interim * (HEAD_BYTES // len(interim) + 1) + b"HTTP/1.1 200 OK\r\n\r\n"

    with peer(says(answer)) as server, pytest.raises(NoAnswer, match="RemoteProtocolError"):
        caller(server.port).request("GET", server.url(), seconds=20)

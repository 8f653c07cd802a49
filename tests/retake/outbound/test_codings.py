"""Bodies that come with a coding although plain bytes were asked for."""

import gzip
import zlib
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.domain.errors import NoAnswer, TooLarge
from retake.outbound.client import Outbound
from retake.outbound.codings import unpacked

from tests.support.tcp_peers import Peer, peer, reply, says

BODY = b'{"task_id": "f6aec953"}' * 40


def caller(one: Peer) -> Outbound:
    return Outbound((), loopback_ports=frozenset({one.port}))


def answer(body: bytes, coding: str) -> bytes:
    return reply(body).replace(b"\r\n\r\n", f"\r\nContent-Encoding: {coding}\r\n\r\n".encode(), 1)


def fetched(said: bytes, maximum_bytes: int = 10_000) -> tuple[int | None, bytes]:
    """What a download gives: the length that it announces, and the bytes."""
    with (
        peer(says(said)) as server,
        caller(server).download(server.url(), seconds=5, maximum_bytes=maximum_bytes) as download,
    ):
        return download.length, b"".join(download.chunks)


# `aws-chunked` as versity/versitygw's issue 2398 and noobaa/noobaa-core's 9138 show it.
@pytest.mark.parametrize(
    "coding", ["aws-chunked", "UTF-8", "none", "binary", "identity, identity", "", "gzip"]
)
def test_a_body_is_read_as_it_is_whatever_its_coding_is_called(coding: str) -> None:
    assert fetched(answer(BODY, coding))[1] == BODY


@pytest.mark.parametrize("coding", ["aws-chunked", "UTF-8", "none"])
def test_a_coding_that_changes_no_byte_changes_no_length(coding: str) -> None:
    assert fetched(answer(BODY, coding))[0] == len(BODY)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(BODY)),
        ("X-GZip", gzip.compress(BODY)),
        ("gzip,aws-chunked", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY))),
        ("gzip", gzip.compress(BODY[:100]) + gzip.compress(BODY[100:])),
        ("gzip", gzip.compress(BODY) + b"\0" * 10),
    ],
)
def test_what_comes_packed_is_unpacked(coding: str, body: bytes) -> None:
    assert fetched(answer(body, coding)) == (None, BODY)


def test_an_answer_that_comes_packed_is_read() -> None:
    with peer(says(answer(gzip.compress(BODY), "gzip"))) as server:
        assert caller(server).request("GET", server.url(), seconds=5).body == BODY


def test_a_packed_body_is_bounded_by_what_it_becomes() -> None:
    bomb = answer(gzip.compress(bytes(5_000_000)), "gzip")

    with pytest.raises(TooLarge):
        fetched(bomb)


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", BODY),
        ("zstd", BODY),
        ("gzip", gzip.compress(BODY)[:-9]),
        ("gzip", gzip.compress(BODY)[:30] + b"nonsense" * 9),
        ("gzip, gzip, gzip", BODY),
    ],
)
def test_what_cannot_be_unpacked_is_no_answer(coding: str, body: bytes) -> None:
    with pytest.raises(NoAnswer):
        fetched(answer(body, coding))


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_a_packed_body_may_come_in_any_pieces(body: bytes, cuts: list[int]) -> None:
    packed: Any = gzip.compress(body)
    edges = [0, *sorted(cuts), len(packed)]
    pieces = [packed[a:b] for a, b in pairwise(edges)]

    assert b"".join(unpacked(iter(pieces), ["gzip"], "cdn.example")) == body

"""The doors of a stack in memory: what the steps call, with a point for a fault in each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import ClientError
from retake.aws.dynamodb import First, Newest
from retake.aws.dynamodb_changes import Change
from retake.aws.s3 import Head, Saved
from retake.domain.errors import NoAnswer, NotSent, Unavailable
from retake.domain.source import Source
from retake.domain.vocabulary import TERMINAL
from retake.outbound.client import Download, Reply

from virtual.fake_storage import FakeStorage
from virtual.held import miscounted, misplaced
from virtual.memory_provider import KEY, Ledger, said
from virtual.memory_table import MemoryTable
from virtual.points import ANSWERS, ODD, READ, WRITE, Gate, Mode

T = TypeVar("T")


class TableDoor:
    """The table; it also notes every write that changes what had ended."""

    def __init__(self, gate: Gate, table: MemoryTable) -> None:
        self.unabsorbed: list[str] = []
        self.drifted: list[str] = []
        self._gate = gate
        self._table = table

    def get(self, key: str) -> dict[str, Any] | None:
        return self._read("get", lambda: self._table.get(key))

    def get_many(self, keys: Sequence[str], **how: bool) -> dict[str, dict[str, Any]]:
        return self._read("get_many", lambda: self._table.get_many(keys, **how))

    def newest(self, asked: Newest) -> list[dict[str, Any]]:
        return self._read("newest", lambda: self._table.newest(asked))

    def first(self, asked: First) -> list[dict[str, Any]]:
        return self._read("first", lambda: self._table.first(asked))

    def counted(self, change: Change, name: str) -> int:
        counted = self._table.counted
        return self._gate.call(
            "table.counted", lambda: counted(change, name), modes=WRITE, error=_no_table
        )

    def write(self, *changes: Change) -> None:
        self._gate.call("table.write", lambda: self.written(*changes), modes=WRITE, error=_no_table)

    def _read(self, verb: str, act: Callable[[], T]) -> T:
        return self._gate.call(f"table.{verb}", act, modes=READ, error=_no_table)

    def written(self, *changes: Change) -> None:
        """Written without a fault, and noted if it changes what had ended."""
        before = {change.key: self._ending(change.key) for change in changes}
        self._table.write(*changes)
        keys = [change.key for change in changes]
        self.drifted += [*miscounted(self._table, keys), *misplaced(self._table, keys)]
        for key, ending in before.items():
            after = self._ending(key)
            changed = {name: was for name, was in ending.items() if after.get(name) != was}
            superseded = str(self._table.items.get(key, {}).get("supersedes"))
            if changed and ending.get("notification_id") != superseded:
                self.unabsorbed.append(f"{key} was {ending} and became {after}")

    def _ending(self, key: str) -> dict[str, str]:
        """What may never change again once a record is closed; after an erasure, what is left.

        A failure may yet become the late success that takes its place.
        """
        item = self._table.items.get(key, {})
        if item.get("status", {}).get("S") not in TERMINAL:
            return {}
        names = ["status", "reason", "notification_id", "finished_at"]
        if "erase_asked_at" not in item:
            names += ["result", "message"]
        return {name: str(item.get(name)) for name in names}


def _no_table() -> Unavailable:
    return Unavailable("DynamoDB cannot answer now (injected).")


class StorageDoor:
    """The buckets. A result's bytes are all fetched before the one write that stores them."""

    def __init__(self, gate: Gate, inner: FakeStorage) -> None:
        self._gate = gate
        self._inner = inner

    def head(self, source: Source) -> Head:
        return self._do("head", READ, lambda: self._inner.head(source))

    def size_of(self, bucket: str, key: str) -> int | None:
        return self._do("head", READ, lambda: self._inner.size_of(bucket, key))

    def sha256_of(self, source: Source) -> str | None:
        return self._do("head", READ, lambda: self._inner.sha256_of(source))

    def digest(self, bucket: str, key: str) -> str:
        return self._do("read", READ, lambda: self._inner.digest(bucket, key))

    def read(self, source: Source, offset: int, length: int) -> bytes:
        return self._do("read", READ, lambda: self._inner.read(source, offset, length))

    def link(self, source: Source, *, seconds: int = 3600, nonce: str = "") -> str:
        return self._inner.link(source, seconds=seconds, nonce=nonce)

    def stream(self, source: Source) -> Iterator[bytes]:
        yield from self._do("read", READ, lambda: self._inner.stream(source))

    def put(
        self, bucket: str, key: str, body: bytes, content_type: str, *, tag: str | None = None
    ) -> None:
        verb = "put_tagged" if tag else "put"
        self._do(verb, WRITE, lambda: self._inner.put(bucket, key, body, content_type, tag=tag))

    def delete(self, bucket: str, key: str) -> None:
        self._do("delete", WRITE, lambda: self._inner.delete(bucket, key))

    def save(
        self,
        bucket: str,
        key: str,
        chunks: Iterator[bytes],
        *,
        length: int | None,
        is_digested: bool = True,
    ) -> Saved:
        body = b"".join(chunks)

        def save() -> Saved:
            return self._inner.save(
                bucket, key, iter((body,)), length=length, is_digested=is_digested
            )

        return self._do("save", WRITE, save)

    def _do(self, verb: str, modes: tuple[Mode, ...], act: Callable[[], T]) -> T:
        return self._gate.call(f"s3.{verb}", act, modes=modes, error=_no_storage)


class Shredding:
    """Deleting for good: what lies under a key or a beginning of keys is gone."""

    def __init__(self, gate: Gate, inner: FakeStorage) -> None:
        self._gate = gate
        self._inner = inner

    def one(self, source: Source) -> None:
        self._do(lambda: self._inner.delete(source.bucket, source.key))

    def all(self, bucket: str, prefix: str, *, is_whole_key: bool = False) -> None:
        def gone() -> None:
            for found in [it for it in self._inner.objects if it[1].startswith(prefix)]:
                self._inner.delete(*found)

        self._do(gone)

    def _do(self, act: Callable[[], None]) -> None:
        self._gate.call("s3.shred", act, modes=WRITE, error=_no_storage)


def _no_storage() -> Unavailable:
    return Unavailable("S3 cannot answer now (injected).")


# What a server may say to the paid call instead; whether it took the order is the other half.
REPLIES = {
    Mode.REFUSED: said(400, {"code": "bad", "text": "the order cannot be taken"}),
    Mode.BAD_KEY: said(401, {"code": "key", "text": "who are you"}),
    Mode.NO_CREDIT: said(402, {"code": "credit", "text": "no credit"}),
    Mode.BUSY: said(429, {"code": "busy", "text": "later"}),
    Mode.REJECTED_5XX: Reply(503, {}, b"<html>503</html>"),
    Mode.ACCEPTED_5XX: Reply(502, {}, b"<html>502</html>"),
    Mode.GARBLED: Reply(200, {}, b"<html>welcome</html>"),
}
# What a question or a download may be answered once, by whatever stands before the provider.
ODD_ANSWERS = {
    Mode.PAGE: Reply(200, {}, b"<html>One moment, please</html>"),
    Mode.EMPTY: Reply(200, {}, b""),
    Mode.CUT: Reply(200, {}, b'{"status": "runn'),
    Mode.FORGOTTEN: said(404, {"code": "unknown", "text": "no such job"}),
    Mode.LOCKED: said(403, {"code": "forbidden", "text": "User is locked"}),
    Mode.DOWN: said(503, {"code": "busy", "text": "no runner"}),
}
ACCEPTED = frozenset({Mode.ACCEPTED_5XX, Mode.GARBLED})


class Web:
    """HTTP to the provider and to where its results lie."""

    def __init__(self, gate: Gate, ledger: Ledger, video: Callable[[str], bytes]) -> None:
        self._gate = gate
        self._ledger = ledger
        self._video = video

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        seconds: float,
    ) -> Reply:
        assert headers is not None
        assert KEY in headers["authorization"]

        def reached() -> Reply:
            return self._ledger.answer(method, url, json, headers["authorization"].split()[-1])

        if method == "DELETE":
            return self._gate.call("seller.ask", reached, modes=READ, error=_lost)
        if method != "POST":
            return self._gate.call(
                "seller.ask",
                reached,
                modes=(*READ, *ODD),
                error=_lost,
                answers={mode: partial(ODD_ANSWERS.__getitem__, mode) for mode in ODD},
            )
        # A hung request that arrives late is one the provider takes when nobody waits any more.
        return self._gate.call(
            "seller.post",
            reached,
            modes=(*WRITE, *ANSWERS),
            error=_lost,
            answers={mode: lambda mode=mode: self._said(mode, reached) for mode in ANSWERS}
            | {Mode.FAILS: _refuse_connection},
        )

    def _said(self, mode: Mode, reached: Callable[[], Reply]) -> Reply:
        if mode is Mode.DROPPED:
            raise _lost()
        if mode in ACCEPTED:
            reached()
        return REPLIES[mode]

    @contextmanager
    def download(
        self, url: str, *, seconds: float, maximum_bytes: int, redirects: int = 0
    ) -> Iterator[Download]:
        yield self._gate.call(
            "cdn.get",
            lambda: self._opened(url),
            modes=(*READ, *ODD),
            error=_refused_connection,
            answers={mode: partial(self._odd, mode, url) for mode in ODD},
        )

    def _odd(self, mode: Mode, url: str) -> Download:
        if mode is Mode.CUT:
            whole = b"".join(self._opened(url).chunks)
            return Download(200, {}, len(whole) // 2, iter([whole[: len(whole) // 2]]))
        odd = ODD_ANSWERS[mode]
        return Download(odd.status, {}, len(odd.body), iter([odd.body]))

    def _opened(self, url: str) -> Download:
        path, _, query = url.partition("?")
        if float(query.partition("=")[2].partition("&")[0]) < self._ledger.now():
            return Download(403, {}, 0, iter(()))
        video = self._video(path.rpartition("/")[2].removesuffix(".mp4"))
        return Download(200, {}, len(video), self._chunks(video))

    def _chunks(self, video: bytes) -> Iterator[bytes]:
        half = len(video) // 2
        yield video[:half]
        yield self._gate.call("cdn.read", lambda: video[half:], modes=READ, error=_lost)


def _lost() -> NoAnswer:
    return NoAnswer("seller.example gave no answer (injected).")


def _refused_connection() -> NotSent:
    return NotSent("seller.example cannot be reached (injected).")


def _refuse_connection() -> Reply:
    raise _refused_connection()


def aws_error(code: str, verb: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "injected"}}, verb)


class NoWebhooks:
    """Their queue, into which nothing comes: no edit of a run has anybody to tell by one."""

    def send(self, body: str, delay_seconds: int = 0) -> None:
        raise AssertionError("Nobody is to be told by a webhook.")

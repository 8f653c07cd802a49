"""What every provider does for Retake, and what is the same for all of them.

A provider is one file: how its request is built, how its words read, and which of its errors
means what. The POST, the rule that it is sent once, and the reading of failures are here.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Protocol

from retake.catalog import Model
from retake.errors import NotSent, OutboundError, RetakeError
from retake.outbound import Outbound, Reply

SUBMIT_SECONDS = 30.0  # total; well inside the function's 60 s, so that the verdict is recorded
POLL_SECONDS = 20.0
RETRY_AFTER_SECONDS = (1, 900)  # no provider can make an edit wait less or longer between tries
SAID_CHARS = 500
TASK_ID_CHARS = 512


class Verdict(StrEnum):
    """What an answer means. Closed: every provider's words are translated into these."""

    # of a submit
    ACCEPTED = "ACCEPTED"
    NOT_SENT = "NOT_SENT"
    AMBIGUOUS = "AMBIGUOUS"  # may have been accepted; never sent again
    # of either
    REFUSED = "REFUSED"
    NO_CREDIT = "NO_CREDIT"
    BAD_KEY = "BAD_KEY"
    MODERATION = "MODERATION"
    RATE_LIMITED = "RATE_LIMITED"
    GONE = "GONE"  # the model or the route is not there
    # of a poll
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    LOST = "LOST"  # the provider does not know the task
    TRANSIENT = "TRANSIENT"  # says nothing about the task; ask again


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A job at the provider: its id, and the addresses the provider gave for it."""

    task_id: str
    urls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt's request in Retake's words; every address is presigned for this attempt."""

    model: Model
    prompt: str
    video_url: str | None
    image_urls: tuple[str, ...] = ()
    elements: tuple[Mapping[str, Any], ...] = ()
    keep_audio: bool = True
    aspect_ratio: str | None = None
    duration_seconds: int | None = None
    fast: bool = False
    callback_url: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A submit ready to be sent. Holds the key and signed links: never logged, never stored."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The answer to a submit."""

    verdict: Verdict
    task: Task | None = None
    retry_after_seconds: int | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer to a poll. `video_url` is signed: it is used at once and never stored."""

    verdict: Verdict
    provider_status: str | None = None
    progress_percent: int | None = None
    eta_seconds: int | None = None
    video_url: str | None = None
    retry_after_seconds: int | None = None
    said: str | None = None


class KeySource(Protocol):
    """Where a provider's key comes from; `fresh` asks the vault again."""

    def key(self, provider: str, *, fresh: bool = False) -> str: ...


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row of a provider's error table: any of the statuses with any of the words.

    No statuses means any status of 400 and above; no words means any body at all.
    """

    statuses: tuple[int, ...]
    words: tuple[str, ...]
    verdict: Verdict

    def matches(self, status: int, words: frozenset[str]) -> bool:
        right_status = status in self.statuses if self.statuses else status >= 400
        return right_status and (not self.words or any(word in words for word in self.words))


class Provider(ABC):
    """The verbs of one provider, over guarded HTTP."""

    name: str
    submit_errors: tuple[ErrorRow, ...]
    poll_errors: tuple[ErrorRow, ...]

    def __init__(self, base_url: str, keys: KeySource, http: Outbound) -> None:
        self._base_url = base_url
        self._keys = keys
        self._http = http

    @abstractmethod
    def request_for(self, order: Order) -> tuple[str, dict[str, Any]]:
        """The path (with query) and JSON body of the submit."""

    @abstractmethod
    def task_in(self, answer: Mapping[str, Any]) -> Task | None:
        """The task of a successful submit's body, or None when it names none."""

    @abstractmethod
    def poll(self, task: Task) -> Report:
        """What the provider says of a task now. Never raises for the provider's own failures."""

    @abstractmethod
    def error_words(self, answer: Any) -> Iterable[str]:
        """The machine-readable words in an error body, as the error tables spell them."""

    @abstractmethod
    def error_text(self, answer: Any) -> str | None:
        """The human words in an error body."""

    def authorization(self, key: str) -> str:
        return f"Bearer {key}"

    def submit_headers(self, order: Order) -> dict[str, str]:
        return {}

    def prepare(self, order: Order) -> Envelope:
        """Everything a submit needs, gathered before the intent to submit is written.

        Raises Misconfigured when there is no usable key, Unavailable when the vault is silent.
        """
        path, body = self.request_for(order)
        headers = {
            "authorization": self.authorization(self._keys.key(self.name)),
            **self.submit_headers(order),
        }
        return Envelope(url=self._base_url + path, headers=headers, body=body)

    def send(self, envelope: Envelope) -> Submission:
        """The one POST. Never raises: the verdict says what may follow."""
        try:
            reply = self._http.request(
                "POST",
                envelope.url,
                headers=envelope.headers,
                json=envelope.body,
                seconds=SUBMIT_SECONDS,
            )
        except NotSent as error:
            return Submission(verdict=Verdict.NOT_SENT, said=str(error))
        except OutboundError as error:
            return Submission(verdict=Verdict.AMBIGUOUS, said=str(error))
        submission = self._judge_submit(reply)
        if submission.verdict is Verdict.BAD_KEY:
            # Perhaps the key was changed meanwhile: the next edit shall find the new one. A vault
            # that cannot answer must not cost this verdict.
            with suppress(RetakeError):
                self._keys.key(self.name, fresh=True)
        return submission

    def _judge_submit(self, reply: Reply) -> Submission:
        answer = parsed(reply.body)
        if 200 <= reply.status < 300:
            task = self.task_in(answer) if isinstance(answer, dict) else None
            if task is not None and is_task_id(task.task_id):
                return Submission(verdict=Verdict.ACCEPTED, task=task)
            return Submission(verdict=Verdict.AMBIGUOUS, said="The answer names no task.")
        verdict = self.verdict_of(self.submit_errors, reply.status, answer)
        return Submission(
            verdict=verdict or Verdict.AMBIGUOUS,
            retry_after_seconds=retry_after(reply) if verdict is Verdict.RATE_LIMITED else None,
            said=cleaned(self.error_text(answer)) or f"HTTP {reply.status}",
        )

    def get(self, url: str) -> Reply | Report:
        """An authenticated GET; a Report when there was no answer to read.

        A refused key is read afresh from the vault once, because keys change while edits run.
        """
        for fresh in (False, True):
            headers = {"authorization": self.authorization(self._keys.key(self.name, fresh=fresh))}
            try:
                reply = self._http.request("GET", url, headers=headers, seconds=POLL_SECONDS)
            except OutboundError as error:
                return Report(verdict=Verdict.TRANSIENT, said=str(error))
            answer = parsed(reply.body)
            if self.verdict_of(self.poll_errors, reply.status, answer) is not Verdict.BAD_KEY:
                break
        return reply

    def judge_poll_error(self, reply: Reply) -> Report:
        """What a poll's answer outside 2xx means; unknown bodies say nothing about the task."""
        answer = parsed(reply.body)
        verdict = self.verdict_of(self.poll_errors, reply.status, answer) or Verdict.TRANSIENT
        return Report(
            verdict=verdict,
            retry_after_seconds=retry_after(reply) if verdict is Verdict.RATE_LIMITED else None,
            said=cleaned(self.error_text(answer)) or f"HTTP {reply.status}",
        )

    def verdict_of(self, rows: tuple[ErrorRow, ...], status: int, answer: Any) -> Verdict | None:
        """The first row that knows this status and body; None when no row does."""
        words = frozenset(self.error_words(answer)) if answer is not None else frozenset()
        return next((row.verdict for row in rows if row.matches(status, words)), None)


def parsed(body: bytes) -> Any:
    """The JSON of an answer, or None when it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def is_task_id(task_id: object) -> bool:
    return (
        isinstance(task_id, str)
        and 0 < len(task_id) <= TASK_ID_CHARS
        and task_id.isprintable()
        and not task_id.isspace()
    )


def retry_after(reply: Reply) -> int | None:
    """The wait a provider asks for, in seconds within RETRY_AFTER_SECONDS; None if it names none.

    Seconds or an HTTP date (RFC 9110, 10.2.3); anything else counts as not said.
    """
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        wanted = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        wanted = (moment - datetime.now(UTC)).total_seconds()
    shortest, longest = RETRY_AFTER_SECONDS
    return int(min(max(wanted, shortest), longest)) if wanted == wanted else None


def clamped_percent(value: object) -> int | None:
    """A provider's progress as 0 to 100, or None when it makes no sense."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return int(value) if 0 <= value <= 100 else None


def whole_seconds(value: object) -> int | None:
    """A provider's estimate in seconds when it is a sensible positive number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 86400:
        return None
    return int(value) or 1


_LINK = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_MARKUP = re.compile(r"<[^>]*>")


def cleaned(text: str | None) -> str | None:
    """A provider's words fit for a record: one line, no links (they may be signed), no markup."""
    if not text:
        return None
    plain = _MARKUP.sub(" ", _LINK.sub("(link)", text[: 8 * SAID_CHARS]))
    printable = "".join(char if char.isprintable() else " " for char in plain)
    return " ".join(printable.split())[:SAID_CHARS] or None

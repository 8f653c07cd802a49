"""A receiver of webhooks, the queue they wait in, and time that passes between: all in memory.

The queue keeps SQS's rules: a delay of 900 seconds at most, a message hidden while somebody has it,
and there again when it was not taken. What the receiver gets is verified by the published library.
"""

import heapq
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest.mock import patch

import httpx
import standardwebhooks.webhooks
from retake.domain.edit import Conclusion, Edit
from retake.domain.vocabulary import Status
from retake.domain.webhooks import DeliveryState
from retake.outbound.client import Outbound
from retake.steps.announce import Announcer
from retake.steps.webhook import WebhookSender
from standardwebhooks.webhooks import Webhook

from virtual.scene import Scene, result_at

URL = "https://receiver.example/hooks?key=canary"
SECRET = "whsec_" + "QUJD" * 11
OLDER = "whsec_" + "eHl6" * 12
VISIBILITY_SECONDS = 360
Answer = Callable[[httpx.Request], httpx.Response]


def answers(status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: httpx.Response(status, headers=named)


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("nothing came")


class Died(BaseException):
    """The function was killed, right after its receiver had answered."""


@dataclass
class Received:
    """One webhook as it came."""

    id: str
    at: float
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str = SECRET) -> Any:
        """What the published library makes of it, at the time when it came. Raises what it does."""
        with patch.object(standardwebhooks.webhooks, "datetime", _Then(self.at)):
            return Webhook(secret).verify(self.body, self.headers)


class _Then:
    """The library's `datetime`, at a time of the test."""

    def __init__(self, at: float) -> None:
        self._at = at

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)

    def now(self, tz: Any = None) -> Any:
        return datetime.fromtimestamp(self._at, tz=tz)


@dataclass
class WebhookScene(Scene):
    """A scene with receivers, each of which answers as a test says, by its host."""

    answer: Answer = field(default_factory=lambda: answers(204))
    answering: dict[str, Answer] = field(default_factory=dict)
    secret: str = SECRET
    stack_url: str = URL
    arrived: list[Received] = field(default_factory=list)
    called: list[tuple[float, str]] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    is_dying: bool = False
    _waiting: list[tuple[float, int, str]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.announcer = Announcer(self, self.stack_url)
        self.sender = WebhookSender(
            records=self.records,
            announcer=self.announcer,
            outbound=Outbound(("*",), transport=httpx.MockTransport(self._receive)),
            secret=lambda: self.secret,
            share_url=lambda edit: f"https://api.example/share/{edit.edit_id}/x",
            publish=self.published.append,
            chance=lambda: 0.5,
            clock=self.clock.monotonic,
        )

    # ------------------------------------------------ the queue

    def send(self, body: str, delay_seconds: int = 0) -> None:
        assert 0 <= delay_seconds <= 900, "SQS takes no longer delay"
        heapq.heappush(self._waiting, (self.seconds + delay_seconds, next(self._order), body))

    @property
    def seconds(self) -> float:
        return self.clock.now().timestamp()

    def run(self, seconds: float = 4 * 86_400) -> None:
        """Let time pass, and whatever falls due in it happen."""
        end = self.seconds + seconds
        while self._waiting and self._waiting[0][0] <= end:
            due, number, body = heapq.heappop(self._waiting)
            self.clock.advance(max(0, due - self.seconds))
            self.take(body, f"m-{number}", number)
        self.clock.advance(max(0, end - self.seconds))

    def take(self, body: str, worker: str, number: int) -> None:
        """One message handed to the function; it comes again, as the same, where that fails."""
        try:
            self.outcomes.append(self.sender.deliver(body, worker))
        except (Exception, Died) as error:
            self.outcomes.append(type(error).__name__)
            again = self.seconds + VISIBILITY_SECONDS
            heapq.heappush(self._waiting, (again, number, body))

    @property
    def is_quiet(self) -> bool:
        return not self._waiting

    # ------------------------------------------------ edits that have ended

    def ended(self, key: str = "clip.mp4", **metadata: str) -> Edit:
        """An edit that is ready, whose webhook is queued."""
        edit = self.running(key, **metadata)
        ready = Conclusion(status=Status.SUCCEEDED, message="ready")
        edit = self.records.close(edit, ready, result=result_at(f"edited/{key}"))
        return self.announced(edit)

    def announced(self, edit: Edit) -> Edit:
        self.announcer.announce(edit, str(edit.notification_id))
        return edit

    # ------------------------------------------------ the receivers

    def _receive(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        self.called.append((self.seconds, host))
        answer = self.answering.get(host, self.answer)
        headers = dict(request.headers)
        response = answer(request)
        if 200 <= response.status_code < 300:
            self.arrived.append(
                Received(headers["webhook-id"], self.seconds, headers, request.content)
            )
        if self.is_dying:
            self.is_dying = False
            raise Died
        return response

    def state(self, edit: Edit) -> DeliveryState:
        """How the webhook of an edit stands."""
        delivery = self.now(edit).delivery
        assert delivery is not None
        return delivery.state

    def notices(self) -> list[Any]:
        """What the topic was told."""
        return [json.loads(json.loads(it["message"])["default"]) for it in self.published]

"""The callback function as API Gateway calls it, over records in memory and real adapters."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from retake.aws.dynamodb_changes import Change
from retake.domain.edit import Edit
from retake.domain.signed_links import LinkSecrets, Signer
from retake.providers.contract import Submission, Task, Verdict
from retake.records.keys import edit_key
from retake.steps.callback import callback_url

from functions.callback import app
from tests.retake.providers.fal_webhooks import USER, published, signed
from tests.retake.providers.recorded_provider import TASK_IDS, RecordedProvider, desk_of
from virtual.scene import Scene

SECRETS = LinkSecrets((("k2", b"the secret of this quarter, 32 b"), ("k1", b"the one of the last")))
SIGNER = Signer(lambda: SECRETS)
# Fixed, so that a failure comes again.
FALS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGERS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
CALLING = ("novita", "evolink", "fal")
ANSWER_HEADERS = {"cache-control": "no-store"}

Event = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A provider's call about one attempt; `event` is what API Gateway makes of it.

    `now` is when it comes; `other` is a call that is as genuine, about another edit.
    """

    provider: str
    edit_id: str
    attempt: str
    token: str
    task_id: str
    body: bytes
    headers: Mapping[str, str]
    now: datetime
    other: "Sent | None" = None

    def with_body(self, body: bytes, **signature: Any) -> "Sent":
        """The same call with another body; fal has signed it, unless told otherwise."""
        if self.provider != "fal":
            return replace(self, body=body)
        wanted: dict[str, Any] = {
            "key": FALS_KEY,
            "request_id": self.task_id,
            "seconds": self.seconds(),
        }
        return replace(self, body=body, headers=signed(body, **wanted | signature))

    def seconds(self, off: int = 0) -> str:
        """The time of the call as fal writes it."""
        return str(int(self.now.timestamp()) + off)

    def event(self, *, as_base64: bool = False, **changes: Any) -> Event:
        parts = {name: getattr(self, name) for name in ("provider", "edit_id", "attempt", "token")}
        headers = {"content-type": "application/json", "host": "api.example", **self.headers}
        text = base64.b64encode(self.body).decode() if as_base64 else None
        return {
            "resource": "/callbacks/{provider}/{edit_id}/{attempt}/{token}",
            "path": "/callbacks/" + "/".join(str(part) for part in parts.values()),
            "httpMethod": "POST",
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "pathParameters": parts,
            "stageVariables": None,
            "requestContext": {"httpMethod": "POST", "identity": {"sourceIp": "192.0.2.1"}},
            # As API Gateway shows text: bytes that are no UTF-8 are replaced.
            "body": self.body.decode("utf-8", "replace") if text is None else text,
            "isBase64Encoded": as_base64,
            **changes,
        }


BODIES: Mapping[str, Any] = {
    "novita": lambda task_id: {
        "event_type": "ASYNC_TASK_RESULT",
        "payload": {"task": {"task_id": task_id, "status": "TASK_STATUS_SUCCEED"}},
    },
    "evolink": lambda task_id: {"id": task_id, "status": "completed", "progress": 100},
    "fal": lambda task_id: {"request_id": task_id, "status": "OK", "payload": {}},
}


def body_of(provider: str, task_id: str) -> bytes:
    """What a provider posts about a task that is done."""
    return json.dumps(BODIES[provider](task_id)).encode()


@dataclass
class Doorway(Scene):
    """Two waiting edits at each provider that calls back, and the door they are told of by."""

    fals_user: str | None = USER
    fals_keys: tuple[Any, ...] = (published(FALS_KEY),)
    signer: Signer = SIGNER
    woken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.desks: dict[str, RecordedProvider] = {
            name: desk_of(name, AssertionError("Nobody may be called."))
            for name in CALLING
            if name != "fal"
        }
        self.desks["fal"] = desk_of(
            "fal",
            *self.fals_keys,
            user_id=self.fals_user,
            now=lambda: self.clock.now().timestamp(),
        )
        self.calls = {name: self._waiting(name) for name in CALLING}

    def handle(self, event: Event) -> dict[str, Any]:
        """The function's answer, its collaborators these."""
        return app.handler(event, None)

    @contextmanager
    def open(self) -> Iterator["Doorway"]:
        """Put this scene where a deployed function has its stack."""
        with (
            patch.object(app, "records", lambda: self.records),
            patch.object(app, "signer", lambda: self.signer),
            patch.object(app, "provider", lambda name: self.desks[name].provider),
            patch.object(app, "workflow", lambda: self),
            patch.object(app, "callback_proof", lambda: self.proof),
        ):
            yield self

    def wake(self, token: str) -> None:
        self.woken.append(token)

    def stored(self) -> dict[str, Any]:
        """Everything in the table, to be compared later."""
        return deepcopy(self.table.items)

    def outbound(self) -> list[httpx.Request]:
        """Every request that the adapters have sent."""
        return [request for desk in self.desks.values() for request in desk.sent]

    def edit_of(self, sent: Sent) -> Edit:
        return self.records.get(sent.edit_id)

    def sent(self, edit: Edit, task_id: str) -> Sent:
        """The call that the provider of an edit makes about the attempt to come."""
        path = urlsplit(callback_url("https://api.example", edit, SIGNER, self.records)).path
        provider, edit_id, attempt, token = path.split("/")[-4:]
        call = Sent(provider, edit_id, attempt, token, task_id, b"", {}, self.clock.now())
        return call.with_body(body_of(provider, task_id))

    def submitting(self, provider: str, task_id: str) -> Sent:
        """The call about an edit whose submit has not been answered yet."""
        edit = self.validated(f"{task_id}.mp4", model=f"{provider}/kling-o1-edit")
        sent = self.sent(edit, task_id)
        self.records.begin_submit(edit, deadline=timedelta(hours=1), listens=True)
        return sent

    def _waiting(self, provider: str) -> Sent:
        first, other = (self._one(provider, TASK_IDS[provider] + ending) for ending in ("", "x"))
        return replace(first, other=other)

    def _one(self, provider: str, task_id: str) -> Sent:
        edit = self.validated(f"{task_id}.mp4", model=f"{provider}/kling-o1-edit")
        sent = self.sent(edit, task_id)
        self.provider.submissions = [
            Submission(verdict=Verdict.ACCEPTED, task=Task(task_id=task_id))
        ]
        self.submit(edit, callback_url=lambda edit: "https://api.example/…")
        token = {"wake_token": f"token of {task_id}"}
        self.table.write(Change(key=edit_key(edit.edit_id), set=token))
        return sent

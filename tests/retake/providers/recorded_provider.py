"""A provider behind a desk: real adapter, real Outbound, recorded answers instead of a network."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from retake.catalog.models import MODELS
from retake.catalog.schema import Model
from retake.outbound.client import Outbound
from retake.providers.base import Provider
from retake.providers.contract import Order, Submission, Task
from retake.providers.registry import PROVIDERS

PAYLOADS = Path(__file__).parents[2] / "payloads"
BASE_URLS = {name: kind.url for name, kind in PROVIDERS.items()}
VIDEO = "https://inbox.example/clip.mp4?X-Amz-Signature=1&attempt=e-1.1"
Answer = httpx.Response | Exception


def _accepted(provider: str) -> dict[str, Any]:
    content = json.loads((PAYLOADS / provider / "accepted.json").read_text())
    body: dict[str, Any] = content["answers"][0]["body"]
    return body


# Under which name each provider shows a task's id, and the one that its recorded answers speak of.
ID_FIELDS = {
    name: next(field for field in _accepted(name) if field.replace("_", "") == kind.id_name)
    for name, kind in PROVIDERS.items()
}
TASK_IDS = {name: str(_accepted(name)[field]) for name, field in ID_FIELDS.items()}


class FakeKeys:
    """Each look into the vault finds the next key, the last one for ever."""

    def __init__(self, *keys: str) -> None:
        self._keys = list(keys or ("key-1",))

    def key(self, provider: str, *, fresh: bool = False) -> str:
        if fresh and len(self._keys) > 1:
            self._keys.pop(0)
        return self._keys[0]

    def names(self, provider: str, *, fresh: bool = False) -> tuple[str, ...]:
        return ("default",)


@dataclass
class RecordedProvider:
    """One provider, what it will answer (the last answer for ever) and what it was sent."""

    provider: Any
    answers: list[Answer] = field(default_factory=list)
    sent: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.sent.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        # As from a wire: unread, and good for any number of calls.
        body = httpx.ByteStream(answer.content)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=body)

    def submit(self, order: Order) -> Submission:
        submission: Submission = self.provider.send(self.provider.prepare(order))
        return submission


def desk_of(
    name: str,
    *answers: Answer,
    keys: FakeKeys | None = None,
    kind: Callable[..., Provider] | None = None,
    base_url: str = "",
    **options: Any,
) -> RecordedProvider:
    """A desk at which the provider of this name sits."""
    desk = RecordedProvider(None, list(answers))
    http = Outbound(("*",), transport=httpx.MockTransport(desk.answer))
    make = kind or PROVIDERS[name]
    desk.provider = make(base_url or BASE_URLS[name], keys or FakeKeys(), http, **options)
    return desk


def order_for(model: Model, **changes: Any) -> Order:
    """The least order a model takes."""
    wanted: dict[str, Any] = {"prompt": "noir", "video_url": VIDEO, **changes}
    return Order(model=model, **wanted)


def task_of(model: Model) -> Task:
    return Task(task_id=TASK_IDS[model.provider])


def recorded(provider: str, name: str) -> list[Answer]:
    """The answers of a payload file, in their order."""
    content = json.loads((PAYLOADS / provider / f"{name}.json").read_text())
    return [response(answer) for answer in content["answers"]]


def response(answer: Mapping[str, Any]) -> httpx.Response:
    """An answer as payload files and error rows write it."""
    headers = answer.get("headers", {})
    if "text" in answer:
        return httpx.Response(
            answer["status"], headers={"content-type": "text/html", **headers}, text=answer["text"]
        )
    return httpx.Response(answer["status"], headers=headers, json=answer["body"])


def error_rows(provider: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((PAYLOADS / provider / "errors.json").read_text())[
        "rows"
    ]
    return rows


def completed(provider: str) -> list[Answer]:
    """What comes before an answer about the result: fal tells the status first."""
    return recorded(provider, "succeeded")[:1] if provider == "fal" else []


def page_of(key: str) -> dict[str, Any]:
    """What the provider's own page says of a model: figures, quotes, fields, and whole submits."""
    provider, name = key.split("/")
    page: dict[str, Any] = json.loads((PAYLOADS / provider / f"models/{name}.json").read_text())
    return page


def every_model() -> list[Model]:
    return list(MODELS.values())


def one_model_of_each() -> list[Model]:
    """One model of each provider: an adapter reads answers alike, whatever model was asked for."""
    return list({model.provider: model for model in reversed(every_model())}.values())

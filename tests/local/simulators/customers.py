"""A small independent customer of each provider, written from its public pages."""

import time
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx

from local.simulators import Simulators

PATIENCE_SECONDS = 60


@dataclass
class Customer:
    """Submits, polls and reads answers in one dialect."""

    sims: Simulators
    http: httpx.Client
    key: str = "test-key"

    name: ClassVar[str]
    scheme: ClassVar[str] = "Bearer"
    submit_path: ClassVar[str]
    states: ClassVar[dict[str, str]]
    video_field: ClassVar[str] = "video_url"
    image_field: ClassVar[str] = "image_urls"
    id_field: ClassVar[str] = "id"
    callback_param: ClassVar[str | None] = None

    @property
    def base(self) -> str:
        return self.sims.base_urls[self.name]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"{self.scheme} {self.key}".strip()}

    def body(self, video_url: str, **more: Any) -> dict[str, Any]:
        return {self.video_field: video_url, "prompt": "make it snow", **more}

    def submit(self, video_url: str, /, callback_url: Any = None, **more: Any) -> httpx.Response:
        return self.send(self.body(video_url, **more), callback_url)

    def send(self, body: Any, callback_url: str | None = None) -> httpx.Response:
        return self.http.post(self.base + self.submit_path, json=body, headers=self.headers)

    def job_id(self, submitted: httpx.Response) -> str:
        return str(submitted.json()[self.id_field])

    def poll(self, job_id: str) -> httpx.Response:
        raise NotImplementedError

    def result(self, job_id: str) -> httpx.Response:
        """The answer that holds the video or the failure."""
        return self.poll(job_id)

    def word(self, polled: httpx.Response) -> str:
        return str(polled.json()["status"])

    def state(self, polled: httpx.Response) -> str:
        return self.states[self.word(polled)]

    def video_url(self, result: httpx.Response) -> str:
        raise NotImplementedError

    def walk(self, job_id: str) -> list[str]:
        """Poll until it has ended; the states seen, each once."""
        seen: list[str] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            state = self.state(self.poll(job_id))
            if state not in seen:
                seen.append(state)
            if state in ("done", "failed"):
                return seen
            time.sleep(0.01)
        raise AssertionError(f"{self.name} never finished: {seen}")


class NovitaCustomer(Customer):
    name = "novita"
    submit_path = "/v3/async/kling-o1-video-edit"
    video_field = "video"
    image_field = "images"
    id_field = "task_id"
    states: ClassVar = {
        "TASK_STATUS_QUEUED": "queued",
        "TASK_STATUS_PROCESSING": "running",
        "TASK_STATUS_SUCCEED": "done",
        "TASK_STATUS_FAILED": "failed",
    }

    def send(self, body: Any, callback_url: str | None = None) -> httpx.Response:
        if callback_url:
            body = {**body, "extra": {"webhook": {"url": callback_url}}}
        return super().send(body)

    def poll(self, job_id: str) -> httpx.Response:
        return self.http.get(
            f"{self.base}/v3/async/task-result", params={"task_id": job_id}, headers=self.headers
        )

    def word(self, polled: httpx.Response) -> str:
        return str(polled.json()["task"]["status"])

    def video_url(self, result: httpx.Response) -> str:
        return str(result.json()["videos"][0]["video_url"])


class EvoLinkCustomer(Customer):
    name = "evolink"
    submit_path = "/v1/videos/generations"
    states: ClassVar = {
        "pending": "queued",
        "processing": "running",
        "completed": "done",
        "failed": "failed",
    }

    def body(self, video_url: str, **more: Any) -> dict[str, Any]:
        plain = {"model": "kling-o1-video-edit", "prompt": "make it snow"}
        return {**plain, "video_urls": [video_url], **more}

    def send(self, body: Any, callback_url: str | None = None) -> httpx.Response:
        return super().send({**body, "callback_url": callback_url} if callback_url else body)

    def poll(self, job_id: str) -> httpx.Response:
        return self.http.get(f"{self.base}/v1/tasks/{job_id}", headers=self.headers)

    def video_url(self, result: httpx.Response) -> str:
        return str(result.json()["results"][0])


class AimlApiCustomer(Customer):
    name = "aimlapi"
    submit_path = "/v2/video/generations"
    image_field = "image_list"
    states: ClassVar = {
        "queued": "queued",
        "generating": "running",
        "completed": "done",
        "error": "failed",
    }

    def body(self, video_url: str, **more: Any) -> dict[str, Any]:
        model = "klingai/video-o1-video-to-video-edit"
        return {**super().body(video_url), "model": model, "provider": "kling", **more}

    def poll(self, job_id: str) -> httpx.Response:
        return self.http.get(
            self.base + self.submit_path, params={"generation_id": job_id}, headers=self.headers
        )

    def video_url(self, result: httpx.Response) -> str:
        return str(result.json()["video"]["url"])


class FalCustomer(Customer):
    name = "fal"
    scheme = "Key"
    submit_path = "/fal-ai/kling-video/o1/video-to-video/edit"
    id_field = "request_id"
    states: ClassVar = {"IN_QUEUE": "queued", "IN_PROGRESS": "running", "COMPLETED": "done"}

    def send(self, body: Any, callback_url: str | None = None) -> httpx.Response:
        params = {"fal_webhook": callback_url} if callback_url else None
        return self.http.post(
            self.base + self.submit_path, json=body, params=params, headers=self.headers
        )

    def request(self, job_id: str) -> str:
        return f"{self.base}/fal-ai/kling-video/requests/{job_id}"

    def poll(self, job_id: str) -> httpx.Response:
        return self.http.get(f"{self.request(job_id)}/status", headers=self.headers)

    def result(self, job_id: str) -> httpx.Response:
        return self.http.get(self.request(job_id), headers=self.headers)

    def state(self, polled: httpx.Response) -> str:
        return "failed" if "error" in polled.json() else super().state(polled)

    def video_url(self, result: httpx.Response) -> str:
        return str(result.json()["video"]["url"])


CUSTOMERS: tuple[type[Customer], ...] = (
    NovitaCustomer,
    EvoLinkCustomer,
    AimlApiCustomer,
    FalCustomer,
)
WITH_CALLBACKS: tuple[type[Customer], ...] = (NovitaCustomer, EvoLinkCustomer, FalCustomer)


def name_of(kind: Any) -> str:
    """A readable test id."""
    return str(getattr(kind, "name", kind))

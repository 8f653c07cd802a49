"""Every way on which this stack calls somebody, wired as its functions wire it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import retake.outbound.client
from retake.catalog.models import MODELS
from retake.domain.edit import Edit
from retake.domain.request import Request
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Status
from retake.providers.base import Provider
from retake.providers.contract import Report, Task, Verdict
from retake.providers.registry import PROVIDERS, provider
from retake.settings import Settings
from retake.steps.fetch_source import fetch_clip
from retake.steps.save_result import ResultSaver

from tests.retake.providers.fal_webhooks import signed
from tests.retake.providers.recorded_provider import BASE_URLS, TASK_IDS, order_for
from tests.support.webhook_receiver import WebhookScene
from virtual.fake_provider import FakeProvider
from virtual.scene import Scene

KEY = "key-canary"
QUEUED = '{{"edit_id": "{}", "notification_id": "{}"}}'
# A deployed function's environment, as the template and Lambda make it.
DEPLOYED = {
    "TABLE_NAME": "edits",
    "INBOX_BUCKET": "inbox",
    "RESULTS_BUCKET": "results",
    "DEFAULT_MODEL": "novita/kling-o1-edit",
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
    **{f"{name.upper()}_BASE_URL": url for name, url in BASE_URLS.items()},
}
MODEL_OF = {model.provider: model for model in MODELS.values()}


class Keys:
    """A vault with the same key for everybody."""

    def key(self, provider: str, *, fresh: bool = False) -> str:
        return KEY

    def names(self, provider: str, *, fresh: bool = False) -> tuple[str, ...]:
        return ("default",)


@dataclass(frozen=True)
class Stack:
    """The callers of one stack, by its environment; each answers or raises as it would there."""

    environment: Mapping[str, str] = field(default_factory=lambda: DEPLOYED)

    def known(self, **changes: str) -> Settings:
        return Settings.from_environment({**self.environment, **changes})

    def provider(self, name: str, **changes: str) -> Provider:
        return provider(name, self.known(**changes), Keys())

    def submit(self, name: str, base_url: str) -> Any:
        asked = self.provider(name, **{f"{name.upper()}_BASE_URL": base_url})
        return asked.send(asked.prepare(order_for(MODEL_OF[name])))

    def poll(self, name: str, base_url: str) -> Any:
        asked = self.provider(name, **{f"{name.upper()}_BASE_URL": base_url})
        return asked.poll(Task(task_id=TASK_IDS[name]))

    def poll_at(self, url: str) -> Any:
        """fal asked at addresses that somebody has put into its answer."""
        urls = dict.fromkeys(("status_url", "response_url", "cancel_url"), url)
        return self.provider("fal").poll(Task(task_id="task-1", urls=urls))

    def cancel_at(self, url: str) -> Any:
        return self.provider("fal").cancel(Task(task_id="task-1", urls={"cancel_url": url}))

    def cancel(self, base_url: str) -> Any:
        return self.provider("fal", FAL_BASE_URL=base_url).cancel(Task(task_id="task-1"))

    def forget(self, platform_url: str) -> Any:
        return self.provider("fal", FAL_PLATFORM_URL=platform_url).forget(Task(task_id="task-1"))

    def listed(self, platform_url: str) -> Any:
        asked = self.provider("fal", FAL_PLATFORM_URL=platform_url)
        return asked.find("a mark", since=datetime(2026, 3, 1, tzinfo=UTC))

    def signing_keys(self, url: str) -> Any:
        """A call that claims to be fal's, read with the keys that lie at this address."""
        asked = self.provider("fal", FAL_SIGNING_KEYS_URL=url)
        body, now = b'{"request_id": "task-1"}', str(int(datetime.now(UTC).timestamp()))
        return asked.read_callback(signed(body, request_id="task-1", seconds=now), body)

    def result(self, url: str) -> Any:
        scene, sold = Scene(), FakeProvider()
        sold.reports = [Report(verdict=Verdict.SUCCEEDED, video_url=url)]
        known = self.known()
        keeper = ResultSaver(
            storage=scene.storage,
            bucket="results",
            provider=lambda name: cast(Any, sold),
            downloads=retake.outbound.client.Outbound(
                known.result_hosts, loopback_ports=known.loopback_ports
            ),
            look=lambda reader: scene.clip,
        )
        return keeper.kept(scene.running(), now=scene.clock.now().timestamp())

    def source(self, url: str) -> Any:
        scene = Scene()
        asked_at = timestamp(scene.clock.now())
        edit = Edit(
            edit_id="e-00000000000000000000",
            status=Status.RECEIVED,
            created_at=asked_at,
            updated_at=asked_at,
            inbox_bucket="inbox",
            request=Request(prompt="noir", source="sources/fetched/clip.mp4"),
            source_url=url,
        )
        fetch_clip(
            edit,
            MODELS["novita/kling-o1-edit"],
            records=scene.records,
            storage=scene.storage,
            downloads=retake.outbound.client.Outbound(
                ("*",), loopback_ports=self.known().loopback_ports
            ),
        )
        return scene.storage.objects["inbox", "sources/fetched/clip.mp4"]

    def webhook(self, url: str) -> Any:
        """As the webhook function is wired: to any public host, with headers of ours."""
        scene = WebhookScene(stack_url=url)
        ports = self.known().loopback_ports
        caller = retake.outbound.client.Outbound(("*",), loopback_ports=ports)
        scene.sender = replace(scene.sender, outbound=caller)
        edit = scene.ended()
        return scene.sender.deliver(QUEUED.format(edit.edit_id, edit.notification_id), "m-1")


def _submit(name: str) -> Callable[[Stack, str], Any]:
    return lambda stack, url: stack.submit(name, url)


def _poll(name: str) -> Callable[[Stack, str], Any]:
    return lambda stack, url: stack.poll(name, url)


# The ways by their purpose; each goes to an address that is given.
CALLS: dict[str, Callable[[Stack, str], Any]] = {
    **{f"a submit to {name}": _submit(name) for name in PROVIDERS},
    **{f"a poll of {name}": _poll(name) for name in PROVIDERS},
    "a cancel at fal": Stack.cancel,
    "fal's deletion": Stack.forget,
    "fal's list": Stack.listed,
    "fal's signing keys": Stack.signing_keys,
    "a result": Stack.result,
    "a clip given by its address": Stack.source,
    "a webhook": Stack.webhook,
}
# Besides, addresses that a provider's answer names and its adapter may follow.
NAMED_BY_OTHERS: dict[str, Callable[[Stack, str], Any]] = {
    "a poll where fal's answer says": Stack.poll_at,
    "a cancel where fal's answer says": Stack.cancel_at,
}

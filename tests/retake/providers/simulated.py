"""A provider's adapter at its simulator, on the guarded client."""

import time
from typing import Any

from retake.catalog.schema import Model
from retake.outbound.client import Outbound
from retake.providers.base import Provider
from retake.providers.contract import Report, Submission, Task, Verdict
from retake.providers.registry import PROVIDERS

from local.simulators import Simulators
from tests.retake.providers.recorded_provider import FakeKeys, order_for

PATIENCE_SECONDS = 20


class Customer:
    """One provider's adapter at its simulator, on the guarded client."""

    def __init__(self, sims: Simulators, model: Model, clip_url: str, key: str = "key") -> None:
        self.sims, self.model, self.clip_url = sims, model, clip_url
        http = Outbound((), loopback_ports=frozenset({sims.port}))
        kind: Any = PROVIDERS[model.provider]
        options: dict[str, Any] = {}
        if model.provider == "fal":
            options = {
                "platform_url": sims.base_urls["fal-platform"],
                "signing_keys_url": f"{sims.base_urls['fal-rest']}/.well-known/jwks.json",
                "user_id": sims.settings.fal_user_id,
            }
        base_url = sims.base_urls[model.provider]
        self.provider: Provider = kind(base_url, FakeKeys(key), http, **options)

    def script(self, call: str, fault: str, **params: Any) -> None:
        self.sims.backend.script.set([{"call": call, "fault": fault, **params}])

    def submit(self, **changes: Any) -> Submission:
        order = order_for(self.model, **{"video_url": self.clip_url, **changes})
        return self.provider.send(self.provider.prepare(order))

    def task(self, **changes: Any) -> Task:
        submission = self.submit(**changes)
        assert submission.task is not None, submission
        return submission.task

    def outcome(self, task: Task) -> Report:
        """The first report that is not about a running task."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            report = self.provider.poll(task)
            if report.verdict not in (Verdict.RUNNING, Verdict.LOST):
                return report
            time.sleep(0.02)
        raise AssertionError(f"{self.model.key} never finished")

"""What the four providers share behind their words: jobs, links, ledger, faults and callbacks."""

import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Any

from local.simulators.callbacks import Courier, Speaker
from local.simulators.cdn import Cdn
from local.simulators.exchange import HttpCall
from local.simulators.faults import OF_JOB, FaultRule, Script
from local.simulators.fetching import Fetcher
from local.simulators.jobs import Developer, Jobs
from local.simulators.ledger import Ledger, LedgerKind
from local.simulators.orders import FetchedMedia, Job, JobOrder
from local.simulators.settings import DAY_SECONDS, Switches
from local.simulators.signing import WebhookKey
from local.simulators.timer import Timer

TTL_WHEN_BROKEN_SECONDS = 0.0


class Backend:
    """The providers' machine room; `root_url` is known once the server is bound, and `stopping` is
    set when it closes."""

    def __init__(
        self, settings: Switches, developer: Developer, folder: Path, stopping: Event
    ) -> None:
        self.settings = settings
        self.root_url = ""
        self.stopping = stopping
        self.ledger = Ledger()
        self.script = Script()
        self.timer = Timer()
        self.fal_key = WebhookKey()
        self.cdn = Cdn(self.ledger, self.script)
        self.courier = Courier(settings, self.ledger, self.timer)
        fetcher = Fetcher(settings, self.ledger, self.script, self.stopping)
        self.jobs = Jobs(
            settings, self.ledger, self.timer, fetcher, developer, folder, self.courier
        )

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    def close(self) -> None:
        """Stop all work."""
        self.stopping.set()
        self.timer.close()
        self.jobs.close()
        self.courier.close()

    def take(
        self,
        speaker: Speaker,
        job_id: str,
        order: JobOrder,
        call: HttpCall,
        body: object,
        rule: FaultRule | None,
    ) -> Job:
        """Accept an order: ledger, job, callback plan. Raises Refused when checked at submit."""
        provider = speaker.name
        media: FetchedMedia | None = None
        if self.checks_at_submit(provider):
            media = self.jobs.inspect(order, provider, job_id)
        quirks: dict[str, Mapping[str, Any]]
        quirks = {rule.fault: rule.params} if rule and rule.fault in OF_JOB else {}
        job = Job(
            id=job_id,
            provider=provider,
            order=order,
            base_url=call.base_url,
            seconds=self.settings.seconds,
            quirks=quirks,
            body=body,
            stores_payloads=call.headers.get("x-fal-store-io") != "0",
            media=media,
            footage=media.footage if media else None,
        )
        self.ledger.enter(
            LedgerKind.ACCEPTED,
            provider,
            job_id,
            model=order.model,
            path=call.path,
            query=dict(call.query),
            headers=_shown(call.headers),
            body=body,
            fault=rule.fault if rule else None,
        )
        plan = self.script.take(provider, "callback", call.text()) if order.callback_url else None
        self.courier.plan(job, speaker, plan)
        if plan and plan.fault == "early":
            self.jobs.run_now(job)
        else:
            self.jobs.accept(job)
        return job

    def checks_at_submit(self, provider: str) -> bool:
        """Whether this provider looks into the media before it answers a submit."""
        when = self.settings.check_at | {"fal": self.settings.fal_check_at}
        return when.get(provider, "run") == "submit"

    def link(self, job: Job, presigned: bool) -> str | None:
        """The URL of a finished job's result, which may look like presigned storage."""
        if job.result is None or job.ended_at is None:
            return None
        if job.link is None or self.settings.fresh_links:
            ttl = self.settings.ttl_seconds.get(job.provider, DAY_SECONDS)
            if quirk := job.quirks.get("ttl"):
                ttl = float(quirk.get("seconds", TTL_WHEN_BROKEN_SECONDS))
            path = self.cdn.publish(job.provider, job.id, job.result, ttl, presigned)
            job.link = self.root_url + path
        return job.link


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    scheme = headers.get("authorization", "").partition(" ")[0]
    return {**headers, "authorization": scheme}

"""What a poll may see of a job at one moment, faults included; the dialects only render it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.simulators.exchange import RefusedCall
from local.simulators.footage import ProblemKind
from local.simulators.orders import ENDED, Job, Phase

HOSTILE_URL = "http://169.254.169.254/latest/meta-data/"
PHASE_SAID = {"running": Phase.RUNNING, "done": Phase.DONE, "failed": Phase.FAILED}


@dataclass(frozen=True)
class JobView:
    """A job as it shows itself: `progress` 0-100 unless a fault spoils it, `eta_seconds` ≥ 0."""

    job: Job
    phase: Phase
    progress: Any
    eta_seconds: int
    links: tuple[str, ...] = ()
    failure: RefusedCall | None = None
    word: str | None = None
    """A status word to show instead of the dialect's own."""

    @property
    def ended(self) -> bool:
        """Whether the job shows itself as ended."""
        return self.phase in ENDED


def look(
    job: Job, phase: Phase, quirks: Mapping[str, Mapping[str, Any]], link: str | None
) -> JobView:
    """The view of a job in a phase under `quirks` (fault name → parameters).

    The phase is an argument because it may change meanwhile; `link` leads to the result.
    """
    ended = phase in ENDED
    share = job.age_seconds / job.seconds if job.seconds > 0 else 1.0
    progress = {Phase.QUEUED: 0, Phase.DONE: 100}.get(phase, min(99, int(share * 100)))
    view = JobView(
        job=job,
        phase=phase,
        progress=0 if job.failure and ended else progress,
        eta_seconds=0 if ended else max(1, round(job.seconds - job.age_seconds)),
        links=(link,) if link and phase is Phase.DONE else (),
        failure=job.failure if ended else None,
    )
    for fault, params in quirks.items():
        if fault in DISTORTIONS:
            view = DISTORTIONS[fault](view, params)
    return view


def _fail(view: JobView, params: Mapping[str, Any]) -> JobView:
    if view.job.quirks.get("fail") is params:
        return view
    reason = str(params.get("reason", "generation failed: no result"))
    return replace(
        view, phase=Phase.FAILED, links=(), failure=RefusedCall(ProblemKind.GENERATION, reason)
    )


def _moderation_fail(view: JobView, params: Mapping[str, Any]) -> JobView:
    if view.job.quirks.get("moderation_fail") is params:
        return view
    failure = RefusedCall(ProblemKind.MODERATION, "The content was refused by the safety filter")
    return replace(view, phase=Phase.FAILED, links=(), failure=failure)


def _lie(view: JobView, params: Mapping[str, Any]) -> JobView:
    phase = PHASE_SAID[str(params.get("says", "running"))]
    if phase is Phase.DONE:
        url = str(params.get("url", HOSTILE_URL))
        return replace(view, phase=phase, progress=100, links=view.links or (url,), failure=None)
    if phase is Phase.FAILED:
        return _fail(view, {"reason": params.get("reason", "generation failed: no result")})
    return replace(view, phase=phase, progress=50, eta_seconds=5, links=(), failure=None)


def _stuck(view: JobView, params: Mapping[str, Any]) -> JobView:
    return replace(view, phase=Phase.RUNNING, progress=99, links=(), failure=None)


def _unknown_status(view: JobView, params: Mapping[str, Any]) -> JobView:
    return replace(view, word=params.get("word", "PAUSED"))


def _progress(view: JobView, params: Mapping[str, Any]) -> JobView:
    return replace(view, progress=params.get("value", 101))


def _no_url(view: JobView, params: Mapping[str, Any]) -> JobView:
    return replace(view, links=())


def _two_urls(view: JobView, params: Mapping[str, Any]) -> JobView:
    return replace(view, links=view.links * 2)


def _image_url(view: JobView, params: Mapping[str, Any]) -> JobView:
    return replace(view, links=tuple(link.replace(".mp4", ".png") for link in view.links))


def _foreign_url(view: JobView, params: Mapping[str, Any]) -> JobView:
    return replace(view, links=(str(params.get("url", HOSTILE_URL)),) if view.links else ())


DISTORTIONS = {
    "fail": _fail,
    "moderation_fail": _moderation_fail,
    "lie": _lie,
    "stuck": _stuck,
    "unknown_status": _unknown_status,
    "progress": _progress,
    "no_url": _no_url,
    "two_urls": _two_urls,
    "image_url": _image_url,
    "foreign_url": _foreign_url,
}

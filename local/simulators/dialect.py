"""What the four dialects share: routes, keys, the way of a submit and of a poll."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

from local.simulators.backend import Backend
from local.simulators.callbacks import Notice
from local.simulators.exchange import HttpCall, HttpReply, RefusedCall
from local.simulators.faults import OF_JOB, FaultRule
from local.simulators.footage import Limits, ProblemKind
from local.simulators.ledger import LedgerKind
from local.simulators.orders import Job, JobOrder
from local.simulators.views import JobView, look

KLING_PROMPT = 2500
KLING_PIXELS = (720, 2160)
KLING_FRAME_RATES = (24.0, 60.0)


@dataclass(frozen=True)
class DialectRoute:
    """A method and path, which call of the fault script it is, and who answers."""

    method: str
    path: re.Pattern[str]
    call: str
    answer: Callable[[HttpCall, re.Match[str], FaultRule | None], HttpReply]
    open: bool = False
    """Answers without a key."""


class Dialect(ABC):
    """One provider's way to speak; a subclass is a table of routes and renderings."""

    name: ClassVar[str]
    scheme: ClassVar[str] = "Bearer"
    signs_links: ClassVar[bool] = False
    """Result links are presigned storage URLs."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.routes = self.make_routes()

    @abstractmethod
    def make_routes(self) -> tuple[DialectRoute, ...]:
        """The table of routes."""

    @abstractmethod
    def refusal(self, refused: RefusedCall, call: HttpCall, on_poll: bool = False) -> HttpReply:
        """A refusal in this provider's words."""

    @abstractmethod
    def row(self, code: str, call: HttpCall) -> HttpReply:
        """The row `code` of the provider's error table. Raises KeyError for an unknown one."""

    @abstractmethod
    def accepted(self, view: JobView, shown_id: str | None) -> HttpReply:
        """The answer to a submit; `shown_id` None leaves the id out."""

    @abstractmethod
    def notice(self, view: JobView, url: str, shown_id: str, foreign: bool, forged: bool) -> Notice:
        """The callback for a view."""

    def new_id(self, order: JobOrder) -> str:
        """A job id as this provider makes them."""
        return str(uuid4())

    def not_routed(self, call: HttpCall) -> HttpReply:
        """The answer on a path the provider does not have."""
        return self.refusal(RefusedCall("gone", "not found"), call)

    def route(self, call: HttpCall) -> tuple[DialectRoute, re.Match[str]] | None:
        """The route of a call."""
        for route in self.routes:
            match = route.path.fullmatch(call.path)
            if match and route.method == call.method:
                return route, match
        return None

    def check_key(self, call: HttpCall, submits: bool) -> None:
        """Raises Refused for a missing or wrong key, and for one without credit on submit."""
        scheme, _, key = call.headers.get("authorization", "").partition(" ")
        settings = self.backend.settings
        known = settings.keys is None or key in settings.keys
        if scheme != self.scheme or not key.strip() or key in settings.bad_keys or not known:
            raise RefusedCall("bad_key" if scheme and key else "no_key", "Invalid API key")
        if submits and key in settings.no_credit_keys:
            raise RefusedCall("no_credit", "Not enough credit")

    def check_words(self, prompt: str, images: int, images_max: int, image_field: str) -> None:
        """Raises Refused when the prompt is too long or there are too many images."""
        longest = self.backend.settings.prompt_max.get(self.name, KLING_PROMPT)
        if len(prompt) > longest:
            raise RefusedCall(
                ProblemKind.PROMPT_TOO_LONG,
                f"prompt must be at most {longest} characters",
                "prompt",
            )
        if images > images_max:
            raise RefusedCall(
                ProblemKind.TOO_MANY_IMAGES,
                f"{image_field} takes at most {images_max}",
                image_field,
            )

    def limits(self, **own: Any) -> Limits:
        """This provider's limits, or Kling's own where the settings ask for them."""
        if self.backend.settings.kling_floor:
            own = {"pixels": KLING_PIXELS, "frames_per_second": KLING_FRAME_RATES} | own
        return Limits(**own)

    def take(
        self, order: JobOrder, call: HttpCall, body: object, rule: FaultRule | None
    ) -> HttpReply:
        """Accept an order as a job and answer, as the rule of this submit wants it."""
        reuses = rule is not None and rule.fault == "reuse_id"
        earlier = self.backend.jobs.of(self.name) if reuses else []
        job = self.backend.take(self, self.new_id(order), order, call, body, rule)
        shown: str | None = job.id
        if rule and rule.fault == "no_id":
            shown = None
        if rule and reuses:
            shown = str(rule.params.get("id", earlier[-1].id if earlier else job.id))
        return self.accepted(self.see(job), shown)

    def see(self, job: Job, rule: FaultRule | None = None) -> JobView:
        """A job as one answer shows it."""
        once = {rule.fault: rule.params} if rule and rule.fault in OF_JOB else {}
        # The phase is read first: once it says done, the link is there.
        phase = job.phase
        return look(job, phase, {**job.quirks, **once}, self.backend.link(job, self.signs_links))

    def looked_up(
        self, job_id: str, rule: FaultRule | None = None, kind: LedgerKind = LedgerKind.POLLED
    ) -> JobView | None:
        """The view for a poll, written into the ledger; None when the provider does not know it."""
        job = self.backend.jobs.find(self.name, job_id)
        if job is None:
            self.backend.ledger.enter(kind, self.name, job_id, phase="unknown")
            return None
        job.polls += 1
        lag = job.quirks.get("lag_404")
        hidden = lag is not None and job.polls <= int(lag.get("polls", 3))
        hidden = hidden or (rule is not None and rule.fault == "lag_404")
        view = self.see(job, rule)
        self.backend.ledger.enter(
            kind, self.name, job.id, phase="unknown" if hidden else view.phase.value
        )
        return None if hidden else view

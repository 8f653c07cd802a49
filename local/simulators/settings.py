"""The switches of the simulators: how fast jobs run, and how each unknown of a provider is settled.

Where the providers' documents disagree or say nothing, a switch offers every reading.
"""

from dataclasses import asdict, dataclass, field, fields
from threading import Lock
from typing import Any

DAY_SECONDS = 86_400


@dataclass
class Switches:
    """Every switch with its default; `change` sets several at once and refuses unknown names."""

    seconds: float = 6.0
    """From the accepted submit to the finished job, whatever the machine: progress 0 → 100."""
    queued_share: float = 0.2
    """Part of `seconds` that a job waits in the queue before it runs."""

    keys: list[str] | None = None
    """Keys accepted; None: any non-empty one but `bad_keys`."""
    bad_keys: list[str] = field(default_factory=lambda: ["wrong-key"])
    no_credit_keys: list[str] = field(default_factory=lambda: ["no-credit-key"])

    strict_fields: bool = True
    """Refuse a body with a field the provider's page does not list (some would ignore it)."""
    allow_local_urls: bool = True
    """Let http:// and loopback URLs pass where a provider's page asks for public HTTPS."""
    kling_floor: bool = False
    """Hold every provider to the sizes and frame rates that only fal and Kling write down."""
    prompt_max: dict[str, int] = field(
        default_factory=lambda: {"novita": 2500, "evolink": 5000, "aimlapi": 2500, "fal": 2500}
    )
    check_at: dict[str, str] = field(
        default_factory=lambda: {"novita": "run", "evolink": "submit", "aimlapi": "run"}
    )
    """When the source is fetched and measured: "submit" (refusal) or "run" (failed job)."""
    fetch_timeout_seconds: float = 30.0
    fetch_max_bytes: int = 256 * 1024 * 1024

    bill_failed: bool = False
    """Charge jobs that ended without a result."""
    ttl_seconds: dict[str, float] = field(
        default_factory=lambda: {
            "novita": 3600,
            "evolink": DAY_SECONDS,
            "aimlapi": DAY_SECONDS,
            "fal": 7 * DAY_SECONDS,
        }
    )
    """How long a result link lives."""
    fresh_links: bool = False
    """True: every poll of a finished job hands out a new link with its full life."""

    callback_time_factor: float = 1.0
    """Multiplies every callback retry delay; 0.01 makes a two-hour schedule testable."""
    callback_timeout_seconds: float | None = None
    """Replaces each provider's own patience with the receiver; None keeps it."""

    novita_callbacks: str = "retry"
    """`extra.webhook.url` on Kling O1: "off" (ignored), "once", or "retry" (5 more deliveries)."""
    novita_failed_status: int = 200
    """How a poll answers for a failed task: 200 with the task, or 500 TASK_FAILED."""
    novita_images_with_video: int = 7
    """Reference images allowed beside a video in ref2v: the page says 7, Kling itself 4."""
    evolink_idempotency: bool = False
    """Honour the undocumented Idempotency-Key header."""
    evolink_listing: str = "complete"
    """GET /v1/tasks: "complete", "late" (jobs appear only when finished) or "absent" (404)."""
    evolink_out_of_range: str = "refuse"
    """A source outside the supported lengths: "refuse", or "bill" at the nearest bound."""
    evolink_can_cancel: bool = True
    """Show `can_cancel` in `task_info`, as the common task pages do and the O1 schema does not."""
    evolink_int_codes: bool = False
    """Error codes as integers, as the Kling page shows, instead of the task API's words."""
    aimlapi_submit_status: int = 200
    """200 as the specification says, or 201."""
    aimlapi_usd_per_second: float = 0.164
    fal_status_code: int = 202
    """HTTP status while a request waits or runs: 202, or 200 as in older pages."""
    fal_check_at: str = "run"
    """Bad media is refused "submit" (422 to the POST) or "run" (422 to the result GET)."""
    fal_urls: str = "short"
    """Returned URLs: "short" (owner/app/requests/id) or "full" (model path and /response)."""
    fal_listing: str = "finished"
    """By-endpoint listing: "finished" jobs only, "all", or "absent" (404)."""
    fal_error_in_status: bool = True
    """Show `error` and `error_type` in the status of a failed request."""
    fal_cancel_queued_status: int = 202
    """Cancelling a waiting request: 202 as for a running one, or 200 as on the newer page."""
    fal_cancel_running: str = "stops"
    """A cancelled running request "stops", or "completes" and bills."""
    fal_admin_key: bool = True
    """Whether the caller's key has the scope ADMIN, which deleting payloads takes."""
    fal_user_id: str = "github|0000001"
    """Sent as X-Fal-Webhook-User-Id."""

    def __post_init__(self) -> None:
        self._lock = Lock()

    def change(self, **switches: Any) -> None:
        """Set switches by name; dictionaries are merged. Raises ValueError for an unknown name."""
        known = {switch.name for switch in fields(self)}
        if unknown := sorted(set(switches) - known):
            raise ValueError(f"unknown settings: {', '.join(unknown)}")
        with self._lock:
            for name, value in switches.items():
                current = getattr(self, name)
                both = isinstance(current, dict) and isinstance(value, dict)
                setattr(self, name, {**current, **value} if both else value)

    def as_json(self) -> dict[str, Any]:
        """All switches as plain JSON values."""
        return asdict(self)

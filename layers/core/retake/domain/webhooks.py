"""Webhooks as Standard Webhooks 1.0.0 has them: signatures, the schedule, and what is on record.

github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md. No I/O here.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import urlsplit

from retake.domain.errors import Misconfigured
from retake.domain.patterns import pattern
from retake.domain.stored import Part, Readers
from retake.domain.values import dataclass

PREFIX = "whsec_"
MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64  # "Signature scheme"
MAX_SECRETS = 2  # the one in use, and the one that it replaces
# "Deliverability and reliability": the wait before each attempt, 75 hours in all.
WAIT_SECONDS = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_WAIT_SECONDS = WAIT_SECONDS[-1]
JITTER = 0.2  # of a wait at most; it only ever grows, so that no receiver is asked too soon
URL_CHARS = 2048
WEBHOOK_URL_FORM = "https address of a public host, without a port and without a user"
LOG_ENTRIES = 40  # of the attempts on record, the last ones
_NAME = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*"
_URL = pattern(
    rf"https://{_NAME}(:443)?([/?][!-~]*)?"
    r"|http://(127\.0\.0\.1|localhost):[0-9]{1,5}([/?][!-~]*)?"
)


class DeliveryState(StrEnum):
    """How the webhook of an edit stands."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Part):
    """The webhook of an edit's latest message. Times are ISO 8601 text.

    `attempt` counts from 1 in each `round`, of which a redelivery begins a new one. `worker` makes
    or made that attempt, since `attempted_at`; the round began at `began_at`. `log` holds of each
    attempt when, the status or the error, and how long it took, of all rounds and of earlier
    messages too; nothing that was sent or answered. `host` is the receiver's name: the address may
    hold a secret.
    """

    readers: ClassVar[Readers] = {
        "state": DeliveryState,
        "round": int,
        "attempt": int,
        "log": tuple,
    }

    notification_id: str
    host: str = ""
    state: DeliveryState = DeliveryState.PENDING
    round: int = 0
    attempt: int = 0
    worker: str | None = None
    began_at: str | None = None
    attempted_at: str | None = None
    next_attempt_at: str | None = None
    ended_at: str | None = None
    log: tuple[Mapping[str, Any], ...] = ()


def is_webhook_url(text: Any) -> bool:
    """Whether an address may be called at all: https at its own port, or this machine's.

    Where a name leads is looked at when it is called, and each time (retake.outbound).
    """
    return isinstance(text, str) and len(text) <= URL_CHARS and bool(_URL.fullmatch(text))


def host_of(url: str) -> str:
    """The receiver's name, which is all of its address that anybody is shown."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # an address that nobody has checked
        return ""


def secrets_in(text: str) -> tuple[bytes, ...]:
    """The keys of a secret as it is stored: one or two, the new one first, with white space
    between. Raises Misconfigured."""
    words = text.split()
    if not 0 < len(words) <= MAX_SECRETS:
        raise Misconfigured(
            f"The secret of the webhooks holds {len(words)} words; store one whsec_… of 24 to 64 "
            "bytes, and behind it the one that it replaces (docs/operations.md, 'Webhooks')."
        )
    return tuple(_key(word) for word in words)


def _key(word: str) -> bytes:
    try:
        key = base64.b64decode(word.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise Misconfigured(
            "A secret of the webhooks is not whsec_ and the base64 of 24 to 64 bytes; store it "
            "again (docs/operations.md, 'Webhooks')."
        )
    return key


def signed_headers(
    message_id: str, body: bytes, *, seconds: int, keys: tuple[bytes, ...]
) -> dict[str, str]:
    """The three headers of one attempt; every live secret signs these very bytes."""
    content = b".".join((message_id.encode(), str(seconds).encode(), body))
    digests = [hmac.new(key, content, hashlib.sha256).digest() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(it).decode()}" for it in digests),
    }


def wait_seconds(attempt: int, *, jitter: float, asked_seconds: int = 0) -> float | None:
    """How long to wait before the attempt of this number, None where there is none any more.

    `jitter` is a random part of 1; `asked_seconds` what the receiver named in Retry-After.
    """
    if attempt > len(WAIT_SECONDS):
        return None
    wait = WAIT_SECONDS[attempt - 1] * (1 + JITTER * jitter)
    return max(wait, min(asked_seconds, MAX_WAIT_SECONDS))

"""fal's webhooks as a test sends them, and the door they come to."""

import base64
import hashlib
import json
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.retake.providers.recorded_provider import TASK_IDS, RecordedProvider, desk_of

ID = TASK_IDS["fal"]
USER = "github|0000001"
NOW = 1_795_000_000
FALS_KEY, OTHER_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def key_set(*keys: Ed25519PrivateKey) -> dict[str, Any]:
    def encoded(key: Ed25519PrivateKey) -> str:
        return base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")

    return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": encoded(key)} for key in keys]}


def published(*keys: Ed25519PrivateKey) -> httpx.Response:
    return httpx.Response(200, json=key_set(*keys))


def event(**changes: Any) -> bytes:
    whole = {"request_id": ID, "gateway_request_id": ID, "status": "OK", "payload": {}, **changes}
    return json.dumps(whole).encode()


def signed(
    body: bytes,
    *,
    key: Ed25519PrivateKey = FALS_KEY,
    request_id: str = ID,
    user: str = USER,
    seconds: str = str(NOW),
) -> dict[str, str]:
    message = "\n".join((request_id, user, seconds, hashlib.sha256(body).hexdigest()))
    return {
        "x-fal-webhook-request-id": request_id,
        "x-fal-webhook-user-id": user,
        "x-fal-webhook-timestamp": seconds,
        "x-fal-webhook-signature": key.sign(message.encode()).hex(),
    }


class Door:
    """fal's adapter as callbacks meet it, its keys published and its clock in our hand."""

    def __init__(self, *answers: Any, user_id: str | None = USER) -> None:
        self.at = float(NOW)
        self.desk: RecordedProvider = desk_of(
            "fal", *(answers or (published(FALS_KEY),)), user_id=user_id, now=lambda: self.at
        )

    def read(self, headers: dict[str, str], body: bytes) -> Any:
        return self.desk.provider.read_callback(headers, body)

    @property
    def fetches(self) -> int:
        return len(self.desk.sent)

"""fal's webhook signature with a key of our own, and the key set it is checked against.

fal signs `request_id \\n user_id \\n timestamp \\n hex(sha256(body))` with Ed25519 and publishes
the public keys as a JWKS (fal.ai documentation, "Webhooks").
"""

import base64
import hashlib
import time
from typing import Any

from nacl.signing import SigningKey


class WebhookKey:
    """One Ed25519 key pair."""

    def __init__(self) -> None:
        self._key = SigningKey.generate()

    def headers(self, request_id: str, user_id: str, body: bytes) -> dict[str, str]:
        """The four headers fal sends with a webhook, signed now."""
        stamp = str(int(time.time()))
        message = "\n".join([request_id, user_id, stamp, hashlib.sha256(body).hexdigest()])
        return {
            "X-Fal-Webhook-Request-Id": request_id,
            "X-Fal-Webhook-User-Id": user_id,
            "X-Fal-Webhook-Timestamp": stamp,
            "X-Fal-Webhook-Signature": self._key.sign(message.encode()).signature.hex(),
        }

    def jwks(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        raw = bytes(self._key.verify_key)
        x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "test", "x": x}]}

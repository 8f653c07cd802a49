"""Whether fal signed a webhook for us just now (fal documentation, 'Webhooks').

fal signs `request id \\n user id \\n time \\n hex(sha256(raw body))` with Ed25519 and publishes its
keys as a JSON Web Key Set. The key is one for all of fal's customers.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from retake.domain.errors import Unavailable
from retake.domain.patterns import pattern
from retake.providers.answer_parsing import parsed
from retake.providers.callbacks import BadCallback, ForgedCallback

CLOCK_SECONDS = 300  # fal: refuse what is further off
KEYS_SECONDS = 24 * 3600  # fal: keep the keys no longer
FETCH_SECONDS = 300  # ours: a flood of forged callbacks must not become a flood of fetches
KEYS_MAXIMUM = 20
NAMES = ("request-id", "user-id", "timestamp", "signature")
_SIGNATURE = pattern(r"[0-9a-fA-F]{128}")
_SECONDS = pattern(r"[0-9]{1,12}")

# Points of small order, the sign bit cleared: under such a "key" one signature fits any message.
_SMALL_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


class SigningKeys:
    """fal's public keys: fetched when needed, at most once in five minutes, kept for a day.

    `fetch` returns the key set's bytes or raises Unavailable.
    """

    def __init__(self, fetch: Callable[[], bytes], now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now = now
        self._keys: tuple[bytes, ...] = ()
        self._read_at = float("-inf")
        self._tried_at = float("-inf")

    def known(self) -> tuple[bytes, ...]:
        """The keys to try. Raises Unavailable when there are none that are fresh enough."""
        if self._now() - self._read_at <= KEYS_SECONDS or self.renew():
            return self._keys
        raise Unavailable("fal's signing keys are not known now.")

    def renew(self) -> bool:
        """Fetch the keys again if that is allowed yet; whether there are new ones."""
        if self._now() - self._tried_at < FETCH_SECONDS:
            return False
        self._tried_at = self._now()
        try:
            keys = keys_in(parsed(self._fetch()))
        except Unavailable:
            return False
        if not keys:
            return False
        self._keys, self._read_at = keys, self._now()
        return True


def keys_in(key_set: Any) -> tuple[bytes, ...]:
    """The usable Ed25519 keys of a JSON Web Key Set, each 32 bytes."""
    entries = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(entries, list):
        return ()
    found = [_key_in(entry.get("x")) for entry in entries if isinstance(entry, dict)]
    return tuple(key for key in found if key is not None)[:KEYS_MAXIMUM]


def _key_in(x: object) -> bytes | None:
    if not isinstance(x, str) or not x.isascii():
        return None
    try:
        key = base64.b64decode(x + "=" * (-len(x) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(key) != 32 or bytes([*key[:31], key[31] & 0x7F]) in _SMALL_ORDER:
        return None
    return key


def verified_request_id(
    headers: Mapping[str, str],
    body: bytes,
    *,
    keys: SigningKeys,
    now: float,
    user_id: str | None,
) -> str:
    """The request that fal signed this body for, to us (if `user_id` is known), just now.

    Several keys may be of several accounts: then their ids are joined by commas.

    Without `user_id` a call that fal signed for any of its customers passes here. What is left
    then is the address, which only fal was given, and the request id, which must be the edit's;
    before that id is known, who got hold of the address can cause polls and nothing else.

    Raises BadCallback when the headers are not fal's, ForgedCallback when the signature does not
    hold, and Unavailable when it cannot be checked.
    """
    request_id, sender, seconds, signature = _signed_headers(headers)
    if not _SECONDS.fullmatch(seconds) or not _SIGNATURE.fullmatch(signature):
        raise ForgedCallback("The signature is not in fal's form.")
    if abs(now - int(seconds)) > CLOCK_SECONDS:
        raise ForgedCallback("The signature is not of now.")
    if user_id is not None and sender not in user_id.split(","):
        raise ForgedCallback("The signature is for another customer of fal.")
    digest = hashlib.sha256(body).hexdigest()
    message = "\n".join((request_id, sender, seconds, digest)).encode()
    raw = bytes.fromhex(signature)
    if not _signed_by_one(keys.known(), raw, message) and not (
        # Perhaps fal has changed its key since.
        keys.renew() and _signed_by_one(keys.known(), raw, message)
    ):
        raise ForgedCallback("The signature does not hold.")
    return request_id


def _signed_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The four values. A name given twice, and a line end in a value, would make two messages."""
    values = []
    for name in NAMES:
        wanted = f"x-fal-webhook-{name}"
        given = [value for known, value in headers.items() if known.lower() == wanted]
        if len(given) != 1 or not given[0].isprintable():
            raise BadCallback(f"The header {wanted} is not there exactly once.")
        values.append(given[0])
    return tuple(values)


def _signed_by_one(keys: tuple[bytes, ...], signature: bytes, message: bytes) -> bool:
    from nacl.exceptions import BadSignatureError  # only callbacks need libsodium
    from nacl.signing import VerifyKey

    for key in keys:
        try:
            VerifyKey(key).verify(message, signature)
        except BadSignatureError:
            continue
        return True
    return False

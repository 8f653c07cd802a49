"""Addresses that carry their own proof: who may call what, and until when.

A token is `kid.expiry.mac`: the id of the secret, the last second it holds in base 36, and an
HMAC-SHA256 over the purpose, what the link is for, the expiry and the id. Two secrets are alive
during a rotation, so that links made before it hold.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from retake.domain.errors import Misconfigured
from retake.domain.patterns import pattern
from retake.domain.stored import moment
from retake.domain.values import dataclass

SECRET_BYTES = 24  # at least; the Standard Webhooks specification asks for 24 to 64
TOKEN_CHARS = 128
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class LinkSecrets:
    """The secrets by their ids; links are signed with the first."""

    by_kid: tuple[tuple[str, bytes], ...]

    @classmethod
    def from_json(cls, text: str) -> "LinkSecrets":
        """Read `{"kid", "secret"}` and, during a rotation, `{"previous_kid", "previous_secret"}`.

        Raises Misconfigured when that is not what the text holds.
        """
        try:
            stored = json.loads(text)
            pairs = [(stored["kid"], stored["secret"])]
            if stored.get("previous_secret"):
                pairs.append((stored["previous_kid"], stored["previous_secret"]))
            by_kid = tuple((str(kid), secret.encode()) for kid, secret in pairs)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Misconfigured(
                'The secret for links does not hold {"kid": …, "secret": …}.'
            ) from None
        for kid, secret in by_kid:
            if len(secret) < SECRET_BYTES or not kid.isalnum():
                raise Misconfigured(
                    f"The secret for links needs {SECRET_BYTES} characters and an id of letters "
                    "and digits."
                )
        return cls(by_kid)


class Signer:
    """Makes and checks tokens."""

    def __init__(self, secrets: Callable[[], LinkSecrets]) -> None:
        self._secrets = secrets

    def token(self, purpose: str, *subject: str, until: datetime) -> str:
        """A token for one subject, valid until that second."""
        kid, secret = self._secrets().by_kid[0]
        expiry = _base36(int(until.timestamp()))
        return f"{kid}.{expiry}.{_mac(secret, purpose, *subject, expiry, kid)}"

    def holds(self, token: str, purpose: str, *subject: str, now: datetime) -> bool:
        """Whether the token is genuine, for this subject, and not expired.

        Never raises for what a stranger sent.
        """
        kid, _, rest = token[:TOKEN_CHARS].partition(".")
        expiry, _, given = rest.partition(".")
        secret = dict(self._secrets().by_kid).get(kid)
        if secret is None or len(token) > TOKEN_CHARS or not token.isascii():
            return False
        genuine = hmac.compare_digest(given, _mac(secret, purpose, *subject, expiry, kid))
        return genuine and now.timestamp() <= int(expiry, 36)


def _mac(secret: bytes, *parts: str) -> str:
    # Each part with its length before it: no two lists of parts make the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    digest = hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"


def raw_body(body: str | None, is_base64: bool) -> bytes | None:
    """The bytes API Gateway was sent, before anybody reads them; None when it garbled them."""
    if not is_base64:
        return (body or "").encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body or "", validate=True)
    except (binascii.Error, ValueError):
        return None


SHARE, BOARD, OWN = "share", "board", "own"
_MARK = pattern(rf"(?P<own>{OWN})?(?P<generation>[1-9][0-9]{{0,5}})?", re.ASCII)


def share_path(edit_id: str, signer: Signer, *, until: datetime, generation: int = 0) -> str:
    """Where the page of an edit is, below the API's address. Raises what its secret raises.

    Links of an earlier `generation` than the record's are taken back, and no other edit's with
    them; the first one is not written out.
    """
    word = str(generation) if generation else ""
    token = signer.token(SHARE, *_shared(edit_id, word), until=until)
    return f"share/{edit_id}/{token}" + (f"~{word}" if word else "")


def own_path(edit_id: str, signer: Signer, *, until: datetime, generation: int = 0) -> str:
    """Where the page of an edit is for its owner, who is told what it cost and led to the rest of
    its batch. Raises what its secret raises."""
    word = str(generation) if generation else ""
    token = signer.token(OWN, *_shared(edit_id, word), until=until)
    return f"share/{edit_id}/{token}~{OWN}{word}"


def is_own(token: str) -> bool:
    """Whether a token that holds is the owner's."""
    return token.partition("~")[2].startswith(OWN)


def shared_until(finished_at: str | None, days: int, now: datetime) -> datetime | None:
    """When the link to an edit ends, however often it is made: `days` after the edit. None where
    that is over, or nobody wants links."""
    until = (now if finished_at is None else moment(finished_at)) + timedelta(days=days)
    return until if days and until > now else None


def board_path(signer: Signer, *, until: datetime) -> str:
    """Where the board is, below the API's address. Raises what its secret raises."""
    return f"board/{signer.token(BOARD, until=until)}"


def share_generation(token: str, edit_id: str, signer: Signer, *, now: datetime) -> int | None:
    """Of which generation a token for this edit is that still holds; None where it is none."""
    proof, mark, said = token.partition("~")
    found = _MARK.fullmatch(said)
    if found is None or (mark and not said):
        return None
    purpose, word = OWN if found["own"] else SHARE, found["generation"] or ""
    holds = signer.holds(proof, purpose, *_shared(edit_id, word), now=now)
    return int(word or "0") if holds else None


def _shared(edit_id: str, generation: str) -> tuple[str, ...]:
    return (edit_id, generation) if generation else (edit_id,)


def opens_edit(token: str, edit_id: str, signer: Signer, *, now: datetime) -> bool:
    """Whether the token is for this edit, and still holds unless it was taken back."""
    return share_generation(token, edit_id, signer, now=now) is not None


def opens_board(token: str, signer: Signer, *, now: datetime) -> bool:
    """Whether the token is for the board, and still holds."""
    return signer.holds(token, BOARD, now=now)

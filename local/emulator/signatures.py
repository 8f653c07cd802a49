"""What the stack's own functions sign with: not the credential of the run, and only by signature.

A function hands addresses of objects out, and in each stands the id that it was signed with. So
that id alone opens nothing: a call by it must bear a whole signature of its own, an address is good
for the object it names, a form for what its policy says, and neither with a header that leads
elsewhere.
The arithmetic is the emulator's own, so that nothing is read here in another way than there.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Headers = Mapping[str, str]
Query = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class FunctionKey:
    """An access key id that may be seen, and the secret that may not."""

    key_id: str
    secret: str

    @classmethod
    def of_run(cls, run_key: str) -> "FunctionKey":
        """Neither leads back to the credential of the run."""
        secret = hmac.digest(run_key.encode(), b"functions", "sha256").hex()
        return cls("ASIA" + hashlib.sha256(secret.encode()).hexdigest()[:16].upper(), secret)

    def register(self) -> None:
        """Make it known to the emulator, which checks addresses of objects once more."""
        import ministack.services.sts as sts

        arn = "arn:aws:sts::000000000000:assumed-role/functions/run"
        sts.register_session(
            self.key_id, {"Arn": arn, "UserId": "functions:run", "SecretAccessKey": self.secret}
        )

    def signed_call(
        self, method: str, raw_path: str, headers: Headers, query: Query, body: bytes
    ) -> bool:
        """Whether a call bears this key's signature in its header."""
        import ministack.core.sigv4 as sigv4

        said = sigv4.parse_header_signature(headers)
        if isinstance(said, tuple) or said.access_key_id != self.key_id or said.region_set:
            return False
        failure = sigv4.header_signature_failure(
            said, self.secret, method, raw_path, query, headers, body
        )
        return failure is None

    def signed_address(self, method: str, raw_path: str, headers: Headers, query: Query) -> bool:
        """Whether an address of one object bears it, and nothing beside it says where to go."""
        import ministack.core.sigv4 as sigv4

        if method not in ("GET", "HEAD", "PUT") or _leads_elsewhere(headers):
            return False
        said = sigv4.parse_query_signature(query)
        if isinstance(said, tuple) or said.access_key_id != self.key_id or said.region_set:
            return False
        if said.service != "s3" or any(len(values) > 1 for values in query.values()):
            return False
        failure = sigv4.header_signature_failure(
            said, self.secret, method, raw_path, query, headers, b"", presigned=True
        )
        return failure is None

    def signed_form(self, path: str, headers: Headers, query: Query, body: bytes) -> bool:
        """Whether a form for one bucket bears it; its policy is the emulator's to judge."""
        import ministack.core.sigv4 as sigv4

        if path.strip("/").count("/") or query or _leads_elsewhere(headers):
            return False
        fields = form_fields(headers, body)
        scope = fields.get("x-amz-credential", "").split("/")
        if len(scope) != 5 or scope[0] != self.key_id or scope[3] != "s3":
            return False
        computed = sigv4.calculate_signature(
            self.secret, scope[1], scope[2], "s3", fields.get("policy", "")
        )
        return hmac.compare_digest(computed, fields.get("x-amz-signature", ""))


def form_fields(headers: Headers, body: bytes) -> dict[str, str]:
    """The fields of a form beside its file, as the emulator reads them."""
    import ministack.services.s3 as storage

    parts: list[tuple[str, Any, Any, bytes]] = storage._parse_multipart_form(
        headers.get("content-type", ""), body
    )
    return {name.lower(): value.decode("latin-1") for name, _, _, value in parts if name != "file"}


def _leads_elsewhere(headers: Headers) -> bool:
    """Whether a header could make another service of the call; so could a body of parameters."""
    if "urlencoded" in headers.get("content-type", ""):
        return True
    return any(name == "authorization" or name.startswith("x-amz-") for name in headers)

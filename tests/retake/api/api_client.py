"""The API over a scene without AWS: say something to it, look at what it answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from retake.api.context import ApiContext
from retake.api.create_edit import Counter
from retake.api.routes import Api
from retake.aws.presigned import PresignedForm
from retake.domain.errors import Forbidden, Unavailable
from retake.records.allowance import Allowance
from retake.steps.announce import Announcer

from virtual.scene import Scene


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of the API."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """Of a problem."""
        assert self.headers["content-type"] == "application/problem+json"
        return str(self.json["code"])


class FakeGrants:
    """Says what it would sign."""

    def upload(
        self, bucket: str, key: str, *, content_type: str, sizes: tuple[int, int], seconds: int
    ) -> PresignedForm:
        smallest, largest = sizes
        signed = {"key": key, "type": content_type, "limits": f"{smallest}-{largest}"}
        return PresignedForm(f"https://{bucket}", {**signed, "s": str(seconds)})

    def download(self, bucket: str, key: str, *, file_name: str, seconds: int) -> str:
        return f"https://{bucket}/{key}?name={file_name}&X-Amz-Signature=1"


@dataclass
class Queue:
    """The way into the intake queue, which may be closed."""

    messages: list[str] = field(default_factory=list)
    is_down: bool = False

    def send(self, body: str, delay_seconds: int = 0) -> None:
        if self.is_down:
            raise Unavailable("SQS cannot answer now (Throttled).")
        self.messages.append(body)


@dataclass
class Reception:
    """One API over one scene."""

    scene: Scene = field(default_factory=Scene)
    queue: Queue = field(default_factory=Queue)
    webhooks: Queue = field(default_factory=Queue)
    webhook_url: str = ""
    prefix: str = ""
    caller_folders: dict[str, str] = field(default_factory=dict)
    edits_per_minute: int = 0
    forms_per_minute: int = 0
    woken: list[str] = field(default_factory=list)
    erasures: list[str] = field(default_factory=list)
    reported: list[Exception] = field(default_factory=list)
    share: Callable[[Any, str], str | None] = lambda edit, address: None

    def __post_init__(self) -> None:
        self.grants: Any = FakeGrants()
        self.api = Api(self.context, self.reported.append)

    def context(self) -> ApiContext:
        return ApiContext(
            records=self.scene.records,
            storage=self.scene.storage,
            grants=self.grants,
            counter=Counter(
                records=self.scene.records,
                enqueue=self.queue.send,
                check_url=_only_public,
                check_receiver=_only_public,
                head=self.scene.storage.head,
                inbox_bucket="inbox",
                inbox_prefix=self.prefix,
                default_model="novita/kling-o1-edit",
                take_edits=self._allowance("edits", self.edits_per_minute),
            ),
            take_forms=self._allowance("upload forms", self.forms_per_minute),
            wake=self.woken.append,
            erase=self._carry_out,
            look=lambda reader: self.scene.clip,
            announcer=Announcer(self.webhooks, self.webhook_url),
            results_bucket="results",
            caller_folders=self.caller_folders,
            share=self.share,
        )

    def _allowance(self, what: str, per_minute: int) -> Callable[[int], None]:
        return Allowance(self.scene.table, what, per_minute, self.scene.clock.now).take

    def _carry_out(self, edit_id: str) -> None:
        if self.queue.is_down:
            raise Unavailable("Lambda cannot answer now (Throttled).")
        self.erasures.append(edit_id)

    def call(
        self,
        method: str,
        path: str,
        said: Any = None,
        *,
        account: str = "111122223333",
        role: str = "ingest",
        session: str = "one",
        **headers: str,
    ) -> Said:
        """One request; `said` travels as JSON, text as it is. Header names with _ for -."""
        path, _, query = path.partition("?")
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = said if isinstance(said, str) or said is None else json.dumps(said)
        event = {
            "httpMethod": method,
            "path": path,
            "resource": path,
            "headers": named,
            "multiValueHeaders": {name: [value] for name, value in named.items()},
            "queryStringParameters": {name: value for name, _, value in pairs} or None,
            "multiValueQueryStringParameters": {name: [value] for name, _, value in pairs} or None,
            "pathParameters": None,
            "body": body,
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": "request-1",
                "stage": "v1",
                "domainName": "abc.example",
                "path": f"/v1{path}",
                "accountId": "111122223333",
                "identity": {
                    "accountId": account,
                    "userArn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
                },
            },
        }
        answer = self.api.answer(event)
        told = {**answer.get("headers", {})}
        told |= {name: each[0] for name, each in answer.get("multiValueHeaders", {}).items()}
        lower = {name.lower(): value for name, value in told.items()}
        assert lower["cache-control"] == "no-store"
        return Said(answer["statusCode"], lower, answer["body"])

    def start(self, **fields: Any) -> Any:
        """A new edit of a clip that lies in the inbox, as the API shows it."""
        key = fields.setdefault("source", "sources/a/clip.mp4")
        self.scene.storage.objects["inbox", key] = b"clip"
        said = self.call("POST", "/edits", {"prompt": "noir", **fields})
        assert said.status == 202, said.text
        return said.json

    def taken_in(self) -> list[str]:
        """What intake starts from the queue."""
        started: list[str] = []
        for body in self.queue.messages:
            self.scene.take_in(body, started.append)
        return started


def _only_public(url: str) -> None:
    if not url.startswith("https://") or "169.254" in url:
        raise Forbidden("No.")

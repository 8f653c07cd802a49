"""A running stack as seen from outside: drop a clip, follow its record, read the messages.

Used by the command line and by the end-to-end tests. It knows only what any user of the stack
knows: the buckets, the table, the topic, and beside them the simulators' ledger.
"""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local.emulator.clients import Clients
from local.emulator.engine import TEST_ACCESS_KEY, WORKSHOP, is_alive
from local.emulator.topic_inbox import TopicInbox
from local.errors import OutOfReach

ADDRESS_FILE = WORKSHOP / "stack.json"
TAKEN_IN_SECONDS = 30  # how long an upload may take to become a record
_LOOK_SECONDS = 0.3
_SIGNS_OF_TROUBLE = ("Traceback", '"level":"ERROR"', "init failed")

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a running stack is; stored as JSON in `.local/stack.json` under these names."""

    endpoint_url: str
    region: str
    inbox_bucket: str
    inbox_prefix: str
    results_bucket: str
    table_name: str
    topic_arn: str
    state_machine_arn: str
    api_url: str
    providers: Mapping[str, str]
    simulator_url: str
    pid: int
    links_secret: str
    board_secret: str
    access_key: str = TEST_ACCESS_KEY
    board_url: str = ""  # empty where nothing serves the board at an address of its own

    def write(self, path: Path = ADDRESS_FILE) -> None:
        """Store it, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.touch(mode=0o600)  # it holds the credential of the run
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(path)

    @classmethod
    def read(cls, path: Path = ADDRESS_FILE) -> "Address":
        """Read it back; raises UserError when no stack runs there."""
        try:
            address = cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            raise OutOfReach(
                "No stack is running on this machine; start one with `retake up`, or name a "
                "deployed one with --stack."
            ) from None
        except (ValueError, TypeError) as error:
            raise OutOfReach(f"{path} does not describe a stack: {error}") from None
        if not is_alive(address.pid):
            raise OutOfReach("The stack is no longer running; start it again with `retake up`.")
        return address


class NotFinished(AssertionError):
    """An edit did not get where it was waited for; the text says how far it came."""


@dataclass(frozen=True, slots=True)
class InboxVersion:
    """One version of one key of the inbox."""

    key: str
    version_id: str


class Stack:
    """A running stack."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.clients = Clients(address.endpoint_url, address.access_key)
        self._known: dict[InboxVersion, str] = {}
        self._seen: set[str] = set()

    def upload(self, path: Path, key: str | None = None, **metadata: str) -> InboxVersion:
        """Put a file into the inbox, by default under its own name.

        The metadata's names are those of the request (`keep_audio` travels as `keep-audio`);
        text that is not ASCII is encoded as RFC 2047 says.
        """
        key = f"{self.address.inbox_prefix}{key or path.name}"
        put = self.clients.s3.put_object(
            Bucket=self.address.inbox_bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType="video/mp4",
            Metadata={name.replace("_", "-"): as_header(v) for name, v in metadata.items()},
        )
        return InboxVersion(key, put["VersionId"])

    def drop(self, path: Path, key: str | None = None, **metadata: str) -> str:
        """Upload a clip and give the id of the edit that it started."""
        return self.edit_of(self.upload(path, key, **metadata))

    def edit_of(self, upload: InboxVersion, patience: float = TAKEN_IN_SECONDS) -> str:
        """The id of the edit an upload started. Raises NotFinished if there is none."""
        give_up_at = time.monotonic() + patience
        while upload not in self._known:
            if time.monotonic() > give_up_at:
                raise NotFinished(f"No edit of {upload.key} within {patience} s; {self.trouble()}")
            self._look_for_new_edits()
            if upload not in self._known:
                time.sleep(_LOOK_SECONDS)
        return self._known[upload]

    def record(self, edit_id: str) -> Record | None:
        """The record of an edit as plain JSON values, without its key; None if there is none."""
        answer = self.clients.dynamodb.get_item(
            TableName=self.address.table_name,
            Key={"pk": {"S": f"edit#{edit_id}"}},
            ConsistentRead=True,
        )
        return _plain(answer["Item"]) if "Item" in answer else None

    def records(self) -> list[Record]:
        """The edits of today and yesterday, newest first."""
        ids = [edit_id for edit_id, _ in sorted(self._listed(), key=lambda each: each[1])]
        return [record for edit_id in reversed(ids) if (record := self.record(edit_id))]

    def follow(self, edit_id: str, patience: float = 900) -> Iterator[Record]:
        """The record at once and whenever it has changed, until it is finished and announced.

        Raises NotFinished when that does not come about, or the workflow has ended before.
        """
        last: Record | None = None
        give_up_at = time.monotonic() + patience
        while True:
            # Asked before the record is read: what it wrote last is then in what is read.
            ended = self._how_it_failed(edit_id)
            record = self.record(edit_id)
            if record is not None and record != last:
                yield record
                last = record
            if record is not None and "finished_at" in record and "notified_at" in record:
                return
            if ended or time.monotonic() > give_up_at:
                raise NotFinished(
                    f"{edit_id} stands at {(record or {}).get('status', 'no record')}; "
                    f"{ended or f'gave up after {patience} s'}; {self.trouble()}"
                )
            time.sleep(_LOOK_SECONDS)

    def open_count(self) -> int:
        """How many edits have not ended yet; the pieces of a film are no edits of their own."""
        pages = self.clients.dynamodb.get_paginator("scan").paginate(
            TableName=self.address.table_name,
            Select="COUNT",
            FilterExpression="begins_with(pk, :edit) AND attribute_not_exists(finished_at)"
            " AND attribute_not_exists(parent_id)",
            ExpressionAttributeValues={":edit": {"S": "edit#"}},
        )
        return sum(page["Count"] for page in pages)

    def wait_for(self, edit_id: str, patience: float = 150) -> Record:
        """The record once the edit is finished and its message is out. Raises NotFinished."""
        *_, record = self.follow(edit_id, patience)
        return record

    def subscribe(self, filter_policy: Mapping[str, Any] | None = None) -> TopicInbox:
        """A new queue on the completion topic."""
        return TopicInbox.subscribed(self.clients, self.address.topic_arn, filter_policy)

    def is_simulated(self, record: Record) -> bool:
        """Whether the provider of an edit is one of this machine's simulators."""
        url = self.address.providers.get(record.get("provider", ""), "")
        return url.startswith(self.address.simulator_url)

    def ledger(self) -> dict[str, Any]:
        """Everything the simulators took, billed and sent: `entries` and `totals`."""
        return self._simulators("GET", "/_ledger")

    def clear_ledger(self) -> None:
        """Begin a new page."""
        self._simulators("DELETE", "/_ledger")

    def webhooks(self, edit_id: str) -> list[dict[str, Any]]:
        """What the simulators' own receiver was told of an edit: headers and body."""
        came: list[dict[str, Any]] = self._simulators("GET", "/_webhooks")["webhooks"]
        return [it for it in came if edit_id in it["headers"].get("webhook-id", "")]

    def faults(self, *rules: Mapping[str, Any]) -> None:
        """What the simulators shall do wrong from now on; without rules, nothing."""
        self._simulators("POST", "/_faults", list(rules))

    def simulators(self, **switches: Any) -> dict[str, Any]:
        """Turn switches of the simulators; the answer holds all of them."""
        return self._simulators("POST", "/_settings", switches)

    def trouble(self) -> str:
        """The last error in the functions' logs, in one line, for whoever has to find out."""
        newest: tuple[int, str] = (0, "the functions logged no error")
        for group in self.clients.logs.describe_log_groups()["logGroups"]:
            name = group["logGroupName"]
            events = self.clients.logs.filter_log_events(logGroupName=name)["events"]
            for event in events:
                lines = event["message"].strip().splitlines()
                if any(sign in event["message"] for sign in _SIGNS_OF_TROUBLE):
                    newest = max(newest, (event["timestamp"], f"{name}: {lines[-1]}"))
        return newest[1]

    def _simulators(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # our own server, on 127.0.0.1
            self.address.simulator_url + path, data=content, method=method
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=30) as answer:
                read: dict[str, Any] = json.load(answer)
                return read
        except urllib.error.HTTPError as error:
            raise ValueError(error.read().decode()) from None

    def _look_for_new_edits(self) -> None:
        for edit_id, _ in self._listed():
            record = None if edit_id in self._seen else self.record(edit_id)
            if record is not None:
                self._seen.add(edit_id)
                dropped = record.get("upload", {})
                upload = InboxVersion(dropped.get("key", ""), dropped.get("version_id", ""))
                if not record.get("batch_index"):  # the others of a batch have the same upload
                    self._known[upload] = edit_id

    def _listed(self) -> Iterator[tuple[str, str]]:
        """Ids and listing keys of the edits of yesterday and today."""
        today = datetime.now(UTC).date()
        pages = self.clients.dynamodb.get_paginator("query")
        for day in (today - timedelta(days=1), today):
            for page in pages.paginate(
                TableName=self.address.table_name,
                IndexName="edits-by-time",
                KeyConditionExpression="listing_day = :day",
                ExpressionAttributeValues={":day": {"S": day.isoformat()}},
            ):
                for item in page["Items"]:
                    yield item["pk"]["S"].removeprefix("edit#"), item["listing_key"]["S"]

    def _how_it_failed(self, edit_id: str) -> str:
        """Why the workflow ended without a success; empty while it runs or before it began."""
        arn = self.address.state_machine_arn.replace(":stateMachine:", ":execution:")
        states = self.clients.stepfunctions
        try:
            seen = states.describe_execution(executionArn=f"{arn}:{edit_id}")
        except states.exceptions.ExecutionDoesNotExist:
            return ""
        if seen["status"] in ("RUNNING", "SUCCEEDED"):
            return ""
        return f"its workflow {seen['status']}: {seen.get('error')}: {seen.get('cause')}"


def as_header(text: str) -> str:
    """Text as an HTTP header may carry it: as it is, or as one RFC 2047 word in UTF-8."""
    if text.isascii() and text.isprintable() and "=?" not in text:
        return text
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _plain(item: Mapping[str, Any]) -> Record:
    read = TypeDeserializer().deserialize({"M": {k: v for k, v in item.items() if k != "pk"}})
    plain: Record = json.loads(json.dumps(read, default=_number))
    return plain


def _number(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value)
    return int(value) if value == value.to_integral_value() else float(value)

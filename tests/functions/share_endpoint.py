"""The share function as API Gateway calls it, over records in memory and signatures that tell."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from retake.aws.dynamodb_changes import Change
from retake.aws.presigned import Viewing
from retake.domain.edit import Conclusion, Edit, Result
from retake.domain.request import Request
from retake.domain.signed_links import LinkSecrets, Signer, board_path, share_path
from retake.domain.vocabulary import Status
from retake.presentation.board_line import line_data
from retake.presentation.site import Sent, Site
from retake.providers.contract import Submission, Task, Verdict
from retake.records.keys import edit_key
from retake.records.line_counts import LineCounter
from retake.settings import PROVIDERS

from functions.share import app
from virtual.scene import Scene

SECRETS = LinkSecrets((("k1", b"a secret that nobody has chosen"),))
BOARD_SECRETS = LinkSecrets((("k1", b"another secret that nobody has chosen"),))
RESULTS = "results-bucket"
ROUTES = {
    "share": "/share/{edit_id}/{token}",
    "board": "/board/{token}",
    "edits": "/board/{token}/edits",
}


class TellingGrants:
    """Signs by writing down what it was asked for."""

    def __init__(self) -> None:
        self.signed = 0

    def view(
        self, bucket: str, key: str, *, version_id: str | None, content_type: str, seconds: int
    ) -> str:
        self.signed += 1
        named = f"{quote(key)}?version={version_id}&type={content_type}&for={seconds}"
        return f"https://{bucket}.s3.example/{named}&signature={self.signed}"

    def download(self, bucket: str, key: str, *, file_name: str, seconds: int) -> str:
        self.signed += 1
        return f"https://{bucket}.s3.example/{quote(key)}?save-as={file_name}&for={seconds}"


class Seen(HTMLParser):
    """What a browser's parser makes of a page: elements by name, attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [f"{tag}.{name}" for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass
class Showroom(Scene):
    """Edits to be looked at, and the function that shows them."""

    signer: Signer = field(default_factory=lambda: Signer(lambda: SECRETS))
    board_signer: Signer = field(default_factory=lambda: Signer(lambda: BOARD_SECRETS))
    logged: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.grants = TellingGrants()
        self.site = Site(
            records=self.records,
            signer=self.signer,
            board_signer=self.board_signer,
            viewing=Viewing(self.grants, self.clock.now),
            results_bucket=RESULTS,
            inbox_bucket="inbox-bucket",
            report=self.report,
            line=lambda: line_data(self.line_counter().counts(self.clock.now())),
        )

    def line_counter(self) -> LineCounter:
        return LineCounter(
            table=self.table,
            line=self.records.line,
            calendar=self.budgets.calendar,
            providers=PROVIDERS,
            caps=self.budgets.stack,
        )

    @contextmanager
    def open(self) -> Iterator["Showroom"]:
        """Put this scene where a deployed function has its stack."""
        with patch.object(app, "site", lambda: self.site), patch.object(app, "log", self):
            yield self

    def info(self, message: str, **fields: Any) -> None:
        self.logged.append({"message": message, **fields})

    def ask(
        self,
        route: str,
        *,
        method: str = "GET",
        query: Any = None,
        **path: str,
    ) -> Sent:
        """What the function answers; `query` has its parameters by name."""
        event = {
            "resource": ROUTES[route],
            "httpMethod": method,
            "pathParameters": path,
            "queryStringParameters": query,  # API Gateway sends null where there is none
        }
        said = app.handler(event, None)
        return Sent(said["statusCode"], said["headers"], said["body"])

    def share_token(self, edit: Edit, days: float = 1) -> str:
        until = self.clock.now() + timedelta(days=days)
        return share_path(edit.edit_id, self.signer, until=until).rpartition("/")[2]

    def board_token(self, days: float = 1) -> str:
        return board_path(self.board_signer, until=self.clock.now() + timedelta(days=days))[6:]

    def look_at(self, edit: Edit) -> Sent:
        """The page of an edit by a good link."""
        return self.ask("share", edit_id=edit.edit_id, token=self.share_token(edit))

    def running(self, key: str = "clip.mp4", **metadata: str) -> Edit:
        task = Task(task_id=f"task of {key}")
        self.provider.submissions = [Submission(verdict=Verdict.ACCEPTED, task=task)]
        return super().running(key, **metadata)

    def ready(self, name: str = "clip.mp4", **request: Any) -> Edit:
        """An edit that succeeded."""
        edit = self.running(name)
        if request and edit.request:
            stored = Request.from_mapping(edit.request.to_mapping() | request).to_mapping()
            self.table.write(Change(key=edit_key(edit.edit_id), set={"request": stored}))
            edit = self.records.get(edit.edit_id)
        result = Result(
            bucket=RESULTS,
            key=f"edited/{name}.{edit.edit_id}.mp4",
            manifest_key=f"edited/{name}.{edit.edit_id}.json",
            poster_key=f"edited/{name}.{edit.edit_id}.jpg",
            size_bytes=1000,
            sha256="00",
            duration_seconds=5.0,
            width=1280,
            height=720,
            has_audio=True,
        )
        saving = self.records.begin_save(edit)
        ready = Conclusion(status=Status.SUCCEEDED, message="The edit is ready.")
        return self.records.close(saving, ready, result=result)

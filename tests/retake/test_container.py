"""What a deployed function makes of its settings: here, the link that a message carries."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import retake.container
from retake.domain.edit import Edit
from retake.domain.errors import Misconfigured, Unavailable
from retake.domain.signed_links import LinkSecrets, Signer, opens_edit
from retake.outbound.client import Outbound
from retake.settings import Settings

from tests.template.test_functions import Overheard
from virtual.scene import Scene

SECRET = json.dumps({"kid": "a", "secret": "x" * 32})
KNOWN = replace(
    Settings.from_environment(Overheard()), public_url="https://api.example/v1", share_days=7
)
Deploy = Callable[..., Callable[[Edit], str | None]]


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def deploy(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Deploy:
    """The function's `share_url` under some settings; `trouble` is what its secret answers."""

    def made(trouble: Exception | None = None, **known: Any) -> Callable[[Edit], str | None]:
        def secrets() -> LinkSecrets:
            if trouble is not None:
                raise trouble
            return LinkSecrets.from_json(SECRET)

        monkeypatch.setattr(retake.container, "settings", lambda: replace(KNOWN, **known))
        monkeypatch.setattr(retake.container, "records", lambda: scene.records)
        monkeypatch.setattr(retake.container, "signer", lambda: Signer(secrets))
        return retake.container.share_url

    return made


def test_the_link_opens_its_edit_for_as_many_days_as_were_chosen(
    scene: Scene, deploy: Deploy
) -> None:
    edit = scene.running()

    link = deploy()(edit)

    assert link is not None
    base, _, token = link.rpartition("/")
    signer = Signer(lambda: LinkSecrets.from_json(SECRET))
    assert base == f"https://api.example/v1/share/{edit.edit_id}"
    for days, holds in ((0, True), (7, True), (7.001, False)):
        now = scene.clock.now() + timedelta(days=days)
        assert opens_edit(token, edit.edit_id, signer, now=now) is holds


@pytest.mark.parametrize("known", [{"share_days": 0}, {"public_url": ""}])
def test_a_stack_that_wants_no_links_makes_none(
    scene: Scene, deploy: Deploy, known: dict[str, Any]
) -> None:
    assert deploy(AssertionError("The secret is not even read."), **known)(scene.running()) is None


@pytest.mark.parametrize("trouble", [Misconfigured("no secret"), Unavailable("not now")])
def test_a_link_that_cannot_be_signed_does_not_keep_a_result_from_being_told(
    scene: Scene, deploy: Deploy, trouble: Exception
) -> None:
    assert deploy(trouble)(scene.running()) is None


@pytest.mark.parametrize("library", ["httpx", "httpcore", "urllib3", "botocore"])
def test_no_library_logs_an_address(library: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    # As httpx words it for every request.
    logging.getLogger(f"{library}.any").info("HTTP Request: GET %s", "https://x/?X-Amz-Signature=1")

    assert "X-Amz-Signature" not in caplog.text


def test_a_host_that_is_not_known_is_counted_and_named_on_every_hop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = Settings.from_environment(
        {
            "TABLE_NAME": "t",
            "INBOX_BUCKET": "i",
            "RESULTS_BUCKET": "r",
            "DEFAULT_MODEL": "novita/kling-o1-edit",
            "KNOWN_RESULT_HOSTS": "cdn.example,*.known.example",
        }
    )
    counted: list[Any] = []
    monkeypatch.setattr(retake.container, "settings", lambda: known)
    monkeypatch.setattr(retake.container, "count", counted.append)
    moved = {"https://cdn.example/a.mp4": "https://a.known.example/b.mp4"}
    moved["https://a.known.example/b.mp4"] = "https://new.example/c.mp4"

    def answer(request: httpx.Request) -> httpx.Response:
        target = moved.get(str(request.url))
        return httpx.Response(302 if target else 200, headers={"location": target or ""})

    out = Outbound(
        ("*",), transport=httpx.MockTransport(answer), watch=retake.container.note_result_host
    )
    with out.download(
        "https://cdn.example/a.mp4", seconds=5, maximum_bytes=9, redirects=3
    ) as found:
        assert found.status == 200

    assert counted == [retake.container.NEW_RESULT_HOST]


def test_where_no_host_is_named_none_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Any] = []
    known = SimpleNamespace(known_result_hosts=())
    monkeypatch.setattr(retake.container, "settings", lambda: known)
    monkeypatch.setattr(retake.container, "count", counted.append)

    retake.container.note_result_host("anything.example")

    assert counted == []

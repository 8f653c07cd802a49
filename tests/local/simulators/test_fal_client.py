"""fal's own published client walks through our fal, so that it is fal's dialect and not ours."""

import os
from collections.abc import Iterator

import fal_client
import httpx
import pytest
from fal_client.client import FalClientHTTPError

from local.simulators import Simulators

APPLICATION = "fal-ai/kling-video/o1/video-to-video/edit"


@pytest.fixture
def client(sims: Simulators, monkeypatch: pytest.MonkeyPatch) -> Iterator[fal_client.SyncClient]:
    """The client, pointed to this machine: its scheme is fixed, its host read at import."""
    monkeypatch.setattr("fal_client.client.QUEUE_URL_FORMAT", f"{sims.url}/")
    client = fal_client.SyncClient(key="test-key")
    yield client
    client._client.close()


def arguments(clip_url: str) -> dict[str, object]:
    return {"prompt": "make it snow", "video_url": clip_url, "keep_audio": True}


def test_the_client_walks_from_submit_to_result(
    client: fal_client.SyncClient, clip_url: str, http: httpx.Client
) -> None:
    handle = client.submit(APPLICATION, arguments(clip_url))
    events = [type(event).__name__ for event in handle.iter_events(with_logs=True, interval=0.01)]
    result = handle.get()

    assert events[-1] == "Completed"
    assert set(events) <= {"Queued", "InProgress", "Completed"}
    assert http.get(result["video"]["url"]).content[4:8] == b"ftyp"


def test_the_client_subscribes(client: fal_client.SyncClient, clip_url: str) -> None:
    result = client.subscribe(APPLICATION, arguments(clip_url))

    assert result["video"]["content_type"] == "video/mp4"


def test_the_client_finds_a_request_by_its_id(
    client: fal_client.SyncClient, sims: Simulators, clip_url: str
) -> None:
    sims.settings.change(seconds=30)
    handle = client.submit(APPLICATION, arguments(clip_url))

    status = client.status(APPLICATION, handle.request_id, with_logs=True)

    assert isinstance(status, fal_client.Queued | fal_client.InProgress)


def test_the_client_sees_why_a_request_failed(
    client: fal_client.SyncClient, sims: Simulators, clip_url: str
) -> None:
    sims.backend.script.set([{"call": "submit", "fault": "moderation_fail"}])

    handle = client.submit(APPLICATION, arguments(clip_url))

    with pytest.raises(FalClientHTTPError, match="safety filter"):
        handle.get()


def test_the_client_cancels(client: fal_client.SyncClient, sims: Simulators, clip_url: str) -> None:
    sims.settings.change(queued_share=1.0, seconds=30)

    handle = client.submit(APPLICATION, arguments(clip_url))
    handle.cancel()

    assert isinstance(handle.status(), fal_client.Completed)
    assert sims.ledger.totals("fal")["cancelled"] == 1
    assert sims.ledger.totals("fal")["billed"] == 0


def test_the_client_pays_twice_for_one_lost_reply(
    client: fal_client.SyncClient, sims: Simulators, clip_url: str
) -> None:
    sims.backend.script.set([{"call": "submit", "fault": "drop", "times": 1}])

    client.submit(APPLICATION, arguments(clip_url))

    assert sims.ledger.totals("fal")["accepted"] == 2


def test_the_client_hands_over_the_address_of_a_webhook(
    client: fal_client.SyncClient, sims: Simulators, clip_url: str
) -> None:
    url = "https://hooks.example/callbacks/x?a=1&b=%2F"
    sims.backend.script.set([{"call": "callback", "fault": "none"}])

    client.submit(APPLICATION, arguments(clip_url), webhook_url=url)

    (line,) = sims.ledger.entries("fal", "accepted")
    assert line.details["query"] == {"fal_webhook": url}
    assert "FAL_KEY" not in os.environ

"""The simulators with the real darkroom: what comes back is the clip, edited."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from local.fake_model import Stopped
from local.simulators import Simulators
from local.simulators.footage import measure
from tests.local.simulators.customers import CUSTOMERS, Customer, NovitaCustomer, name_of


def test_a_film_in_the_making_is_given_up_without_a_word_when_the_simulators_end(
    http: httpx.Client,
    clip_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    began, given_up = Event(), Event()

    def develop(*_: Any, is_stopped: Callable[[], bool], **__: Any) -> None:
        began.set()
        until = time.monotonic() + 20
        while not is_stopped() and time.monotonic() < until:
            time.sleep(0.01)
        if is_stopped():
            given_up.set()
            raise Stopped

    monkeypatch.setattr("local.fake_model.develop", develop)
    with Simulators(seconds=0.1) as sims:
        NovitaCustomer(sims, http).submit(clip_url)
        assert began.wait(20)

    assert given_up.wait(5)
    assert caplog.records == []


@pytest.mark.long
@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_the_result_is_an_edited_clip_of_the_same_length(
    kind: type[Customer], http: httpx.Client, clip_url: str, shelf: Path, tmp_path: Path
) -> None:
    with Simulators(seconds=0.2) as sims:
        customer = kind(sims, http)
        job_id = customer.job_id(customer.submit(clip_url))
        assert customer.walk(job_id)[-1] == "done"
        video = http.get(customer.video_url(customer.result(job_id))).content
    saved = tmp_path / "saved.mp4"
    saved.write_bytes(video)

    source, result = measure(shelf / "clip.mp4"), measure(saved)

    assert video != (shelf / "clip.mp4").read_bytes()
    assert result.duration_seconds == pytest.approx(source.duration_seconds, abs=0.1)
    assert (result.width, result.height) == (source.width, source.height)


def test_a_new_video_has_the_length_and_shape_asked_for(
    http: httpx.Client, shelf_url: str, tmp_path: Path
) -> None:
    body = {
        "prompt": "a harbour",
        "images": [f"{shelf_url}/face.png"],
        "duration": 4,
        "aspect_ratio": "9:16",
    }
    with Simulators(seconds=0.2) as sims:
        customer = NovitaCustomer(sims, http)
        url = f"{customer.base}/v3/async/kling-o1-ref2v"
        job_id = customer.job_id(http.post(url, json=body, headers=customer.headers))
        assert customer.walk(job_id)[-1] == "done"
        video = http.get(customer.video_url(customer.poll(job_id))).content
    saved = tmp_path / "saved.mp4"
    saved.write_bytes(video)

    result = measure(saved)

    assert result.duration_seconds == pytest.approx(4, abs=0.1)
    assert result.width / result.height == pytest.approx(9 / 16, abs=0.01)

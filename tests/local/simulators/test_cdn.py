"""Results as they are downloaded, on good and on bad days."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from local.simulators import Simulators
from local.simulators.footage import measure
from tests.local.simulators.customers import CUSTOMERS, Customer, NovitaCustomer, name_of


@pytest.fixture
def link(sims: Simulators, http: httpx.Client, clip_url: str) -> str:
    """The link to a finished result."""
    customer = NovitaCustomer(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))
    customer.walk(job_id)
    return customer.video_url(customer.poll(job_id))


def spoil(sims: Simulators, fault: str, **params: Any) -> None:
    sims.backend.script.set([{"call": "cdn", "fault": fault, **params}])


def test_a_result_comes_whole(link: str, http: httpx.Client, shelf: Path) -> None:
    answer = http.get(link)

    assert answer.content == (shelf / "clip.mp4").read_bytes()
    assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [("bytes=0-9", 206, 0, 10), ("bytes=100-", 206, 100, None), ("bytes=-7", 206, -7, None)],
)
def test_a_result_comes_in_ranges(
    asked: str, status: int, start: int, end: int | None, link: str, http: httpx.Client, shelf: Path
) -> None:
    answer = http.get(link, headers={"Range": asked})

    assert answer.status_code == status
    assert answer.content == (shelf / "clip.mp4").read_bytes()[start:end]


def test_a_range_past_the_end_is_refused(link: str, http: httpx.Client) -> None:
    assert http.get(link, headers={"Range": "bytes=99999999-"}).status_code == 416


def test_head_tells_the_length(link: str, http: httpx.Client, shelf: Path) -> None:
    answer = http.head(link)

    assert int(answer.headers["content-length"]) == (shelf / "clip.mp4").stat().st_size
    assert answer.content == b""


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_a_link_dies_after_its_life(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.backend.script.set([{"call": "submit", "fault": "ttl", "seconds": 0}])
    customer = kind(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))
    customer.walk(job_id)

    answer = http.get(customer.video_url(customer.result(job_id)))

    assert answer.status_code == 403


@pytest.mark.parametrize("fresh", [True, False])
def test_a_poll_hands_out_a_fresh_link_when_told_to(
    fresh: bool, sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.settings.change(fresh_links=fresh)
    customer = NovitaCustomer(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))
    customer.walk(job_id)

    first, second = (customer.video_url(customer.poll(job_id)) for _ in range(2))

    assert (first != second) is fresh


@pytest.mark.parametrize(
    ("fault", "params"),
    [("truncate", {}), ("half", {}), ("wrong_length", {"extra": 100}), ("drop", {})],
)
def test_a_length_that_lies_breaks_the_download(
    fault: str, params: dict[str, Any], link: str, sims: Simulators, http: httpx.Client
) -> None:
    spoil(sims, fault, **params)

    with pytest.raises(httpx.RemoteProtocolError):
        http.get(link)


@pytest.mark.parametrize(
    ("fault", "params"), [("no_length", {}), ("wrong_length", {"extra": -1000})]
)
def test_a_short_result_can_look_like_a_whole_one(
    fault: str,
    params: dict[str, Any],
    link: str,
    sims: Simulators,
    http: httpx.Client,
    shelf: Path,
) -> None:
    spoil(sims, fault, **params)

    answer = http.get(link)

    assert answer.status_code == 200
    assert len(answer.content) < (shelf / "clip.mp4").stat().st_size


def test_a_result_can_have_no_end(link: str, sims: Simulators, http: httpx.Client) -> None:
    spoil(sims, "endless")

    with http.stream("GET", link) as answer:
        pieces = answer.iter_raw(1024 * 1024)
        received = sum(len(next(pieces)) for _ in range(20))

    assert "content-length" not in answer.headers
    assert received == 20 * 1024 * 1024


@pytest.mark.parametrize(
    ("fault", "params", "status", "start"),
    [
        ("not_video", {}, 200, b"<html>"),
        ("not_video", {"body": '{"a":1}', "content_type": "application/json"}, 200, b'{"a"'),
        ("expired", {}, 403, b"<?xml"),
        ("unavailable", {}, 503, b""),
        ("status", {"status": 410}, 410, b""),
        ("redirect", {"location": "http://10.0.0.1/"}, 302, b""),
    ],
)
def test_something_else_can_come_instead(
    fault: str,
    params: dict[str, Any],
    status: int,
    start: bytes,
    link: str,
    sims: Simulators,
    http: httpx.Client,
) -> None:
    spoil(sims, fault, **params)

    answer = http.get(link)

    assert (answer.status_code, answer.content[: len(start)]) == (status, start)


def test_a_result_can_be_shorter_than_the_source(
    sims: Simulators, http: httpx.Client, clip_url: str, tmp_path: Path
) -> None:
    sims.backend.script.set([{"call": "submit", "fault": "short_video"}])
    customer = NovitaCustomer(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))
    customer.walk(job_id)
    saved = tmp_path / "saved.mp4"

    saved.write_bytes(http.get(customer.video_url(customer.poll(job_id))).content)

    assert measure(saved).duration_seconds == pytest.approx(1.5, abs=0.1)


def test_an_unknown_link_is_not_found(sims: Simulators, http: httpx.Client) -> None:
    assert http.get(f"{sims.url}/cdn/novita/none.mp4").status_code == 404

"""The media each provider does not take, found when it looks into the file."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from local.simulators import Simulators
from tests.local.simulators.conftest import draw_clip
from tests.local.simulators.customers import (
    CUSTOMERS,
    Customer,
    EvoLinkCustomer,
    FalCustomer,
    NovitaCustomer,
    name_of,
)

# File → how it is drawn: seconds, size, frames per second.
CLIPS: dict[str, dict[str, Any]] = {
    "short.mp4": {"seconds": 2.5, "size": (128, 72)},
    "long.mp4": {"seconds": 10.5, "size": (128, 72)},
    "small.mp4": {"seconds": 3.0, "size": (640, 360)},
    "slow.mp4": {"seconds": 3.0, "rate": 12},
}
# File → fal's type for it.
FAL_TYPES = {
    "short.mp4": "video_duration_too_short",
    "long.mp4": "video_duration_too_long",
    "small.mp4": "value_error",
    "slow.mp4": "value_error",
    "page.mp4": "unsupported_video_format",
    "missing.mp4": "file_download_error",
}


@pytest.fixture(scope="module")
def wrong_clips(shelf: Path) -> None:
    """Clips outside the limits, beside the good one."""
    for name, drawing in CLIPS.items():
        draw_clip(shelf / name, **drawing)
    (shelf / "page.mp4").write_text("<html>not a film</html>")


@pytest.mark.usefixtures("wrong_clips")
@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
@pytest.mark.parametrize("clip", ["short.mp4", "long.mp4", "page.mp4", "missing.mp4"])
def test_a_wrong_source_ends_as_a_failed_job_that_costs_nothing(
    kind: type[Customer], clip: str, sims: Simulators, http: httpx.Client, shelf_url: str
) -> None:
    sims.settings.change(check_at={"evolink": "run"})
    customer = kind(sims, http)

    states = customer.walk(customer.job_id(customer.submit(f"{shelf_url}/{clip}")))

    assert states[-1] == "failed"
    assert sims.ledger.totals(kind.name)["billed"] == 0


@pytest.mark.usefixtures("wrong_clips")
@pytest.mark.parametrize("check_at", ["submit", "run"])
@pytest.mark.parametrize("clip", FAL_TYPES)
def test_fal_names_what_is_wrong_at_submit_or_at_the_result(
    clip: str, check_at: str, sims: Simulators, http: httpx.Client, shelf_url: str
) -> None:
    sims.settings.change(fal_check_at=check_at)
    customer = FalCustomer(sims, http)

    answer = customer.submit(f"{shelf_url}/{clip}")
    if check_at == "run":
        job_id = customer.job_id(answer)
        customer.walk(job_id)
        answer = customer.result(job_id)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == FAL_TYPES[clip]


def test_fal_takes_a_body_it_will_refuse_when_it_runs(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = FalCustomer(sims, http)

    submitted = customer.submit(clip_url, prompt=None)
    customer.walk(customer.job_id(submitted))
    result = customer.result(customer.job_id(submitted))

    assert submitted.status_code == 200
    assert result.json()["detail"][0] | {"ctx": {}} == {
        "loc": ["body", "prompt"],
        "msg": "prompt is required",
        "type": "missing",
        "url": "https://docs.fal.ai/errors",
        "ctx": {},
        "input": None,
    }


@pytest.mark.usefixtures("wrong_clips")
def test_evolink_measures_before_it_answers(
    sims: Simulators, http: httpx.Client, shelf_url: str
) -> None:
    answer = EvoLinkCustomer(sims, http).submit(f"{shelf_url}/long.mp4")

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "video_urls")
    assert sims.ledger.totals("evolink")["accepted"] == 0


@pytest.mark.usefixtures("wrong_clips")
def test_evolink_bills_at_the_bounds_when_told_to(
    sims: Simulators, http: httpx.Client, shelf_url: str
) -> None:
    sims.settings.change(evolink_out_of_range="bill")
    customer = EvoLinkCustomer(sims, http)

    for clip in ("short.mp4", "long.mp4"):
        customer.walk(customer.job_id(customer.submit(f"{shelf_url}/{clip}")))
    seconds = [line.details["seconds"] for line in sims.ledger.entries("evolink", "billed")]

    assert seconds == [3.0, 10.0]


@pytest.mark.usefixtures("wrong_clips")
def test_fast_mode_wants_six_seconds_at_least(
    sims: Simulators, http: httpx.Client, shelf_url: str
) -> None:
    customer = NovitaCustomer(sims, http)

    fast = customer.submit(f"{shelf_url}/long.mp4", fast_mode=True)
    too_short = customer.submit(f"{shelf_url}/clip.mp4", fast_mode=True)

    assert customer.walk(customer.job_id(fast))[-1] == "done"
    assert customer.walk(customer.job_id(too_short))[-1] == "failed"


@pytest.mark.usefixtures("wrong_clips")
def test_klings_own_limits_can_be_held_against_everybody(
    sims: Simulators, http: httpx.Client, shelf_url: str
) -> None:
    customer = NovitaCustomer(sims, http)

    lenient = customer.walk(customer.job_id(customer.submit(f"{shelf_url}/small.mp4")))
    sims.settings.change(kling_floor=True)
    strict = customer.walk(customer.job_id(customer.submit(f"{shelf_url}/small.mp4")))

    assert (lenient[-1], strict[-1]) == ("done", "failed")


@pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)
def test_a_picture_that_is_none_fails_the_job(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.settings.change(check_at={"evolink": "run"})
    customer = kind(sims, http)

    submitted = customer.submit(clip_url, **{kind.image_field: [clip_url]})

    assert customer.walk(customer.job_id(submitted))[-1] == "failed"


def test_callbacks_to_private_places_are_refused_when_the_settings_are_strict(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.settings.change(allow_local_urls=False)

    plain = EvoLinkCustomer(sims, http).submit(clip_url, "http://hooks.example/x")
    inside = EvoLinkCustomer(sims, http).submit(clip_url, "https://10.0.0.1/x")

    assert (plain.status_code, inside.status_code) == (400, 400)

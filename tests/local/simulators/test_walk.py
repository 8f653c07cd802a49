"""The same walk over every dialect: submit, queue, run, finish, download, pay once."""

import httpx
import pytest

from local.simulators import Simulators
from tests.local.simulators.conftest import CopyingDeveloper
from tests.local.simulators.customers import (
    CUSTOMERS,
    AimlApiCustomer,
    Customer,
    EvoLinkCustomer,
    FalCustomer,
    NovitaCustomer,
    name_of,
)

EVERY_DIALECT = pytest.mark.parametrize("kind", CUSTOMERS, ids=name_of)


@EVERY_DIALECT
def test_a_job_is_queued_runs_finishes_and_can_be_downloaded(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str, shelf: object
) -> None:
    customer = kind(sims, http)

    job_id = customer.job_id(customer.submit(clip_url))
    states = customer.walk(job_id)
    video = http.get(customer.video_url(customer.result(job_id)))

    assert states[-1] == "done"
    assert states == [state for state in ("queued", "running", "done") if state in states]
    assert video.headers["content-type"] == "video/mp4"
    assert video.content[4:8] == b"ftyp"


@EVERY_DIALECT
def test_one_job_is_accepted_fetched_and_billed_once(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http)

    customer.walk(customer.job_id(customer.submit(clip_url)))
    totals = http.get(f"{sims.url}/_ledger", params={"provider": kind.name}).json()["totals"]

    assert (totals["accepted"], totals["fetched"], totals["billed"]) == (1, 1, 1)
    assert 0.3 < totals["billed_usd"] < 0.6


@EVERY_DIALECT
def test_the_prompt_and_the_wish_for_sound_reach_the_developer(
    kind: type[Customer],
    sims: Simulators,
    http: httpx.Client,
    clip_url: str,
    shelf_url: str,
    developer: CopyingDeveloper,
) -> None:
    customer = kind(sims, http)
    sound = {"novita": "keep_original_sound", "evolink": "keep_original_sound"}

    wishes = {sound.get(kind.name, "keep_audio"): True}
    submitted = customer.submit(clip_url, **wishes, **{kind.image_field: [f"{shelf_url}/face.png"]})
    customer.walk(customer.job_id(submitted))

    (asked,) = developer.asked
    assert (asked["prompt"], asked["keep_audio"], len(asked["images"])) == ("make it snow", True, 1)


@EVERY_DIALECT
def test_progress_never_falls_and_a_job_takes_its_time(
    kind: type[Customer], sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = kind(sims, http)

    customer.walk(customer.job_id(customer.submit(clip_url)))
    accepted, finished = (
        sims.ledger.entries(kind.name, word)[0].at for word in ("accepted", "finished")
    )

    assert finished - accepted >= sims.settings.seconds * 0.9


def test_novita_shows_its_documented_shapes(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = NovitaCustomer(sims, http)

    submitted = customer.submit(clip_url)
    queued = customer.poll(customer.job_id(submitted)).json()
    customer.walk(customer.job_id(submitted))
    done = customer.poll(customer.job_id(submitted)).json()

    assert list(submitted.json()) == ["task_id"]
    assert set(queued) == {"extra", "task", "images", "videos", "audios"}
    assert set(queued["task"]) == {
        "task_id",
        "task_type",
        "status",
        "reason",
        "eta",
        "progress_percent",
    }
    assert done["videos"][0]["video_url_ttl"] == "3600"
    assert done["task"]["progress_percent"] == 100


def test_novita_makes_a_new_video_from_pictures_and_words(
    sims: Simulators, http: httpx.Client, shelf_url: str, developer: CopyingDeveloper
) -> None:
    customer = NovitaCustomer(sims, http)
    body = {"prompt": "a harbour", "images": [f"{shelf_url}/face.png"], "duration": 7}

    submitted = http.post(
        f"{customer.base}/v3/async/kling-o1-ref2v", json=body, headers=customer.headers
    )
    states = customer.walk(customer.job_id(submitted))

    assert states[-1] == "done"
    assert developer.asked[0]["duration_seconds"] == 7
    assert developer.asked[0]["aspect_ratio"] == "16:9"
    assert sims.ledger.totals("novita")["billed_usd"] == pytest.approx(7 * 0.168)


def test_evolink_reserves_and_then_uses_credits(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = EvoLinkCustomer(sims, http)

    submitted = customer.submit(clip_url)
    customer.walk(customer.job_id(submitted))
    done = customer.poll(customer.job_id(submitted)).json()

    assert submitted.json()["id"].startswith("task-unified-")
    assert submitted.json()["task_info"]["video_duration"] == 3
    assert submitted.json()["usage"]["credits_reserved"] == 36
    assert done["usage"]["credits_used"] == 36
    assert sims.ledger.totals("evolink")["billed_usd"] == pytest.approx(36 / 68)


def test_aimlapi_ids_hold_a_colon_and_a_slash(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = AimlApiCustomer(sims, http)

    submitted = customer.submit(clip_url).json()

    assert submitted["id"].endswith(":klingai/video-o1-video-to-video-edit")
    assert (submitted["status"], submitted["video"], submitted["error"]) == ("queued", None, None)


@pytest.mark.parametrize(
    ("shape", "suffix"),
    [("short", "fal-ai/kling-video/requests/"), ("full", "video-to-video/edit/requests/")],
)
def test_fal_urls_work_in_both_published_forms(
    shape: str, suffix: str, sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.settings.change(fal_urls=shape, seconds=4.0)
    customer = FalCustomer(sims, http)

    submitted = customer.submit(clip_url).json()
    early = http.get(submitted["response_url"], headers=customer.headers)
    status = http.get(submitted["status_url"], headers=customer.headers)
    customer.walk(submitted["request_id"])
    result = http.get(submitted["response_url"], headers=customer.headers)

    assert suffix in submitted["status_url"]
    assert submitted["status_url"].startswith(sims.base_urls["fal"])
    assert (early.status_code, early.json()) == (400, {"detail": "Request is still in progress"})
    assert (status.status_code, status.json()["queue_position"]) == (202, 0)
    assert result.json()["video"]["content_type"] == "video/mp4"


def test_fal_lists_finished_requests_with_their_input(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.settings.change(seconds=1.0)
    customer = FalCustomer(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))
    listing = f"{sims.base_urls['fal-platform']}/v1/models/requests/by-endpoint"
    query = {"endpoint_id": "fal-ai/kling-video/o1/video-to-video/edit", "expand": "payloads"}

    before = http.get(listing, params=query, headers=customer.headers).json()
    customer.walk(job_id)
    after = http.get(listing, params=query, headers=customer.headers).json()

    assert before["items"] == []
    assert after["items"][0]["request_id"] == job_id
    assert after["items"][0]["json_input"]["video_url"] == clip_url


@pytest.mark.parametrize(
    ("running", "billed"), [("stops", 0), ("completes", 1)], ids=["stops", "completes"]
)
def test_fal_cancels_a_running_request_as_the_settings_say(
    running: str, billed: int, sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    sims.settings.change(fal_cancel_running=running, queued_share=0.0, seconds=1.5)
    customer = FalCustomer(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))
    while customer.state(customer.poll(job_id)) != "running":
        pass

    cancelled = http.put(f"{customer.request(job_id)}/cancel", headers=customer.headers)
    customer.walk(job_id)
    again = http.put(f"{customer.request(job_id)}/cancel", headers=customer.headers)

    assert cancelled.json() == {"status": "CANCELLATION_REQUESTED"}
    assert (again.status_code, again.json()) == (400, {"status": "ALREADY_COMPLETED"})
    assert sims.ledger.totals("fal")["billed"] == billed


def test_evolink_lists_batches_and_counts_credits(
    sims: Simulators, http: httpx.Client, clip_url: str
) -> None:
    customer = EvoLinkCustomer(sims, http)
    job_id = customer.job_id(customer.submit(clip_url))
    customer.walk(job_id)

    listed = http.get(f"{customer.base}/v1/tasks?status=completed", headers=customer.headers)
    batch = http.post(
        f"{customer.base}/v1/tasks/batch", json={"task_ids": [job_id]}, headers=customer.headers
    )
    credits = http.get(f"{customer.base}/v1/credits", headers=customer.headers)

    assert [task["id"] for task in listed.json()["data"]] == [job_id]
    assert listed.json()["data"][0]["has_results"] is True
    assert batch.json()["data"][0]["status"] == "completed"
    assert credits.json()["data"]["user"]["used_credits"] == pytest.approx(36)

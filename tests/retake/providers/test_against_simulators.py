"""The adapters against the simulated providers: real HTTP, a real clip, and the ledger as judge."""

import time
from typing import Any

import pytest
from retake.catalog.models import MODELS
from retake.catalog.schema import Model
from retake.outbound.client import Outbound
from retake.providers.contract import Verdict

from local.simulators import Simulators, recorded
from tests.retake.providers.conftest import Letter
from tests.retake.providers.recorded_provider import every_model, one_model_of_each, order_for
from tests.retake.providers.simulated import PATIENCE_SECONDS, Customer

EVERY_MODEL = pytest.mark.parametrize("model", every_model(), ids=lambda model: str(model.key))
EACH_PROVIDER = pytest.mark.parametrize(
    "model", one_model_of_each(), ids=lambda model: str(model.provider)
)


def wishes(model: Model) -> dict[str, Any]:
    """Every option that the model can honour, and not as it is without one."""
    found: dict[str, Any] = {"keep_audio": False}
    if model.aspect_ratios:
        found["aspect_ratio"] = model.aspect_ratios[-1]
    if model.durations:
        found["duration_seconds"] = model.durations[1]
    return found


@EVERY_MODEL
@pytest.mark.parametrize("wishful", [False, True])
def test_an_edit_is_submitted_once_and_polled_until_its_video_is_there(
    model: Model, wishful: bool, sims: Simulators, clip_url: str
) -> None:
    customer = Customer(sims, model, clip_url)

    report = customer.outcome(customer.task(**(wishes(model) if wishful else {})))

    assert report.verdict is Verdict.SUCCEEDED
    assert report.video_url is not None
    downloads = Outbound((), loopback_ports=frozenset({sims.port}))
    with downloads.download(report.video_url, seconds=10, maximum_bytes=10**8) as download:
        assert (download.status, b"".join(download.chunks)[4:8]) == (200, b"ftyp")
    totals = sims.ledger.totals(model.provider)
    assert (totals["accepted"], totals["refused"], totals["billed"]) == (1, 0, 1)


@EVERY_MODEL
def test_what_arrived_is_what_the_adapter_built(
    model: Model, sims: Simulators, clip_url: str
) -> None:
    customer = Customer(sims, model, clip_url)
    order = order_for(model, video_url=clip_url, **wishes(model))
    path, body = customer.provider.request_for(order)

    customer.submit(**wishes(model))

    (entry,) = sims.ledger.entries(model.provider, "accepted")
    assert entry.details["body"] == body
    assert entry.details["path"] == path


@pytest.mark.parametrize("key", [key for key, model in MODELS.items() if model.fast])
def test_fast_mode_is_taken_where_there_is_one(key: str, sims: Simulators, clip_url: str) -> None:
    submission = Customer(sims, MODELS[key], clip_url).submit(fast=True)

    # A clip of 3 s is too short for it: EvoLink says so at once, Novita when it runs.
    expected = Verdict.REFUSED if key.startswith("evolink/") else Verdict.ACCEPTED
    assert submission.verdict is expected


SUBMIT_FAULTS = {
    "no_credit": Verdict.NO_CREDIT,
    "bad_key": Verdict.BAD_KEY,
    "rate": Verdict.RATE_LIMITED,
    "refused": Verdict.REFUSED,
    "gone": Verdict.GONE,
    "moderation": Verdict.MODERATION,
    "unavailable": Verdict.AMBIGUOUS,
    "internal": Verdict.AMBIGUOUS,
    "no_id": Verdict.AMBIGUOUS,
    "drop": Verdict.AMBIGUOUS,
    "drop_before": Verdict.AMBIGUOUS,
    "rst": Verdict.AMBIGUOUS,
    "half": Verdict.AMBIGUOUS,
    "html": Verdict.AMBIGUOUS,
    "redirect": Verdict.AMBIGUOUS,
    "bomb": Verdict.AMBIGUOUS,
}


@EACH_PROVIDER
@pytest.mark.parametrize("fault", SUBMIT_FAULTS)
def test_a_submit_that_goes_wrong_is_understood(
    model: Model, fault: str, sims: Simulators, clip_url: str
) -> None:
    customer = Customer(sims, model, clip_url)
    customer.script("submit", fault, **({"megabytes": 2} if fault == "bomb" else {}))

    submission = customer.submit()

    expected = SUBMIT_FAULTS[fault]
    if (fault, model.provider) == ("moderation", "aimlapi"):
        expected = Verdict.REFUSED  # no document tells a refused prompt from a bad request
    assert submission.verdict is expected
    if expected is not Verdict.AMBIGUOUS:
        assert sims.ledger.totals(model.provider)["accepted"] == 0


JOB_FAULTS = {
    # fault of a job: what it ends as, and whether with a link
    "fail": (Verdict.FAILED, False),
    "moderation_fail": (Verdict.MODERATION, False),
    "no_url": (Verdict.SUCCEEDED, False),
    "image_url": (Verdict.SUCCEEDED, False),
    "lag_404": (Verdict.SUCCEEDED, True),
    "progress": (Verdict.SUCCEEDED, True),
}


@EACH_PROVIDER
@pytest.mark.parametrize("fault", JOB_FAULTS)
def test_a_task_that_goes_wrong_is_understood(
    model: Model, fault: str, sims: Simulators, clip_url: str
) -> None:
    customer = Customer(sims, model, clip_url)
    customer.script("submit", fault)

    report = customer.outcome(customer.task())

    assert (report.verdict, report.video_url is not None) == JOB_FAULTS[fault]


@pytest.mark.parametrize("key", ["novita/kling-o1-edit", "evolink/kling-o1-edit"])
def test_of_two_links_the_first_is_taken(key: str, sims: Simulators, clip_url: str) -> None:
    customer = Customer(sims, MODELS[key], clip_url)
    customer.script("submit", "two_urls")

    report = customer.outcome(customer.task())

    assert (report.verdict, report.video_url is None) == (Verdict.SUCCEEDED, False)


@EACH_PROVIDER
@pytest.mark.parametrize("name", recorded.names("submit", "*")[::15])
def test_a_real_answer_to_a_submit_is_accepted_behind_where_it_says_so(
    model: Model, name: str, sims: Simulators, clip_url: str
) -> None:
    customer = Customer(sims, model, clip_url)
    customer.script("submit", "answer", name=name)

    submission = customer.submit()

    assert sims.ledger.totals(model.provider)["accepted"] == (
        1 if submission.verdict is Verdict.ACCEPTED else 0
    )


@EACH_PROVIDER
@pytest.mark.parametrize("name", ["link: data.data", "link: cover first", "link: video string"])
def test_a_result_is_found_in_a_real_answers_shape(
    model: Model, name: str, sims: Simulators, clip_url: str
) -> None:
    customer = Customer(sims, model, clip_url)
    task = customer.task()
    honest = customer.outcome(task)
    customer.script("poll", "answer", name=name)
    if model.provider == "fal":  # whose result is asked for apart
        customer.script("result", "answer", name=name)

    report = customer.provider.poll(task)

    assert (report.verdict, report.video_url) == (Verdict.SUCCEEDED, honest.video_url)


def test_a_real_answer_of_many_turns_is_given_in_order(sims: Simulators, clip_url: str) -> None:
    customer = Customer(sims, MODELS["fal/kling-o1-edit"], clip_url)
    task = customer.task()
    name = "completed, result 503 detail JSON"
    sims.backend.script.set(
        [{"call": call, "fault": "answer", "name": name} for call in ("poll", "result")]
    )

    report = customer.provider.poll(task)

    assert (report.verdict, report.says_done) == (Verdict.TRANSIENT, True)
    assert report.detail == "Service Unavailable"


def test_an_answer_that_nobody_gave_is_refused(sims: Simulators) -> None:
    with pytest.raises(ValueError, match="no answer to poll is called 'nonsense'"):
        sims.backend.script.set([{"call": "poll", "fault": "answer", "name": "nonsense"}])


POLL_FAULTS = {
    "unknown_status": Verdict.RUNNING,
    "not_found": Verdict.LOST,
    "rate": Verdict.RATE_LIMITED,
    "bad_key": Verdict.BAD_KEY,
    "unavailable": Verdict.TRANSIENT,
    "internal": Verdict.TRANSIENT,
    "html": Verdict.TRANSIENT,
    "drop": Verdict.TRANSIENT,
    "half": Verdict.TRANSIENT,
}


@EACH_PROVIDER
@pytest.mark.parametrize("fault", POLL_FAULTS)
def test_a_poll_that_goes_wrong_is_understood(
    model: Model, fault: str, sims: Simulators, clip_url: str
) -> None:
    customer = Customer(sims, model, clip_url)
    task = customer.task()
    customer.script("poll", fault)

    report = customer.provider.poll(task)
    if fault == "unknown_status" and report.video_url is not None:
        assert not report.is_certain  # the job was done meanwhile, and says PAUSED beside its link
    else:
        assert report.verdict is POLL_FAULTS[fault]


@EACH_PROVIDER
def test_a_key_of_someone_else_is_refused_and_one_without_money_too(
    model: Model, sims: Simulators, clip_url: str
) -> None:
    wrong = Customer(sims, model, clip_url, key="wrong-key").submit()
    poor = Customer(sims, model, clip_url, key="no-credit-key").submit()

    assert (wrong.verdict, poor.verdict) == (Verdict.BAD_KEY, Verdict.NO_CREDIT)


@pytest.mark.parametrize("key", [key for key, model in MODELS.items() if model.calls_back])
def test_a_callback_of_each_provider_that_sends_one_is_read(
    key: str,
    sims: Simulators,
    clip_url: str,
    letters: tuple[str, list[Letter]],
) -> None:
    url, came = letters
    customer = Customer(sims, MODELS[key], clip_url)

    task = customer.task(callback_url=url)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not came and time.monotonic() < deadline:
        time.sleep(0.02)
    callback = customer.provider.read_callback(*came[0])

    assert callback.task_id == task.task_id
    assert callback.claim.verdict is Verdict.SUCCEEDED
    assert callback.claim.video_url is None

"""What is counted: as Powertools writes it, at every level of the log."""

import json
from typing import Any

import pytest
from retake.aws.metrics import write
from retake.presentation.messages import notification
from retake.providers.contract import Submission, Verdict
from retake.steps.measures import of_bill, of_call, of_end, of_sending, of_step, of_sweep

from virtual.scene import Scene

MESSAGE = {
    "status": "SUCCEEDED",
    "provider": "fal",
    "cost": {"quoted_usd": 0.5, "billed_usd": 0.5},
    "created_at": "2026-11-28T10:00:00.000Z",
    "submitted_at": "2026-11-28T10:00:02.500Z",
    "finished_at": "2026-11-28T10:03:02.500Z",
}


def told(message: dict[str, Any]) -> dict[str, Any]:
    return notification(message, "", subject="", attributes={})


def test_an_end_is_counted_with_its_dollars_and_the_seconds_of_its_phases() -> None:
    measures, dimensions = of_end(told(MESSAGE))

    assert dimensions == {"provider": "fal", "status": "SUCCEEDED"}
    assert {name: value for name, (_, value) in measures.items()} == {
        "EditsEnded": 1,
        "DollarsQuoted": 0.5,
        "DollarsBilled": 0.5,
        "SecondsToSubmit": 2.5,
        "SecondsToResult": 180.0,
    }


@pytest.mark.parametrize(
    ("quoted", "said", "billed", "counts"),
    [
        (0.84, 0.84, 0.84, False),
        (0.84, 0.848, 0.848, False),  # within one percent
        (0.84, 0.86, 0.86, True),
        (0.84, 0.5, 0.5, True),
        (0.84, None, 0.84, False),
        (0.84, 0.5, 0.0, False),  # a copy, or nothing billed
        (None, 0.5, 0.5, False),
    ],
)
def test_a_bill_that_is_not_the_quote_is_counted(
    quoted: float | None, said: float | None, billed: float, counts: bool
) -> None:
    cost = {"quoted_usd": quoted, "billed_usd": billed}
    message = {"cost": cost, "provider_usage": {} if said is None else {"usd": said}}

    assert bool(of_bill(told(message))) is counts


def test_what_was_never_submitted_costs_nothing_and_has_no_times() -> None:
    measures, _ = of_end(told({"status": "REJECTED", "created_at": MESSAGE["created_at"]}))

    assert measures.keys() == {"EditsEnded"}


@pytest.mark.parametrize(
    ("remark", "names"),
    [
        ("parked: no credit", {"EditsParked", "ProviderTroubles"}),
        ("uncertain", {"SubmitsUncertain", "ProviderTroubles"}),
        ("unanswered: RATE_LIMITED", {"QuestionsRefused", "ProviderTroubles"}),
        ("over budget: daily_usd", {"EditsOverBudget", "ToldByMessage"}),
        ("anything else", set()),
        (None, set()),
    ],
)
def test_a_step_is_counted_by_the_first_word_of_its_remark_and_for_its_alarm(
    remark: str | None, names: set[str]
) -> None:
    assert set(of_step(remark)) == names


def test_dollars_are_counted_when_they_are_sent_or_may_have_been() -> None:
    scene = Scene()
    accepted, refused = scene.validated("a.mp4"), scene.validated("b.mp4")

    taken = scene.submit(accepted)
    scene.provider.submissions = [Submission(verdict=Verdict.REFUSED)]
    turned_away = scene.submit(refused)

    assert of_sending(taken.log_marker, 0.42) == {"DollarsCommitted": ("None", 0.42)}
    assert of_sending("uncertain", 0.42) == {"DollarsCommitted": ("None", 0.42)}
    assert of_sending(turned_away.log_marker, 0.42) == {}


def test_edits_that_the_sweep_had_to_close_are_counted_by_themselves() -> None:
    assert of_sweep({"closed": 2, "told": 1}) == {"EditsClosedBySweep": ("Count", 2)}
    assert of_sweep({"left running": 3}) == {}


@pytest.mark.parametrize(("status", "counts"), [(401, True), (200, False), (404, False)])
def test_calls_without_proof_are_counted(status: int, counts: bool) -> None:
    assert bool(of_call(status)) is counts


def test_a_line_is_one_embedded_metric_whatever_is_logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "retake")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")

    write(of_end(told(MESSAGE))[0], "Retake/retake", provider="fal", status=None)

    (line,) = capsys.readouterr().out.splitlines()
    (said,) = json.loads(line)["_aws"]["CloudWatchMetrics"]
    assert said["Namespace"] == "Retake/retake"
    assert said["Dimensions"] == [["provider", "status", "service"]]
    assert {"Name": "DollarsBilled", "Unit": "None"} in said["Metrics"]
    assert json.loads(line)["status"] == "none"

"""GET /costs: what the records say was spent, beside the sums that budgets go by."""

from datetime import timedelta
from typing import Any

import pytest
from retake.api import costs as costing
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.vocabulary import Reason, Status
from retake.records.spending import COMMITTED

from tests.retake.api.api_client import Reception
from virtual.scene import Scene, result_at

QUOTE = 0.84  # of the clip of 5 s
DONE = Conclusion(status=Status.SUCCEEDED)
LOST = failed(Reason.TIMED_OUT, "never heard of again", at_risk=True)
FREE = failed(Reason.PROVIDER_REFUSED, "not taken")


def sent(scene: Scene, key: str = "clip.mp4", **asked: str) -> Edit:
    return scene.running(key, **asked)


def ended(scene: Scene, edit: Edit, conclusion: Conclusion, **facts: Any) -> Edit:
    result = result_at(f"edited/{edit.edit_id}") if conclusion is DONE else None
    return scene.records.close(scene.now(edit), conclusion, result=result, **facts)


def read(reception: Reception, query: str = "") -> Any:
    said = reception.call("GET", f"/costs?{query}" if query else "/costs")
    assert said.status == 200, said.text
    return said.json


def test_every_way_an_edit_may_stand_is_one_of_billed_at_risk_and_reserved(
    reception: Reception,
) -> None:
    scene = reception.scene
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(4)]
    ended(scene, sent(scene, "done.mp4"), DONE)
    ended(scene, sent(scene, "lost.mp4"), LOST)
    ended(scene, sent(scene, "free.mp4"), FREE)
    sent(scene, "out.mp4")

    told = read(reception)

    assert told["total"] == {
        "attempts": 3,
        "quoted_usd": 2.52,
        "billed_usd": QUOTE,
        "at_risk_usd": QUOTE,
        "reserved_usd": QUOTE,
    }
    assert told["agrees"] is True
    assert told["is_complete"] is True
    assert [each["name"] for each in told["lines"]] == ["2026-03-01"]
    assert (told["since"], told["until"], told["time_zone"]) == ("2026-03-01", "2026-03-01", "UTC")


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("day", {"2026-03-01": 1, "2026-03-02": 2}),
        ("model", {"fal/kling-o1-edit": 1, "novita/kling-o1-edit": 2}),
        ("folder", {"": 1, "shots/": 2}),
        ("caller", {"": 3}),
    ],
)
def test_it_is_summed_by_what_is_asked_for(
    reception: Reception, by: str, names: dict[str, int]
) -> None:
    scene = reception.scene
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(3)]
    sent(scene, "shots/a.mp4")
    scene.clock.advance(timedelta(days=1).total_seconds())
    sent(scene, "shots/b.mp4")
    sent(scene, "c.mp4", model="fal/kling-o1-edit")

    told = read(reception, f"by={by}")

    assert {each["name"]: each["attempts"] for each in told["lines"]} == names


def test_the_sums_of_each_key_of_a_provider_are_told_apart_by_its_name(
    reception: Reception,
) -> None:
    scene = reception.scene
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(3)]
    sent(scene, "a.mp4")
    scene.provider.names = ("b",)
    edit = scene.validated("b.mp4")
    for _ in range(2):  # first it looks which keys there are
        scene.submit(edit)

    told = read(reception, "by=key")
    seen = reception.call("GET", f"/edits/{edit.edit_id}").json

    assert [(each["name"], each["attempts"]) for each in told["lines"]] == [
        ("novita", 1),
        ("novita/b", 1),
    ]
    assert (seen["key_name"], "charges" in seen) == ("b", False)


def test_a_sum_that_differs_from_the_records_is_told(reception: Reception) -> None:
    scene = reception.scene
    sent(scene)
    scene.table.items["spent#stack#2026-03-01"][COMMITTED] = {"N": "1"}

    told = read(reception)

    assert told["agrees"] is False
    assert told["checks"] == [
        {"day": "2026-03-01", "recorded_usd": QUOTE, "counted_usd": 0.0001, "agrees": False}
    ]


def test_an_answer_that_did_not_read_all_records_says_so_and_compares_nothing(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costing, "MAX_RECORDS", 2)
    scene = reception.scene
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(3)]
    for number in range(3):
        sent(scene, f"{number}.mp4")

    told = read(reception)

    assert (told["records_read"], told["is_complete"]) == (2, False)
    assert "agrees" not in told


def test_an_edit_that_waited_for_weeks_counts_on_the_day_it_was_sent(
    reception: Reception,
) -> None:
    scene = reception.scene
    waiting = scene.validated()
    scene.clock.advance(timedelta(days=30).total_seconds())
    scene.submit(waiting)

    told = read(reception, "since=2026-03-31&until=2026-03-31")

    assert told["total"]["reserved_usd"] == QUOTE
    assert told["agrees"] is True


def test_a_caller_that_is_confined_sees_what_its_folder_has_cost_and_no_sum_of_others(
    reception: Reception,
) -> None:
    reception.caller_folders = {"ingest": "shots/", "owner": "*"}
    scene = reception.scene
    scene.provider.submissions = [scene.accepting(f"task-{n}") for n in range(2)]
    sent(scene, "shots/own.mp4")
    sent(scene, "others/not.mp4")

    confined = reception.call("GET", "/costs?by=folder", role="ingest").json
    owner = reception.call("GET", "/costs?by=folder", role="owner").json

    assert [each["name"] for each in confined["lines"]] == ["shots/"]
    assert not {"agrees", "checks"} & confined.keys()
    assert owner["total"]["reserved_usd"] == pytest.approx(2 * QUOTE)


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "since=2026-03-02&until=2026-03-01", "since=2025-01-01", "by=colour"],
)
def test_days_and_words_that_mean_nothing_are_refused(reception: Reception, query: str) -> None:
    said = reception.call("GET", f"/costs?{query}")

    assert (said.status, said.code) == (422, "INVALID_PARAMETER")


def test_what_an_edit_was_billed_stays_in_the_sums_when_it_is_erased(
    reception: Reception,
) -> None:
    scene = reception.scene
    edit = ended(scene, sent(scene), DONE)
    scene.records.erasure.carry_out(scene.records.erasure.ask(edit), ())

    told = read(reception)

    assert told["total"]["billed_usd"] == QUOTE
    assert told["agrees"] is True

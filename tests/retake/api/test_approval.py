"""POST /edits/{id}/approval: yes or no to the amount that was read."""

from retake.domain.budgets import Budgets

from tests.retake.api.api_client import Reception
from virtual.scene import Scene


def asking() -> tuple[Reception, str]:
    reception = Reception(scene=Scene(budgets=Budgets(approve_above_usd_e4=0)))
    edit = reception.scene.validated("sources/a.mp4")
    reception.scene.submit(edit)
    return reception, f"/edits/{edit.edit_id}"


def test_a_question_is_shown_with_its_amount_and_a_yes_lets_the_edit_go_on() -> None:
    reception, path = asking()
    shown = reception.call("GET", path).json["approval"]
    assert shown["quoted_usd"] == 0.84

    said = reception.call("POST", f"{path}/approval", {"answer": "yes", "quoted_usd": 0.84})

    assert said.status == 200
    assert said.json["approval"]["answer"] == "yes"
    assert said.json["approval"]["answered_by"] == "111122223333/role/ingest"


def test_an_answer_to_another_amount_or_a_second_other_one_is_refused() -> None:
    reception, path = asking()
    url = f"{path}/approval"

    wrong = reception.call("POST", url, {"answer": "yes", "quoted_usd": 0.83})
    first = reception.call("POST", url, {"answer": "no", "quoted_usd": 0.84})
    same = reception.call("POST", url, {"answer": "no", "quoted_usd": 0.84})
    other = reception.call("POST", url, {"answer": "yes", "quoted_usd": 0.84})

    assert (wrong.status, wrong.code) == (409, "QUOTE_CHANGED")
    assert (first.status, same.status) == (200, 200)
    assert (other.status, other.code) == (409, "ALREADY_ANSWERED")


def test_who_is_asked_nothing_cannot_be_answered() -> None:
    reception = Reception()
    edit = reception.scene.validated("sources/a.mp4")

    said = reception.call(
        "POST", f"/edits/{edit.edit_id}/approval", {"answer": "yes", "quoted_usd": 0.84}
    )

    assert (said.status, said.code) == (409, "NOTHING_ASKED")


def test_an_answer_that_is_none_is_refused_by_name() -> None:
    reception, path = asking()

    said = reception.call("POST", f"{path}/approval", {"answer": "maybe", "quoted_usd": 0.84})

    assert said.status == 422
    assert said.json["field"] == "answer"

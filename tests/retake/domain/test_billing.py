"""What an edit costs or may cost, in one sentence for every surface."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from retake.api.views import EditView
from retake.domain.billing import cost_told
from retake.domain.edit import Edit
from retake.domain.vocabulary import Reason, Status
from retake.presentation.board_tiles import tile
from retake.presentation.messages import message_about, text_about
from retake.presentation.pages.plain import standing_page

from command import wording

AT = "2026-03-01T12:00:00.000Z"
NOW = datetime(2026, 3, 1, 12, 1, tzinfo=UTC)


def ended(status: Status = Status.FAILED, **facts: Any) -> Edit:
    return Edit(
        edit_id="e-1",
        status=status,
        created_at=AT,
        updated_at=AT,
        finished_at=AT,
        provider="fal",
        reason=Reason.TIMED_OUT,
        message="Not done in time.",
        **facts,
    )


def api(edit: Edit) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(EditView.of(edit, NOW).text())
    return told


SURFACES: dict[str, Callable[[Edit], str]] = {
    "API": lambda edit: str(api(edit)["cost"]),
    "board": lambda edit: str(
        tile(edit, now=NOW, share=lambda _: "", poster=lambda _: None)["cost"]
    ),
    "message": lambda edit: str(message_about(edit)["cost"]["message"]),
    "mail": text_about,
    "page": lambda edit: standing_page(edit, shows_cost=True),
    "command, one edit": lambda edit: wording.of_edit(api(edit)),
    "command, at the end": lambda edit: wording.refusal(api(edit)),
}
COSTS: list[tuple[dict[str, Any], str]] = [
    ({"billed_usd": 0.0}, "Nothing is billed."),
    ({"at_risk_usd": 0.84}, "At most $0.84 may be billed by fal."),
    (
        {"billed_usd": 1.68, "at_risk_usd": 0.84},
        "$1.68 billed by fal, and at most $0.84 more may be billed.",
    ),
    ({"provider_task_id": "task-1"}, "Whether fal bills anything is not known."),
]


@pytest.mark.parametrize("surface", sorted(SURFACES))
@pytest.mark.parametrize(("facts", "sentence"), COSTS)
def test_every_failure_says_what_it_may_cost_in_the_same_words_everywhere(
    surface: str, facts: dict[str, Any], sentence: str
) -> None:
    assert sentence in SURFACES[surface](ended(**facts))


def test_a_page_that_tells_no_price_tells_none() -> None:
    page = standing_page(ended(at_risk_usd=0.84), shows_cost=False)

    assert "$" not in page
    assert "fal" not in page


def test_a_copy_of_what_was_bought_costs_nothing_and_says_why() -> None:
    copy = ended(Status.SUCCEEDED, reused_from="e-2", billed_usd=0.0)

    assert cost_told(copy) == "Nothing is billed: it is a copy of e-2."


def test_an_open_edit_says_what_it_will_cost_once_that_is_known() -> None:
    open_ = Edit(
        edit_id="e-1", status=Status.RECEIVED, created_at=AT, updated_at=AT, provider="fal"
    )

    assert cost_told(open_) is None
    assert api(open_).get("cost") is None

"""Ask first: nothing is sent before somebody has said yes to what it costs."""

import json
from typing import Any

import pytest
from retake.domain.approval import approval_path
from retake.domain.budgets import Budgets
from retake.domain.edit import Edit
from retake.domain.signed_links import LinkSecrets, Signer
from retake.domain.vocabulary import Reason, Status, WaitsFor
from retake.steps.approval_desk import ApprovalDesk
from retake.steps.outcome import Next

from virtual.scene import Scene

SIGNER = Signer(lambda: LinkSecrets((("k1", b"x" * 32),)))
HOUR = 3600


def asking(**said: Any) -> Scene:
    """A scene that asks about everything above half a dollar."""
    return Scene(budgets=Budgets(approve_above_usd_e4=5000, **said))


def desk(scene: Scene) -> ApprovalDesk:
    return ApprovalDesk(records=scene.records, signer=SIGNER, nonce=lambda: "nonce")


def token_of(scene: Scene, edit: Edit) -> str:
    asked = scene.now(edit).approval
    assert asked is not None
    return approval_path(edit.edit_id, asked, SIGNER).rpartition("/")[2]


def asked(scene: Scene, **metadata: str) -> Edit:
    edit = scene.validated(**metadata)
    assert scene.submit(edit).next is Next.TURN
    return scene.now(edit)


def test_a_dear_edit_waits_and_one_message_asks() -> None:
    scene = asking()
    edit = scene.validated()

    step = scene.submit(edit)

    assert (step.next, step.wait_seconds) == (Next.TURN, 25 * HOUR)
    assert scene.now(edit).waits_for is WaitsFor.APPROVAL
    assert scene.provider.orders == []
    (told,) = [json.loads(json.loads(each["message"])["default"]) for each in scene.published]
    assert (told["schema"], told["quoted_usd"]) == ("retake.approval/1", 0.84)
    assert told["approval_url"] == f"https://door.example/{edit.edit_id}"
    assert "noir" not in json.dumps(scene.published)  # the prompt


@pytest.mark.parametrize(
    ("limit", "metadata", "asks"),
    [
        (None, {}, False),
        (None, {"approve": "true"}, True),
        (8400, {}, False),  # not above
        (8399, {}, True),
        (0, {}, True),
        (10_000, {"approve": "true"}, True),
        (0, {"approve": "false"}, True),  # a request cannot spend past the stack's word
    ],
)
def test_it_is_asked_about_what_is_dear_and_about_whatever_asks_for_it(
    limit: int | None, metadata: dict[str, str], asks: bool
) -> None:
    scene = Scene(budgets=Budgets(approve_above_usd_e4=limit))

    step = scene.submit(scene.validated(**metadata))

    assert (step.next is Next.TURN) is asks
    assert bool(scene.published) is asks


def test_yes_wakes_the_edit_which_goes_on_and_is_asked_about_no_more() -> None:
    scene = asking()
    edit = asked(scene)
    scene.table.items[f"edit#{edit.edit_id}"]["turn_token"] = {"S": "the token"}

    scene.records.approvals.answer(scene.now(edit), "yes", by="1/boss")

    assert scene.woken == ["the token"]
    assert scene.submit(edit).log_marker == "accepted"
    assert len(scene.published) == 1
    assert scene.now(edit).approval.answered_by == "1/boss"  # type: ignore[union-attr]  # it was asked


def test_who_answers_before_the_question_is_on_record_is_told_to_come_again() -> None:
    scene = asking()
    edit = scene.validated()
    question = scene.records.approvals.next_question(edit, seconds=HOUR)
    token = approval_path(edit.edit_id, question, SIGNER).rpartition("/")[2]

    early = desk(scene).answer(edit.edit_id, token, b"answer=yes")
    scene.submit(edit)
    answered = desk(scene).answer(edit.edit_id, token, b"answer=yes")

    assert (early.status, answered.status) == (503, 200)
    assert scene.submit(edit).log_marker == "accepted"
    assert desk(scene).answer(edit.edit_id, token, b"answer=yes").status == 403


def test_no_ends_it_unbilled() -> None:
    scene = asking()
    edit = asked(scene)

    scene.records.approvals.answer(edit, "no", by="1/boss")

    assert scene.submit(edit).next is Next.PERSIST
    conclusion = scene.now(edit).conclusion
    assert conclusion is not None
    assert (conclusion.status, conclusion.reason) == (Status.REJECTED, Reason.NOT_APPROVED)
    assert "1/boss said no" in conclusion.message
    assert scene.provider.orders == []


def test_without_an_answer_in_time_it_ends_unbilled() -> None:
    scene = asking(approval_seconds=2 * HOUR)
    edit = asked(scene)
    scene.clock.advance(HOUR)
    assert scene.submit(edit).wait_seconds == HOUR + 1  # a look in between asks nobody again

    scene.clock.advance(HOUR)

    assert scene.submit(edit).next is Next.PERSIST
    assert scene.now(edit).conclusion.reason is Reason.NOT_APPROVED  # type: ignore[union-attr]  # it has one
    assert len(scene.published) == 1


def test_a_yes_is_for_the_amount_that_was_asked_about_or_less() -> None:
    scene = asking()
    edit = asked(scene)
    scene.records.approvals.answer(edit, "yes", by="link")
    item = scene.table.items[f"edit#{edit.edit_id}"]
    scene.table.items[f"edit#{edit.edit_id}"] = {**item, "quoted_usd": {"N": "0.85"}}

    assert scene.submit(edit).next is Next.TURN
    assert scene.now(edit).approval.number == 2  # type: ignore[union-attr]  # it is asked again

    scene.table.items[f"edit#{edit.edit_id}"]["quoted_usd"] = {"N": "0.83"}
    scene.records.approvals.answer(scene.now(edit), "yes", by="link")
    assert scene.submit(edit).log_marker == "accepted"


# ---------------------------------------------------------------- the link


def test_opening_the_link_shows_the_question_and_changes_nothing() -> None:
    scene = asking()
    edit = asked(scene)
    before = scene.now(edit)

    for _ in range(3):
        page = desk(scene).question(edit.edit_id, token_of(scene, edit))

    assert page.status == 200
    assert "$0.84" in page.body
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert scene.now(edit) == before


@pytest.mark.parametrize(("said", "status"), [("yes", None), ("no", Reason.NOT_APPROVED)])
def test_the_form_answers_it_once(said: str, status: Reason | None) -> None:
    scene = asking()
    edit = asked(scene)
    token = token_of(scene, edit)

    first = desk(scene).answer(edit.edit_id, token, f"answer={said}".encode())
    again = desk(scene).answer(edit.edit_id, token, b"answer=yes")
    look = desk(scene).question(edit.edit_id, token)

    conclusion = scene.now(edit).conclusion
    assert (first.status, again.status, look.status) == (200, 403, 403)
    assert (conclusion.reason if conclusion else None) is status
    assert scene.now(edit).approval.answer == said  # type: ignore[union-attr]  # it was asked


@pytest.mark.parametrize(
    "body", [None, b"", b"answer=", b"answer=maybe", b"answer=yes&answer=no", b"\xff", b"x" * 2000]
)
def test_a_form_that_says_neither_asks_again(body: bytes | None) -> None:
    scene = asking()
    edit = asked(scene)

    page = desk(scene).answer(edit.edit_id, token_of(scene, edit), body)

    assert (page.status, "$0.84" in page.body) == (200, True)
    assert scene.now(edit).approval.answer is None  # type: ignore[union-attr]  # it was asked


def test_a_link_for_another_amount_question_edit_or_time_opens_nothing() -> None:
    scene = asking()
    first, other = asked(scene), asked(scene, key="other.mp4")
    token = token_of(scene, first)

    assert desk(scene).answer(other.edit_id, token, b"answer=yes").status == 403
    assert desk(scene).answer("e-unknown", token, b"answer=yes").status == 403
    assert desk(scene).answer(first.edit_id, token[:-1] + "x", b"answer=yes").status == 403
    item = scene.table.items[f"edit#{first.edit_id}"]
    scene.table.items[f"edit#{first.edit_id}"] = {**item, "quoted_usd": {"N": "1.5"}}
    scene.submit(first)  # asks about the new amount
    assert desk(scene).answer(first.edit_id, token, b"answer=yes").status == 403
    fresh = token_of(scene, first)
    scene.clock.advance(72 * HOUR + 1)
    assert desk(scene).answer(first.edit_id, fresh, b"answer=yes").status == 403

"""Whichever way an edit comes, what it may cost is held against the same budget."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from retake.domain.budgets import Budgets
from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.spending_caps import STACK, caps_of
from retake.domain.vocabulary import Reason
from retake.providers.contract import Submission, Verdict
from retake.records.slots import Rooms

from tests.retake.api.api_client import Reception
from tests.support.memory_stack import Scene, result_at

CAP = 3
QUOTE = 8400
DAY = "spent#stack#2026-03-01"
LOST = failed(Reason.TIMED_OUT, "gone", at_risk=True)


class House:
    """One stack with room for three edits a day, and every door that leads into it."""

    def __init__(self) -> None:
        budgets = Budgets(stack=caps_of(STACK, {"daily_edits": CAP, "daily_usd": CAP * 0.84}))
        self.scene = Scene(budgets=budgets)
        self.scene.records.line.rooms = Rooms({"novita": 1000})
        self.reception = Reception(scene=self.scene)
        self.number = 0
        self.edit_ids: list[str] = []

    def send(self, edit_id: str) -> Edit:
        """As its workflow does, whatever comes of it."""
        self.edit_ids.append(edit_id)
        self.number += 1
        if not self.scene.provider.submissions:
            self.scene.provider.submissions = [self.scene.accepting(f"task-{self.number}")]
        edit = self.scene.records.get(edit_id)
        self.scene.validate(edit)
        self.scene.submit(edit)
        if len(self.scene.provider.submissions) == 1:
            self.scene.provider.submissions = [self.scene.accepting(f"task-{self.number}-next")]
        return self.scene.now(edit)

    def bucket(self) -> None:
        self.number += 1
        self.send(self.scene.upload(f"shots/{self.number}.mp4").edit_id)

    def api(self) -> None:
        self.send(self.reception.start()["edit_id"])

    def batch(self) -> None:
        said: dict[str, Any] = {"prompts": ["noir", "dusk"], "source": "sources/a/clip.mp4"}
        self.scene.storage.objects["inbox", said["source"]] = b"clip"
        for edit_id in self.reception.call("POST", "/edits", said).json["edit_ids"]:
            self.send(edit_id)

    def retry(self) -> None:
        """An edit that was refused for nothing, and is tried again."""
        self.number += 1
        self.scene.provider.submissions.insert(0, Submission(verdict=Verdict.REFUSED))
        edit = self.send(self.scene.upload(f"{self.number}.mp4").edit_id)
        self.scene.provider.submissions = [
            each for each in self.scene.provider.submissions if each.verdict is Verdict.ACCEPTED
        ]
        if edit.conclusion is not None:
            self.scene.records.close(edit, edit.conclusion)
            said = self.reception.call("POST", f"/edits/{edit.edit_id}/retry")
            self.send(said.json["edit_id"])

    def recover(self) -> None:
        """An edit that was given up, and whose result comes late: it is paid for already."""
        self.number += 1
        edit = self.send(self.scene.upload(f"{self.number}.mp4").edit_id)
        if edit.provider_task_id is not None:
            lost = self.scene.records.close(edit, LOST)
            task_id, result = str(edit.provider_task_id), result_at(f"edited/{edit.edit_id}")
            self.scene.records.recovery.deliver(lost, task_id=task_id, result=result)

    def paid(self) -> int:
        """How many paid calls the provider took."""
        found = [self.scene.records.get(each) for each in set(self.edit_ids)]
        return sum(edit.provider_task_id is not None for edit in found)


DOORS: Mapping[str, Callable[[House], None]] = {
    name: getattr(House, name) for name in ("bucket", "api", "batch", "retry", "recover")
}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(DOORS)), min_size=1, max_size=8))
def test_by_whatever_doors_edits_come_no_more_are_paid_for_than_there_is_room(
    doors: list[str],
) -> None:
    house = House()

    for door in doors:
        DOORS[door](house)

    sums = house.scene.records.spending.of([DAY])[DAY]
    assert house.paid() <= CAP
    assert sums["edits"] == house.paid()
    assert sums["committed"] == house.paid() * QUOTE
    wanted = sum(2 if door == "batch" else 1 for door in doors)
    assert house.paid() == min(CAP, wanted)

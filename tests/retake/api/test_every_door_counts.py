"""Whichever way an edit comes, what it may cost is held against the same budget, and it runs only
where there is a slot. A reader of the code looks for ways that nobody has named here.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import retake
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.domain.budgets import Budgets
from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.pieces import Film, piece_id
from retake.domain.source import Source
from retake.domain.spending_caps import STACK, caps_of
from retake.domain.vocabulary import Reason
from retake.providers.contract import Submission, Verdict
from retake.records.keys import slots_key
from retake.records.slots import Rooms
from retake.steps.intake import read_edit_id

from tests.retake.api.api_client import Reception
from virtual.scene import Scene, result_at

CAP = 3
SLOTS = 2
QUOTE = 8400
DAY = "spent#stack#2026-03-01"
LOST = failed(Reason.TIMED_OUT, "gone", at_risk=True)


class House:
    """One stack with these caps and so many slots, and every door that leads into it."""

    def __init__(self, *, slots: int, **caps: float) -> None:
        self.scene = Scene(
            budgets=Budgets(stack=caps_of(STACK, caps)), rooms=Rooms({"novita": slots})
        )
        self.scene.provider.submissions = [self.scene.accepting(f"task-{n}") for n in range(99)]
        self.reception = Reception(scene=self.scene)
        self.number = 0
        self.edit_ids: list[str] = []

    def send(self, edit_id: str) -> Edit:
        """As its workflow does, whatever comes of it."""
        self.edit_ids.append(edit_id)
        edit = self.scene.records.get(edit_id)
        self.scene.validate(edit)
        self.scene.submit(edit)
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

    def pieces(self) -> None:
        """A film that is cut into two pieces already, each as long as any clip here."""
        self.number += 1
        edit = self.scene.validated(f"films/{self.number}.mp4")
        ids = tuple(piece_id(edit.edit_id, at) for at in range(2))
        files = tuple(Source(bucket="results", key=f"fitted/{each}.mp4") for each in ids)
        for each in files:
            self.scene.storage.objects[each.bucket, each.key] = b"piece"
        size = {"rate": "24", "width": 1280, "height": 720, "cuts": (0, 120, 240)}
        film = Film(edit_ids=ids, tries=(1, 1), files=files, **size)  # type: ignore[arg-type]  # of many kinds
        plan = {"quoted_usd": 2 * QUOTE / 10_000, "quoted_seconds": 10}
        self.scene.submit(self.scene.records.films.plan(edit, film, **plan))
        opened, self.scene.queued[:] = list(self.scene.queued), []
        for body in opened:
            self.send(str(read_edit_id(body)))

    def running(self) -> list[Edit]:
        """Who holds a slot, by the records."""
        found = [self.scene.records.get(each) for each in dict.fromkeys(self.edit_ids)]
        return [edit for edit in found if edit.slot is not None]

    def paid(self) -> int:
        """How many paid calls the provider took."""
        found = [self.scene.records.get(each) for each in set(self.edit_ids)]
        return sum(edit.provider_task_id is not None for edit in found)


NAMES = ("api", "batch", "bucket", "pieces", "recover", "retry")
DOORS: Mapping[str, Callable[[House], None]] = {name: getattr(House, name) for name in NAMES}
DRAWN = st.lists(st.sampled_from(NAMES), min_size=1, max_size=8)


def room_taken(doors: list[str]) -> int:
    """How much of the budget these come to, one after the other: a film only as a whole."""
    left = CAP
    for door in doors:
        wanted = 2 if door in ("batch", "pieces") else 1
        left -= (wanted if wanted <= left else 0) if door == "pieces" else min(wanted, left)
    return CAP - left


@settings(max_examples=25, deadline=None)
@given(DRAWN)
def test_by_whatever_doors_edits_come_no_more_are_paid_for_than_there_is_room(
    doors: list[str],
) -> None:
    house = House(slots=1000, daily_edits=CAP, daily_usd=CAP * QUOTE / 10_000)

    for door in doors:
        DOORS[door](house)

    sums = house.scene.records.spending.of([DAY])[DAY]
    assert sums["edits"] == house.paid()
    assert sums["committed"] == house.paid() * QUOTE
    assert house.paid() == room_taken(doors)


@settings(max_examples=25, deadline=None)
@given(DRAWN)
def test_by_whatever_doors_edits_come_no_more_run_than_there_are_slots_and_all_have_their_turn(
    doors: list[str],
) -> None:
    house = House(slots=SLOTS)

    for door in doors:
        DOORS[door](house)
        assert len(house.running()) == house.scene.table.get(slots_key("novita"))["taken"] <= SLOTS  # type: ignore[index]  # an edit came
    while running := house.running():
        assert len(running) <= SLOTS
        for edit in running:
            house.scene.submit(edit)
        house.scene.clock.advance(180)
        house.scene.poll(running[0])

    assert house.paid() == sum(2 if door in ("batch", "pieces") else 1 for door in doors)


# ---------------------------------------------------------------- doors that nobody has named

CODE = Path(retake.__file__).parent
# Where a record comes to be, which is the beginning of every edit, and by which door here.
BEGINNINGS = {
    "steps/begin.py records.receive": "bucket",
    "api/create_edit.py records.receive": "api, retry",
    "api/create_edit.py batches.receive": "batch",
    "steps/batching.py batches.spread": "batch",
    "steps/open_piece.py films.open_piece": "pieces",
}
MAKE_RECORDS = {"opening", "receive", "spread", "open_piece"}
PAY = {"begin_submit", "send"}
QUEUES_AND_SOCKETS = {"queue", "intake_queue_url)", "_socket"}


@cache
def calls() -> tuple[tuple[str, str, str], ...]:
    """Every call of these methods in the code: the file, the end of what it is called on, and the
    method."""
    return tuple(_calls())


def _calls() -> Iterator[tuple[str, str, str]]:
    for file in sorted(CODE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in MAKE_RECORDS | PAY:
                on = ast.unparse(node.func.value).rpartition(".")[2]
                yield file.relative_to(CODE).as_posix(), on, node.func.attr


def test_an_edit_begins_by_one_of_these_doors_and_by_no_other() -> None:
    made = {file for file, _, name in calls() if name == "opening"}
    begun = {
        f"{file} {on}.{name}"
        for file, on, name in calls()
        if name in MAKE_RECORDS and on in ("records", "batches", "films")
    }

    assert made == {"records/store.py", "records/batches.py", "records/films.py"}
    assert begun == BEGINNINGS.keys()
    assert {door for said in BEGINNINGS.values() for door in said.split(", ")} <= set(NAMES)


def test_the_paid_call_and_its_intent_are_in_one_place_behind_the_guard() -> None:
    intents = [file for file, _, name in calls() if name == "begin_submit"]
    sends = [file for file, on, name in calls() if name == "send" and on == "adapter"]
    others = {on for file, on, name in calls() if name == "send" and on != "adapter"}

    assert intents == sends == ["steps/submit.py"]
    assert others == QUEUES_AND_SOCKETS

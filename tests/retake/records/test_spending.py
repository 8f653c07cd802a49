"""Money is counted in the write that changes a record: the sums are what the records say."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.aws.dynamodb_values import from_item
from retake.domain.charges import Charge
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace
from retake.domain.spending_caps import STACK, Cap, caps_of
from retake.domain.vocabulary import Reason, Status
from retake.records.spending import MEASURES, Purchase, totals
from retake.records.transitions import NoRoom

from virtual.scene import Scene, result_at

HOUR = timedelta(hours=1)
QUOTE = 8400  # of the clip of 5 s, in $0.0001
DAY, MONTH = "spent#stack#2026-03-01", "spent#stack#2026-03"
LOST = failed(Reason.TIMED_OUT, "gone", at_risk=True)
FREE = failed(Reason.PROVIDER_REFUSED, "no")
DONE = Conclusion(status=Status.SUCCEEDED)


RESULT = result_at("edited/late")


def refuse(scene: Scene, edit: Edit) -> Edit:
    """The attempt was certainly not accepted."""
    return scene.records.not_accepted(edit, why="RATE_LIMITED")


def sums(scene: Scene) -> dict[str, dict[str, int]]:
    """What every sum says that is not nothing."""
    found = {
        key: {name: int(from_item(item).get(name, 0)) for name in MEASURES}
        for key, item in scene.table.items.items()
        if key.startswith("spent#")
    }
    return {key: each for key, each in found.items() if any(each.values())}


def said_by_records(scene: Scene) -> dict[str, dict[str, int]]:
    """What the records hold, added up."""
    charges: list[Charge] = []
    for key, item in scene.table.items.items():
        if key.startswith("edit#"):
            charges += Edit.from_mapping(from_item(item)).charges
    return totals(charges)


def begun(scene: Scene, edit: Edit, caps: Sequence[Cap] = ()) -> Edit:
    return scene.records.begin_submit(scene.now(edit), deadline=HOUR, purchase=Purchase(caps))


def usd(amount: float) -> tuple[Cap, ...]:
    return caps_of(STACK, {"daily_usd": amount})


def test_the_intent_reserves_what_the_edit_was_quoted_in_the_day_and_the_month() -> None:
    scene = Scene()

    begun(scene, scene.validated())

    whole = {"committed": QUOTE, "edits": 1, "billed_seconds": 5}
    assert sums(scene) == {DAY: whole, MONTH: whole}


@pytest.mark.parametrize(
    ("cap", "fits"),
    [
        ({"daily_usd": 0.84}, True),
        ({"daily_usd": 0.8399}, False),
        ({"monthly_usd": 0.8399}, False),
        ({"daily_usd": 100, "monthly_usd": 0.5}, False),  # the tightest binds
        ({"daily_edits": 1}, True),
        ({"daily_edits": 0}, False),
        ({"daily_seconds": 5}, True),
        ({"monthly_seconds": 4}, False),
        ({"daily_usd": 0}, False),
    ],
)
def test_an_edit_is_sent_up_to_the_last_hundredth_of_a_cent_and_not_beyond(
    cap: dict[str, float], fits: bool
) -> None:
    scene = Scene()
    edit, caps = scene.validated(), caps_of(STACK, cap)

    if fits:
        assert begun(scene, edit, caps).status is Status.SUBMITTING
    else:
        with pytest.raises(NoRoom):
            begun(scene, edit, caps)
        assert scene.now(edit).status is Status.RECEIVED
        assert sums(scene) == {}


def test_of_two_hundred_at_once_as_many_are_begun_as_there_is_room_for() -> None:
    scene, caps = Scene(), usd(50 * 0.84)
    edits = [scene.validated(f"{number}.mp4") for number in range(200)]

    def try_one(edit: Edit) -> bool:
        try:
            begun(scene, edit, caps)
        except NoRoom:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        sent = sum(pool.map(try_one, edits))

    assert sent == 50
    assert sums(scene)[DAY]["committed"] == 50 * QUOTE


def test_an_attempt_that_was_certainly_not_taken_gives_back_what_it_reserved() -> None:
    scene = Scene()
    edit = begun(scene, scene.validated())

    scene.records.close(edit, FREE)

    assert sums(scene) == {}
    assert scene.now(edit).billed_usd == 0.0


def test_what_may_have_been_billed_stays_counted_and_never_as_nothing() -> None:
    scene = Scene()
    edit = scene.records.mark_uncertain(begun(scene, scene.validated()))

    scene.records.close(edit, LOST)

    assert sums(scene)[DAY]["committed"] == QUOTE
    assert scene.now(edit).at_risk_usd == 0.84


@pytest.mark.parametrize(("said", "counted"), [(0.5, 5000), (1.2, 12000)])
def test_what_the_provider_says_it_billed_is_counted_instead_of_the_quote(
    said: float, counted: int
) -> None:
    scene = Scene()
    edit = scene.records.record_poll(scene.running(), provider_usage={"usd": said})

    closed = scene.records.close(edit, DONE)

    assert (closed.quoted_usd, closed.billed_usd) == (0.84, said)
    assert sums(scene)[DAY]["committed"] == counted
    assert sums(scene)[DAY]["edits"] == 1


@pytest.mark.parametrize("said", [0, 0.0, -1, None, "0.5"])
def test_a_result_is_never_counted_as_nothing(said: object) -> None:
    scene = Scene()
    edit = scene.records.record_poll(scene.running(), provider_usage={"usd": said})

    closed = scene.records.close(edit, DONE)

    assert closed.billed_usd == 0.84
    assert sums(scene)[DAY]["committed"] == QUOTE


def test_an_attempt_of_unknown_fate_stays_counted_beside_the_one_after_it() -> None:
    scene = Scene()
    first = scene.records.mark_uncertain(begun(scene, scene.validated()))
    again = scene.records.try_again(first)
    assert sums(scene)[DAY]["committed"] == QUOTE

    second = begun(scene, again)
    assert sums(scene)[DAY]["committed"] == 2 * QUOTE
    closed = scene.records.close(second, FREE)

    assert sums(scene)[DAY]["committed"] == QUOTE
    assert (closed.billed_usd, closed.at_risk_usd) == (None, 0.84)


def test_money_counts_in_the_period_of_its_intent_however_late_it_is_settled() -> None:
    scene = Scene()
    edit = scene.running()
    scene.clock.advance(timedelta(days=40).total_seconds())

    scene.records.close(scene.records.record_poll(edit, provider_usage={"usd": 1.0}), DONE)

    assert set(sums(scene)) == {DAY, MONTH}
    assert sums(scene)[MONTH]["committed"] == 10_000


def test_a_settled_record_is_settled_once() -> None:
    scene = Scene()
    edit = scene.running()
    scene.records.close(edit, LOST)
    before = sums(scene)

    with pytest.raises(LostRace):
        scene.records.close(edit, DONE)

    assert sums(scene) == before


def test_a_caller_and_a_folder_are_counted_where_they_have_a_cap() -> None:
    scene = Scene()
    own = (
        *caps_of("caller:1/agency", {"daily_usd": 5}),
        *caps_of("folder:a#b/", {"monthly_edits": 3}),
    )

    begun(scene, scene.validated(), own)

    assert set(sums(scene)) == {
        DAY,
        MONTH,
        "spent#caller:1/agency#2026-03-01",
        "spent#folder:a#b/#2026-03",
    }


def test_a_sum_outlives_the_records_that_it_is_of() -> None:
    scene = Scene()
    edit = begun(scene, scene.validated())

    for key in (DAY, MONTH):
        assert from_item(scene.table.items[key])["expires_at"] > (edit.expires_at or 0)


STEPS = (
    "submit",
    "accept",
    "refuse",
    "doubt",
    "again",
    "bill",
    "succeed",
    "lose",
    "free",
    "recover",
)


class Office:
    """Some edits, and whatever may happen to them; what cannot follow changes nothing."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.edits = [self.scene.validated(f"{number}.mp4") for number in range(3)]
        self.tasks = 0

    def do(self, step: str, which: int) -> None:
        edit = self.scene.now(self.edits[which])
        with suppress(LostRace, NoRoom):
            getattr(self, step)(edit)

    def submit(self, edit: Edit) -> None:
        begun(self.scene, edit, usd(0.84 * 2))

    def accept(self, edit: Edit) -> None:
        self.tasks += 1
        self.scene.records.accept(edit, f"task-{self.tasks}", {})

    def refuse(self, edit: Edit) -> None:
        refuse(self.scene, edit)

    def doubt(self, edit: Edit) -> None:
        self.scene.records.mark_uncertain(edit)

    def again(self, edit: Edit) -> None:
        self.scene.records.try_again(edit)

    def bill(self, edit: Edit) -> None:
        self.scene.records.record_poll(edit, provider_usage={"usd": 1.3})

    def succeed(self, edit: Edit) -> None:
        if edit.status is Status.RUNNING:
            self.scene.records.close(edit, DONE)

    def lose(self, edit: Edit) -> None:
        self.scene.records.close(edit, LOST)

    def free(self, edit: Edit) -> None:
        self.scene.records.close(edit, FREE)

    def recover(self, edit: Edit) -> None:
        self.scene.records.recovery.deliver(edit, task_id="late", result=RESULT)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), max_size=25))
def test_after_whatever_happens_the_sums_are_what_the_records_say(
    steps: list[tuple[str, int]],
) -> None:
    office = Office()

    for step, which in steps:
        office.do(step, which)

    assert sums(office.scene) == said_by_records(office.scene)
    assert all(each["committed"] >= 0 for each in sums(office.scene).values())

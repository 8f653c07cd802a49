"""An edit that asks about its price is answered on the board, for the price that was read."""

from collections.abc import Iterator

import pytest
from retake.domain.budgets import Budgets

from command.board_work import Workbench
from command.held_files import HeldFiles
from command.link_minting import Mint
from command.refusals import ApiRefusal, NoConsent
from tests.command.stack_door import SECRET, StackDoor
from virtual.scene import Scene


@pytest.fixture
def bench(stack: StackDoor) -> Iterator[Workbench]:
    held = HeldFiles()
    yield Workbench(door=stack.open(), mint=Mint("http://board", lambda: SECRET), held=held)
    held.close()


@pytest.mark.parametrize(
    ("what", "answer", "told"),
    [
        ("approve", "yes", "It is approved for $0.84 and goes on."),
        ("reject", "no", "It is refused; nothing is billed."),
    ],
)
def test_an_edit_that_asks_is_answered_for_the_price_that_was_read_and_no_other(
    bench: Workbench, stack: StackDoor, what: str, answer: str, told: str
) -> None:
    scene = Scene(budgets=Budgets(approve_above_usd_e4=0))
    stack.reception.scene = scene
    edit = scene.validated("sources/a.mp4")
    scene.submit(edit)
    said = {"edit_id": edit.edit_id}

    with pytest.raises(NoConsent):
        bench.do(what, said)
    with pytest.raises(ApiRefusal, match=r"asks about \$0\.84"):
        bench.do(what, said | {"agreed_usd": 0.5})
    done = bench.do(what, said | {"agreed_usd": 0.84})

    assert done == (200, {"edit_id": edit.edit_id, "message": told})
    asked = scene.now(edit).approval
    assert asked is not None
    assert asked.answer == answer

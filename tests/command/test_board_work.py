"""What can be done on the board: over the real API in memory, with files that were dropped."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from retake.domain.edit import Conclusion
from retake.domain.vocabulary import Reason, Status

from command.board_work import Workbench, status_of
from command.held_files import HeldFile, HeldFiles
from command.link_minting import Mint
from command.refusals import ApiRefusal, CommandRefused, NoConsent
from local.errors import OutOfReach, UserError
from tests.command.stack_door import SECRET, StackDoor

PROMPT = "Make it snow"
Hold = Callable[..., HeldFile]


@pytest.fixture
def bench(stack: StackDoor) -> Iterator[Workbench]:
    held = HeldFiles()
    yield Workbench(door=stack.open(), mint=Mint("http://board", lambda: SECRET), held=held)
    held.close()


@pytest.fixture
def hold(bench: Workbench, street: Path) -> Hold:
    """Put a clip that every model takes, or other bytes, onto the board."""

    def put(name: str = "street.mp4", content: bytes = b"") -> HeldFile:
        held = bench.held.place(name)
        held.path.write_bytes(content or street.read_bytes())
        return held

    return put


def started(bench: Workbench, held: HeldFile, **more: Any) -> str:
    said = {"clip": held.key, "prompt": PROMPT, "agreed_usd": 5.0, **more}
    return str(bench.start(said)[1]["edit_id"])


def ended(bench: Workbench, stack: StackDoor, held: HeldFile, **more: Any) -> str:
    edit_id = started(bench, held, **more)
    stack.finish(edit_id)
    return edit_id


# ---------------------------------------------------------------- the price comes first


def test_a_price_is_told_for_every_model_before_anything_is_sent(
    bench: Workbench, hold: Hold, stack: StackDoor
) -> None:
    _, told = bench.price({"clip": hold().key})

    usual = next(each for each in told["quotes"] if each["role"] == "default")
    assert usual["usd"] > 0
    assert len(told["quotes"]) == len(bench.models)
    assert stack.uploads == []
    assert stack.edit_ids() == []


def test_what_no_model_takes_is_told_with_its_cure(bench: Workbench, hold: Hold) -> None:
    pictures = [hold(f"{number}.png", b"x").key for number in range(9)]

    _, told = bench.price({"clip": hold().key, "prompt": PROMPT, "pictures": pictures})

    assert all(each["refusal"] for each in told["quotes"])


def test_more_than_was_read_is_not_spent(bench: Workbench, hold: Hold, stack: StackDoor) -> None:
    with pytest.raises(NoConsent, match=r"It would cost \$0\.\d\d; look at the price"):
        started(bench, hold(), agreed_usd=0.01)

    assert stack.edit_ids() == []


@pytest.mark.parametrize("agreed", [None, "5", [], {}])
def test_a_price_that_nobody_has_read_is_none(
    bench: Workbench, hold: Hold, stack: StackDoor, agreed: Any
) -> None:
    with pytest.raises(NoConsent):
        started(bench, hold(), agreed_usd=agreed)

    assert stack.edit_ids() == []


def test_where_nobody_pays_nobody_is_asked(stack: StackDoor, street: Path) -> None:
    stack.is_local = True
    held = HeldFiles()
    door = stack.open()
    door.is_paid = lambda provider: False  # type: ignore[method-assign]  # all are simulated
    bench = Workbench(door=door, mint=Mint("http://board", lambda: SECRET), held=held)
    clip = held.place("street.mp4")
    clip.path.write_bytes(street.read_bytes())

    assert started(bench, clip, agreed_usd=None) in stack.edit_ids()
    held.close()


# ---------------------------------------------------------------- the start


def test_an_edit_is_asked_for_with_all_that_was_chosen(
    bench: Workbench, hold: Hold, stack: StackDoor
) -> None:
    hat = hold("hat.png", b"\x89PNG\r\n\x1a\n picture")

    edit_id = started(
        bench,
        hold("My street.mp4"),
        model="fal/kling-o1-edit",
        fit="trim",
        keep_audio=False,
        pictures=[hat.key],
    )

    request = bench.door.edit(edit_id)["request"]
    assert stack.uploads == ["My street.mp4", "hat.png"]
    assert request["prompt"] == PROMPT
    assert request["model"] == "fal/kling-o1-edit"
    assert request["fit"] == "trim"
    assert request["keep_audio"] is False
    assert [key.rpartition("/")[2] for key in request["images"]] == ["hat.png"]


def test_several_clips_become_as_many_edits(bench: Workbench, hold: Hold, stack: StackDoor) -> None:
    ids = {started(bench, hold(name), prompt=f"{PROMPT} on {name}") for name in ("a.mp4", "b.mp4")}

    assert set(stack.edit_ids()) == ids
    assert {bench.door.edit(each)["request"]["prompt"] for each in ids} == {
        "Make it snow on a.mp4",
        "Make it snow on b.mp4",
    }


def test_the_same_clip_dropped_again_is_another_edit(bench: Workbench, hold: Hold) -> None:
    assert started(bench, hold()) != started(bench, hold())


def test_a_clip_is_let_go_once_its_edit_has_begun(bench: Workbench, hold: Hold) -> None:
    clip = hold()
    started(bench, clip)

    assert not clip.path.exists()
    with pytest.raises(CommandRefused, match="no longer held; drop it again"):
        started(bench, clip)


@pytest.mark.parametrize(
    "change", [{"prompt": "  "}, {"prompt": "x" * 20_000}, {"fit": "shrink"}, {"model": "no/such"}]
)
def test_what_is_refused_stays_to_be_mended(
    bench: Workbench, hold: Hold, stack: StackDoor, change: dict[str, str]
) -> None:
    clip = hold()

    with pytest.raises((CommandRefused, ApiRefusal)):
        started(bench, clip, **change)

    assert stack.edit_ids() == []
    assert started(bench, clip) in stack.edit_ids()


def test_a_path_is_no_file_that_was_dropped(bench: Workbench, tmp_path: Path, hold: Hold) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"mine")

    for wish in ({"clip": str(secret)}, {"clip": hold().key, "pictures": [str(secret)]}):
        with pytest.raises(CommandRefused, match="no longer held"):
            bench.start({"prompt": PROMPT, "agreed_usd": 5.0, **wish})


# ---------------------------------------------------------------- an edit that there was


def test_an_edit_is_asked_for_otherwise_with_the_clip_it_had(
    bench: Workbench, hold: Hold, stack: StackDoor
) -> None:
    old = ended(bench, stack, hold(), fit="trim", keep_audio=False)
    assert bench.reword({"edit_id": old})[1] == {
        "prompt": PROMPT,
        "fit": "trim",
        "keep_audio": False,
    }

    new = bench.start({"edit_id": old, "prompt": "Make it rain", "agreed_usd": 5.0})[1]["edit_id"]

    one, two = bench.door.edit(old)["request"], bench.door.edit(new)["request"]
    assert new != old
    assert two["source"] == one["source"]
    assert two["prompt"] == "Make it rain"
    assert two.get("fit") is None
    assert stack.uploads == ["street.mp4"]


@pytest.mark.parametrize("keeps", [True, False])
def test_its_pictures_come_along_unless_they_were_taken_off(
    bench: Workbench, hold: Hold, stack: StackDoor, keeps: bool
) -> None:
    hat = hold("hat.png", b"\x89PNG\r\n\x1a\n picture")
    old = ended(bench, stack, hold(), pictures=[hat.key])
    (key,) = bench.reword({"edit_id": old})[1]["images"]

    said = {"edit_id": old, "prompt": PROMPT, "agreed_usd": 5.0}
    new = bench.start({**said, "kept_pictures": [key] if keeps else []})[1]["edit_id"]

    assert bench.door.edit(new)["request"].get("images", []) == ([key] if keeps else [])


def test_an_impatient_second_click_makes_no_second_edit(
    bench: Workbench, hold: Hold, stack: StackDoor
) -> None:
    old = ended(bench, stack, hold())
    said = {"edit_id": old, "prompt": "Make it rain", "agreed_usd": 5.0, "nonce": "one click"}

    assert bench.start(said) == bench.start(said)


@pytest.mark.parametrize("what", ["price", "start"])
def test_what_it_was_is_asked_of_the_stack_once(
    bench: Workbench, hold: Hold, stack: StackDoor, what: str
) -> None:
    old = ended(bench, stack, hold())
    stack.calls.clear()

    bench.do(what, {"edit_id": old, "prompt": "Make it rain", "agreed_usd": 5.0})

    assert stack.calls.count(("GET", f"/edits/{old}")) == 1


def test_its_price_is_told_as_well(bench: Workbench, hold: Hold, stack: StackDoor) -> None:
    old = ended(bench, stack, hold())

    _, told = bench.price({"edit_id": old, "prompt": "Make it rain"})

    assert next(each for each in told["quotes"] if each["role"] == "default")["usd"] > 0


def test_an_open_edit_is_asked_to_stop(bench: Workbench, hold: Hold, stack: StackDoor) -> None:
    edit_id = started(bench, hold())

    status, told = bench.cancel({"edit_id": edit_id})

    assert (status, bool(told["message"])) == (200, True)
    assert stack.calls[-1] == ("POST", f"/edits/{edit_id}/cancel")


def test_a_failed_edit_is_tried_again(bench: Workbench, hold: Hold, stack: StackDoor) -> None:
    edit_id = started(bench, hold())
    records = stack.reception.scene.records
    failed = Conclusion(status=Status.FAILED, reason=Reason.PROVIDER_FAILED, message="It broke.")
    records.close(records.get(edit_id), failed)

    _, told = bench.retry({"edit_id": edit_id})

    assert bench.door.edit(told["edit_id"])["retry_of"] == edit_id


def test_a_link_to_pass_on_opens_the_edit_for_a_week(bench: Workbench, hold: Hold) -> None:
    edit_id = started(bench, hold())

    _, told = bench.link({"edit_id": edit_id})

    assert told["url"].startswith(f"http://board/share/{edit_id}/")
    assert told["days"] == 7


@pytest.mark.parametrize(
    "what", ["reword", "retry", "cancel", "approve", "reject", "link", "price", "start"]
)
@pytest.mark.parametrize("edit_id", ["e-1/../../costs", "../models", "", None])
def test_only_what_can_be_an_edit_is_asked_about(
    bench: Workbench, stack: StackDoor, what: str, edit_id: str | None
) -> None:
    with pytest.raises(UserError):
        bench.do(what, {"edit_id": edit_id, "prompt": PROMPT, "agreed_usd": 5.0})

    assert stack.calls == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CommandRefused("x"), 422),
        (NoConsent("x"), 409),
        (UserError("x"), 422),
        (OutOfReach("x"), 503),
        (ApiRefusal(409, {"code": "STILL_OPEN"}), 409),
        (ApiRefusal(500, {}), 503),
    ],
)
def test_an_error_says_whose_it_is(error: UserError, status: int) -> None:
    assert status_of(error) == status

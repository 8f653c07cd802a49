"""What costs money is asked for once, with its price first and somebody's consent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from command import editing
from command.memory import Memory
from local.errors import OutOfReach
from tests.command.conftest import Retake
from tests.command.stack_door import StackDoor

Answer = Callable[..., Any]
SNOW = ("-p", "Make it snow")


def test_the_price_is_told_first_and_the_result_is_saved_under_a_name_of_its_own(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    code, out, err = retake("edit", str(street), *SNOW, "--yes")

    (edit_id,) = stack.edit_ids()
    assert code == 0
    assert err.splitlines()[0] == f"  {edit_id}  $0.84  novita/kling-o1-edit"
    assert Path(f"street.{edit_id}.mp4").read_bytes() == b"edited"
    assert len(out.splitlines()) <= 5


def test_the_same_call_again_makes_no_second_edit_and_asks_for_no_consent(
    stack: StackDoor, street: Path, answer: Answer
) -> None:
    first = answer("edit", str(street), *SNOW, "--yes")["edits"][0]
    second = answer("edit", str(street), *SNOW)["edits"][0]

    assert (first["is_new"], second["is_new"]) == (True, False)
    assert first["edit"]["edit_id"] == second["edit"]["edit_id"]
    assert stack.uploads == ["street.mp4"]


@pytest.mark.parametrize("more", [("--again",), ("--fit", "auto"), ("-p", "Make it rain")])
def test_another_wish_is_another_edit(
    more: tuple[str, ...], stack: StackDoor, street: Path, answer: Answer
) -> None:
    answer("edit", str(street), *SNOW, "--yes", "--detach")
    answer("edit", str(street), *SNOW, "--yes", "--detach", *more)

    assert len(stack.edit_ids()) == 2


def test_a_call_whose_answer_was_lost_is_repeated_with_the_same_upload_and_the_same_key(
    stack: StackDoor, street: Path, answer: Answer, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Memory, "note", _dies_with_the_answer(Memory.note))
        assert retake("edit", str(street), *SNOW, "--yes")[0] == 4

    again = answer("edit", str(street), *SNOW, "--yes")["edits"][0]

    assert [again["edit"]["edit_id"]] == stack.edit_ids()
    assert stack.uploads == ["street.mp4"]


def _dies_with_the_answer(note: Any) -> Any:
    def noted(memory: Any, **known: Any) -> None:
        if "edit_id" in known:
            raise OutOfReach("The network is gone.")
        note(memory, **known)

    return noted


def test_without_consent_nothing_is_uploaded_or_started(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    code, _, err = retake("edit", str(street), *SNOW)

    assert code == 5
    assert "One edit by novita/kling-o1-edit will cost about $0.84" in err
    assert "--yes" in err
    assert (stack.uploads, stack.edit_ids()) == ([], [])


@pytest.mark.parametrize(("most", "code"), [("0.83", 5), ("0.84", 0)])
def test_a_sum_is_consent_up_to_itself(
    most: str, code: int, stack: StackDoor, street: Path, retake: Retake
) -> None:
    assert retake("edit", str(street), *SNOW, "--max-usd", most)[0] == code


def test_where_nobody_pays_nobody_is_asked(stack: StackDoor, street: Path, retake: Retake) -> None:
    stack.is_local = True

    code, out, _ = retake("edit", str(street), *SNOW)

    assert code == 0
    assert "nobody pays" in out


def test_a_clip_that_the_model_does_not_take_is_refused_before_it_is_uploaded(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    code, _, err = retake("edit", str(street), *SNOW, "--fast", "--yes")

    assert code == 3
    assert "street.mp4: The clip is 5 s long" in err
    assert stack.uploads == []


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "street.mp4 is empty."), (b"no video" * 99, "street.mp4: ")]
)
def test_what_is_no_video_is_refused_here(
    content: bytes, told: str, stack: StackDoor, street: Path, retake: Retake
) -> None:
    street.write_bytes(content)

    code, _, err = retake("edit", str(street), *SNOW, "--yes")

    assert code == 3
    assert told in err
    assert stack.calls == []


def test_a_folder_is_priced_as_a_whole_before_anything_is_made(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    (street.parent / "b.mov").write_bytes(street.read_bytes() + b"\0" * 8)
    (street.parent / "notes.txt").write_text("no clip")
    (street.parent / "broken.mp4").write_bytes(b"no video")

    code, out, _ = retake("edit", str(street.parent), *SNOW, "--dry-run")

    assert code == 3  # one of them would not be taken
    assert out.splitlines()[-1] == "  total: $1.68 for 2 of 3 clips"
    assert [line.split()[0] for line in out.splitlines()[1:-1]] == [
        "b.mov",
        "broken.mp4",
        "street.mp4",
    ]
    assert stack.edit_ids() == []


def test_of_a_folder_every_clip_is_edited_that_can_be(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    (street.parent / "broken.mp4").write_bytes(b"no video")

    code, _, err = retake("edit", str(street.parent), *SNOW, "--max-usd", "1", "-o", "made")

    assert code == 3
    assert "broken.mp4: not taken" in err
    assert [path.name for path in Path("made").iterdir()] == [f"street.{stack.edit_ids()[0]}.mp4"]


def test_clips_that_lie_in_the_inbox_are_edited_where_they_lie(
    stack: StackDoor, answer: Answer
) -> None:
    stack.aws.stored = ["shots/a.mp4", "shots/a.mp4.json", "shots/b.mp4"]
    for key in stack.aws.stored:
        stack.reception.scene.storage.objects["inbox", key] = b"clip"

    made = answer("edit", "s3://inbox/shots/", *SNOW, "--yes", "--detach")["edits"]

    assert [each["edit"]["request"]["source"] for each in made] == ["shots/a.mp4", "shots/b.mp4"]
    assert stack.uploads == []


def test_another_bucket_is_not_the_inbox(stack: StackDoor, retake: Retake) -> None:
    code, _, err = retake("edit", "s3://elsewhere/a.mp4", *SNOW)

    assert code == 3
    assert "elsewhere is not the inbox of retake-dev; that is inbox" in err


def test_ctrl_c_ends_the_waiting_and_says_how_to_come_back(
    stack: StackDoor, street: Path, retake: Retake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(editing, "follow", interrupted)

    code, _, err = retake("edit", str(street), *SNOW, "--yes")

    (edit_id,) = stack.edit_ids()
    assert code == 130
    assert f"retake show {edit_id} --wait --stack retake-dev" in err


def test_a_place_for_the_result_is_looked_for_before_anything_is_paid(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    code, _, err = retake("edit", str(street), *SNOW, "--yes", "-o", "no/such/out.mp4")

    assert code == 3
    assert "There is no folder no/such." in err
    assert stack.calls == []


def test_pictures_are_put_into_the_inbox_once_and_named_in_the_request(
    stack: StackDoor, street: Path, tmp_path: Path, answer: Answer
) -> None:
    picture = tmp_path / "hat.png"
    picture.write_bytes(b"picture")

    made = answer("edit", str(street), *SNOW, "--yes", "--detach", "--image", str(picture))
    answer("edit", str(street), *SNOW, "--yes", "--detach", "--image", str(picture))

    assert made["edits"][0]["edit"]["request"]["images"] == ["sources/1/hat.png"]
    assert stack.uploads == ["street.mp4", "hat.png"]


def test_a_watched_folder_edits_each_clip_once_within_what_was_allowed(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    call = ("watch", str(street.parent), *SNOW, "--max-usd", "1", "--once")

    first, second = retake(*call), retake(*call)

    assert (first[0], second[0]) == (0, 0)
    assert len(stack.edit_ids()) == 1
    assert [path.suffix for path in Path("edited").iterdir()] == [".mp4"]


def test_a_watched_folder_stops_before_more_is_spent_than_allowed(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    (street.parent / "b.mp4").write_bytes(street.read_bytes() + b"\0" * 8)

    code, _, err = retake("watch", str(street.parent), *SNOW, "--max-usd", "1", "--once")

    assert code == 5
    assert "street.mp4: It would cost $0.84; $0.16 is the most you allow." in err
    assert len(stack.edit_ids()) == 1


def test_a_cap_binds_where_nobody_pays_too(stack: StackDoor, street: Path, retake: Retake) -> None:
    stack.is_local = True

    code, _, err = retake("edit", str(street), *SNOW, "--max-usd", "0.10")

    assert code == 5
    assert "$0.84; $0.10 is the most you allow" in err


def test_clips_with_the_same_bytes_cost_once(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    (street.parent / "copy.mp4").write_bytes(street.read_bytes())

    assert (
        "total: $0.84 for 2 of 2 clips" in retake("edit", str(street.parent), *SNOW, "--dry-run")[1]
    )
    assert retake("edit", str(street.parent), *SNOW, "--max-usd", "1")[0] == 0


def test_a_dry_run_says_of_a_picture_what_the_call_would_say(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    code, _, err = retake("edit", str(street), *SNOW, "--dry-run", "--image", str(street))

    assert code == 3
    assert "is no picture" in err


def test_a_dry_run_names_the_reason_of_a_clip_that_is_no_video(
    stack: StackDoor, street: Path, retake: Retake
) -> None:
    (street.parent / "text.mp4").write_bytes(b"no video")

    out = retake("edit", str(street.parent), *SNOW, "--dry-run", "--json")[1]

    assert '"code": "NOT_A_VIDEO"' in out


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (["novita/kling-o1-edit", "fal/kling-o1-edit"], "make a call with each"),
        (["novita/kling-o1-edt"], "did you mean novita/kling-o1-edit?"),
    ],
)
def test_several_models_or_a_misspelled_one_are_no_way_to_type_a_call(
    keys: list[str], told: str, stack: StackDoor, street: Path, retake: Retake
) -> None:
    models = [part for key in keys for part in ("--model", key)]

    code, _, err = retake("edit", str(street), *SNOW, *models)

    assert code == 2
    assert told in err

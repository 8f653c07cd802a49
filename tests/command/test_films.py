"""A clip that goes in pieces: how many, how many seconds and how much, before anybody agrees."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command.conftest import Retake
from tests.command.stack_door import StackDoor
from tests.support.numbered_film import film

Answer = Callable[..., Any]
LONG = ("-p", "Make it snow", "--model", "fal/kling-o1-edit", "--fit", "split")


@pytest.fixture(scope="module")
def long_film() -> bytes:
    return film(range(300), width=736, height=720)  # 12.5 s


@pytest.fixture
def long_clip(long_film: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "long.mp4"
    path.write_bytes(long_film)
    return path


def test_a_quote_lists_pieces_billed_seconds_and_what_they_are_shown(
    stack: StackDoor, retake: Retake
) -> None:
    code, out, _ = retake("quote", "--seconds", "24.5", "--fit", "split", "--overlap-frames", "8")

    assert code == 0
    assert "4.21  0.168     25.03  3 pieces; taken unless told otherwise" in out
    assert "novita/kling-o1-edit: pieces of 8.33 + 8.33 + 8.37 s; a change of scene" in out
    assert "Pieces are shown the first edited one; that takes 1 of 4 places for images." in out
    assert "Pieces share 8 frames where no scene changes, for 0.09 USD in all." in out


def test_consent_is_asked_for_with_pieces_and_seconds_and_for_all_of_it(
    stack: StackDoor, long_clip: Path, retake: Retake
) -> None:
    code, _, err = retake("edit", str(long_clip), *LONG)

    assert code == 5
    assert "One edit in 2 pieces, 12.50 s billed, by fal/kling-o1-edit will cost about $2.10" in err
    assert "Pieces are shown the first edited one" in err
    assert stack.uploads == []


def test_without_a_model_the_price_is_that_of_the_one_that_will_be_taken(
    stack: StackDoor, long_clip: Path, answer: Answer
) -> None:
    told = answer("edit", str(long_clip), "-p", "Make it snow", "--fit", "split", "--dry-run")

    (priced,) = told["prices"]
    assert (priced["model"], priced["pieces"]) == ("novita/kling-o1-edit", 2)
    assert "fal/kling-v4-edit takes it in one piece, for $" in priced["notes"][-1]


def test_what_is_said_of_pieces_is_asked_for(
    stack: StackDoor, long_clip: Path, answer: Answer
) -> None:
    said = ("--consistency", "chained", "--overlap-frames", "4", "--if-piece-fails", "partial")

    made = answer("edit", str(long_clip), *LONG, *said, "--piece-messages", "--yes", "--detach")

    request = made["edits"][0]["edit"]["request"]
    assert request["consistency"] == "chained"
    assert request["overlap_frames"] == 4
    assert request["if_piece_fails"] == "partial"
    assert request["piece_messages"]


def test_who_takes_a_long_clip_comes_first_and_equal_refusals_are_told_once(
    retake: Retake, stack: StackDoor
) -> None:
    _, out, _ = retake("quote", "--seconds", "23")

    lines = out.splitlines()
    assert lines[1].split() == ["fal/kling-v4-edit", "6.49", "0.141", "46.00"]
    assert out.count("With `--fit split`") == 1
    assert out.count("The clip is 23 s long") == 1
    assert lines[3].startswith("  not taken by novita/kling-o1-edit, ")


def test_seconds_that_are_billed_beside_those_of_the_clip_are_told(
    retake: Retake, stack: StackDoor
) -> None:
    _, out, _ = retake("quote", "--seconds", "4", "--model", "novita/kling-o1-reference")

    assert "0.84  0.168      5.00" in out
    assert "at least so many" in out


def test_a_resolution_is_quoted_where_there_is_a_choice(stack: StackDoor, retake: Retake) -> None:
    plain = ("quote", "--seconds", "7", "--model", "evolink/kling-o3-edit")

    assert "0.83" in retake(*plain)[1]
    assert "1.11" in retake(*plain, "--resolution", "1080p")[1]

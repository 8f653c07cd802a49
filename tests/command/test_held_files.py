"""Files on the board that wait for their start: on this machine, and gone when not needed."""

import stat
from pathlib import Path

import pytest

from command import held_files
from command.held_files import MOST_FILES, HeldFiles
from command.refusals import CommandRefused

NOBODY = 2**22 + 1  # above Linux' highest process id


@pytest.fixture(autouse=True)
def workshop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(held_files, "WORKSHOP", tmp_path)
    return tmp_path


def test_what_is_held_is_for_its_owner_alone_and_goes_with_the_board(workshop: Path) -> None:
    held = HeldFiles()
    file = held.place("street.mp4")
    file.path.write_bytes(b"clip")
    (folder,) = workshop.iterdir()

    assert held.get(file.key).path.read_bytes() == b"clip"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    held.close()
    assert list(workshop.iterdir()) == []


def test_two_files_of_one_name_are_two(workshop: Path) -> None:
    held = HeldFiles()

    assert held.place("clip.mp4").path != held.place("clip.mp4").path


def test_what_is_released_is_gone_and_makes_room(workshop: Path) -> None:
    held = HeldFiles()
    files = [held.place("clip.mp4") for _ in range(MOST_FILES)]

    with pytest.raises(CommandRefused, match="wait already"):
        held.place("clip.mp4")
    held.release(files[0].key)
    held.release(files[0].key)  # gone already is as good
    held.place("clip.mp4")

    assert not files[0].path.parent.exists()


def test_what_a_killed_board_left_is_taken_away(workshop: Path) -> None:
    left = workshop / f"board-{NOBODY}-x"
    left.mkdir()
    (left / "clip.mp4").write_bytes(b"clip")
    other = HeldFiles()

    HeldFiles()

    assert not left.exists()
    assert other.place("clip.mp4").path.parent.is_dir()

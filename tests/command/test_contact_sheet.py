"""The page that shows before and after."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFont

from command.contact_sheet import BACKGROUND, make_sheet, wrapped
from local.fake_model import develop
from local.sample import make_clip


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, Path] = {}
    for name, (width, height) in {"wide": (192, 108), "tall": (108, 192)}.items():
        before = make_clip(
            folder / f"{name}.mp4",
            duration_seconds=1,
            width=width,
            height=height,
            fps=10,
            sound=False,
        )
        after = folder / f"{name}-after.mp4"
        develop(before, after, prompt="noir", keep_audio=False)
        made |= {name: before, f"{name} after": after}
    return made


def pixels(sheet: Path) -> np.typing.NDArray[np.int16]:
    with Image.open(sheet) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(np.int16)


@pytest.mark.parametrize("columns", [1, 6])
@pytest.mark.parametrize("shape", ["wide", "tall"])
def test_the_sheet_fits_its_width_and_keeps_a_margin(
    clips: dict[str, Path], tmp_path: Path, shape: str, columns: int
) -> None:
    sheet = make_sheet(
        clips[shape],
        clips[f"{shape} after"],
        tmp_path / "sheet.png",
        title="a very long wish " * 30,
        facts=["fact " * 90, "short"],
        columns=columns,
    )

    seen = pixels(sheet)
    margins = np.concatenate([seen[:, :38].reshape(-1, 3), seen[:, -38:].reshape(-1, 3)])
    assert seen.shape[1] <= 1800
    assert (margins == BACKGROUND).all()


def test_the_first_row_is_the_source_and_the_second_the_edit(
    clips: dict[str, Path], tmp_path: Path
) -> None:
    sheet = make_sheet(
        clips["wide"], clips["wide after"], tmp_path / "new" / "sheet.png", title="noir", facts=[]
    )

    frames = pixels(sheet)[:, 140:-40]
    colourful = np.ptp(frames, axis=2).mean(axis=1)
    upper, lower = np.array_split(colourful, 2)
    assert upper.max() > 40
    assert lower.max() < 15


def test_the_columns_show_different_moments(clips: dict[str, Path], tmp_path: Path) -> None:
    sheet = make_sheet(
        clips["wide"], clips["wide after"], tmp_path / "sheet.png", title="", facts=[], columns=2
    )

    row = pixels(sheet)[100:300]
    first, second = row[:, 132:592], row[:, 604:1064]
    assert np.abs(first - second).mean() > 1


@pytest.mark.parametrize(
    "title", ["", "秋の夕暮れ" * 60, "вечер 🎃 خريف", "a\nb\tc\x00", "w" * 700]
)
def test_any_prompt_can_be_the_title(title: str, clips: dict[str, Path], tmp_path: Path) -> None:
    sheet = make_sheet(
        clips["tall"], clips["wide after"], tmp_path / "sheet.png", title=title, facts=[title]
    )

    assert pixels(sheet).shape[1] <= 1800


def test_a_text_too_long_ends_in_an_ellipsis_inside_its_room() -> None:
    font = ImageFont.load_default(20)

    lines = wrapped("several words that go on and on " * 9, font, 300, 2)

    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert max(font.getlength(line) for line in lines) <= 300


def test_a_clip_that_cannot_be_decoded_is_refused(clips: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no film")

    with pytest.raises(ValueError, match=r"broken\.mp4 is not a decodable video"):
        make_sheet(clips["wide"], tmp_path / "broken.mp4", tmp_path / "s.png", title="", facts=[])


def test_a_sheet_without_columns_is_refused(clips: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one column"):
        make_sheet(clips["wide"], clips["wide"], tmp_path / "s.png", title="", facts=[], columns=0)

"""A clip, and what prompts make of it."""

from pathlib import Path

import pytest

from local.fake_model import develop
from tests.local.fake_model.film import Clip, Edited, read_clip, write_clip


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("footage") / "source.mp4")


@pytest.fixture(scope="module")
def before(source: Path) -> Clip:
    return read_clip(source)


@pytest.fixture(scope="module")
def edited(source: Path) -> Edited:
    """The source as a prompt changes it; each prompt is developed once for all tests."""
    made: dict[str, Clip] = {}

    def after(prompt: str) -> Clip:
        if prompt not in made:
            path = source.with_name(f"after-{len(made)}.mp4")
            develop(source, path, prompt=prompt, keep_audio=True)
            made[prompt] = read_clip(path)
        return made[prompt]

    return after

"""What `pipx install .` installs is what make installs, and everything a stack is made of."""

import re
import tomllib
from pathlib import Path

import pytest

from local.emulator.engine import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
INCLUDED = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]


def wanted(*names: str) -> set[str]:
    """The requirements of these files, without their comments and includes."""
    lines = [
        line for name in names for line in (ROOT / "requirements" / name).read_text().split("\n")
    ]
    said = {re.sub(r"\s*#.*", "", line).strip() for line in lines}
    return {line for line in said if line and not line.startswith("-")}


def test_the_wheel_asks_for_what_the_stack_on_this_machine_needs() -> None:
    assert set(PROJECT["project"]["dependencies"]) == wanted("core.in", "media.in", "local.in")


@pytest.mark.parametrize("place", INCLUDED)
def test_what_goes_into_the_wheel_is_there(place: str) -> None:
    assert (ROOT / place).exists()


def test_all_that_the_template_names_goes_into_the_wheel() -> None:
    template = (ROOT / "template.yaml").read_text()
    named = {
        Path(path).parts[0]
        for path in re.findall(r"(?:CodeUri|ContentUri|DefinitionUri): (\S+)", template)
    }

    assert named <= INCLUDED.keys()
    assert {"template.yaml", "local", "command"} <= INCLUDED.keys()

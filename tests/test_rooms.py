"""The direction between the rooms is kept by a machine, and it says which room was left upwards."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.template_reader import ROOT

CORE = ROOT / "layers/core"


def complaint(core: Path, contract: str) -> str:
    """What import-linter prints about one contract; empty where it is kept."""
    lint = Path(sys.executable).with_name("lint-imports")
    config = ROOT / ".importlinter"
    found = subprocess.run(
        [lint, "--no-logo", "--no-cache", "--contract", contract, config],
        env=os.environ | {"PYTHONPATH": f"{core}:{ROOT}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if found.returncode == 0 else found.stdout + found.stderr


@pytest.mark.parametrize(
    ("contract", "module", "line", "said"),
    [
        (
            "retake",
            "domain/edit.py",
            "import retake.steps.poll",
            "retake.domain is not allowed to import retake.steps",
        ),
        (
            "retake",
            "providers/fal.py",
            "import retake.presentation.messages",
            "retake.providers is not allowed to import retake.presentation",
        ),
        ("retake", "attic/__init__.py", "", "attic"),
        ("aws", "steps/poll.py", "import botocore", "retake.steps.poll -> botocore"),
        ("outbound", "providers/fal.py", "import httpx", "retake.providers.fal -> httpx"),
    ],
)
def test_an_import_against_the_direction_is_refused_by_name(
    tmp_path: Path, contract: str, module: str, line: str, said: str
) -> None:
    core = tmp_path / "core"
    shutil.copytree(CORE, core)
    changed = core / "retake" / module
    changed.parent.mkdir(exist_ok=True)
    with changed.open("a") as file:
        file.write(f"\n{line}\n")

    assert said in complaint(core, contract)

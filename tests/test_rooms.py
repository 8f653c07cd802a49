"""The rooms keep their direction and their size, and a name means one thing."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from tests.support.template_reader import ROOT

CORE = ROOT / "layers/core"
PRODUCT = ("layers", "functions", "local", "command", "tools")
AROUND = ("virtual", "bench", "tests")
MAX_LINES = 300


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


def files(*roots: str) -> Iterator[Path]:
    return chain.from_iterable(sorted((ROOT / root).rglob("*.py")) for root in roots)


def test_no_file_has_more_than_300_lines() -> None:
    lengths = {file: file.read_text().count("\n") for file in files(*PRODUCT, *AROUND)}

    assert {str(file): lines for file, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_two_public_classes_share_a_name() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for file in files(*PRODUCT):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(file.relative_to(ROOT)))

    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_every_room_says_in_one_sentence_what_it_is_for() -> None:
    rooms = [
        file
        for file in files("layers", "local", "command", "virtual")
        if file.name == "__init__.py"
    ]

    assert [str(room) for room in rooms if not ast.get_docstring(ast.parse(room.read_text()))] == []


def test_what_is_no_test_imports_none() -> None:
    """So the bench and the stack in memory go on working where there are no tests."""
    wanted = re.compile(r"^\s*(?:from|import) tests\b", re.MULTILINE)
    around = [
        file for file in files(*PRODUCT, "virtual", "bench") if wanted.search(file.read_text())
    ]

    assert [str(file.relative_to(ROOT)) for file in around] == []

"""docs/faults.md says what there is: every row, and no test that does not exist."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.faults.page import PAGE, ROOT, SECTIONS, page
from tests.faults.rows.row import Row

ROWS = [row for section in SECTIONS.values() for row in section]


@cache
def names_in(path: Path) -> set[str]:
    return {
        node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_every_test_a_row_names_exists(row: Row) -> None:
    for node in row.nodes:
        path, _, name = node.partition("::")

        assert (ROOT / path).exists(), path
        assert name in names_in(ROOT / path), node


def test_every_row_is_shown_by_something_or_said_to_be_open() -> None:
    numbers = [row.number for row in ROWS]

    assert len(set(numbers)) == len(numbers)
    assert all(row.tests or row.cloud or row.gap for row in ROWS)


def test_the_page_is_current() -> None:
    written = PAGE.read_text()
    protocol = written.partition("not probabilities.\n\n")[2].partition("\n\n")[0]

    assert written == page(protocol), "renew it: python -m tests.faults.page"

"""Every promise of SECURITY.md names a test that is there."""

import re

import pytest

from tests.support.template_reader import ROOT

PAGE = (ROOT / "SECURITY.md").read_text()
NAMED = re.findall(r"\[`(test_\w+)`\]\(([\w./]+)\)", PAGE)
HEADS = ("| held by |", "| what stops it |")
ROWS = [
    line
    for line in PAGE.splitlines()
    if line.startswith("| ") and not any(head in line for head in HEADS)
]


@pytest.mark.parametrize(("test", "path"), NAMED)
def test_a_test_that_a_promise_names_exists(test: str, path: str) -> None:
    assert re.search(rf"^def {test}\(", (ROOT / path).read_text(), re.MULTILINE)


def test_every_promise_names_a_test() -> None:
    assert len(ROWS) > 20
    for row in ROWS:
        assert "[`test_" in row, row


def test_the_readme_leads_here() -> None:
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text()

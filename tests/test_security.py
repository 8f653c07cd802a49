"""Every promise of SECURITY.md names a test that is there."""

import re

import pytest

from local.smoke.run import AFTERWARDS, CALLING, STANDING, STRAINED, WALKING
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
    promises = [row for row in ROWS if row not in PAGE.partition("## What only your account")[2]]
    assert len(promises) > 20
    for row in promises:
        assert "[`test_" in row, row


def test_what_only_an_account_can_prove_is_what_smoke_checks() -> None:
    rows = PAGE.partition("## What only your account can prove")[2].splitlines()
    named = {name for row in rows if row.startswith("| ") for name in re.findall(r"`([^`]+)`", row)}
    checks = {
        it.__name__.replace("_", " ")
        for it in (*STANDING, *CALLING, *WALKING, *STRAINED, *AFTERWARDS)
    }

    assert len(named & checks) > 15
    # Everything else in backticks there is a name of AWS or of the template.
    assert {name for name in named - checks if " " in name} == {"make smoke"} & named


def test_the_readme_leads_here() -> None:
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text()

"""checkov's skips: few, and each below its reason. `make security` runs checkov itself."""

from tests.support.template_reader import ROOT

MAX_SKIPS = 6
LINES = (ROOT / ".checkov.yaml").read_text().splitlines()
SKIPS = LINES[LINES.index("skip-check:") + 1 :]


def test_there_are_at_most_six_skips() -> None:
    assert 0 < len([line for line in SKIPS if line.startswith("  - ")]) <= MAX_SKIPS


def test_every_skip_stands_below_its_reason() -> None:
    for before, line in zip(["", *SKIPS], SKIPS, strict=False):
        if line.startswith("  - "):
            assert before.startswith("  # "), line


def test_nothing_is_skipped_beside_the_list() -> None:
    assert "checkov:skip" not in (ROOT / "template.yaml").read_text()

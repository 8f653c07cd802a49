"""A profile in parts is added up by whose turn each part was."""

import pytest

from bench.instructions import by_label

PROFILE = ["version: 1", "part: 1", "summary: 41000000", "part: 2", "summary: 29000000", "part: 3"]
PROFILE += ["totals: 9", "summary: 6500000"]


def test_parts_are_added_up_by_label() -> None:
    sums = by_label(PROFILE, ["interpreter", "botocore", "interpreter"])

    assert sums == {"interpreter": 47.5, "botocore": 29.0}


def test_a_mark_that_nobody_made_is_noticed() -> None:
    with pytest.raises(ValueError, match="longer"):
        by_label(PROFILE, ["interpreter", "botocore"])

"""A pattern that is compiled late is the one that `re` would have compiled at once."""

import importlib
import pkgutil
import re

import pytest
import retake
from retake.domain.patterns import pattern


def test_it_finds_what_the_compiled_one_finds() -> None:
    late, early = pattern(r"(\w)-(\w)", re.IGNORECASE), re.compile(r"(\w)-(\w)", re.IGNORECASE)

    assert late.sub(r"\2", "a-b c-d") == early.sub(r"\2", "a-b c-d") == "b d"
    assert (late.pattern, late.flags, late.groups) == (early.pattern, early.flags, early.groups)
    assert late.fullmatch("a-") is None


def test_every_pattern_of_the_product_can_be_compiled() -> None:
    late = [
        value
        for module in pkgutil.walk_packages(retake.__path__, "retake.")
        for value in vars(importlib.import_module(module.name)).values()
        if type(value) is type(pattern(""))
    ]

    assert len(late) > 30
    assert all(re.compile(each.pattern, each.flags) for each in late)


def test_one_that_is_wrong_says_so_when_it_is_used() -> None:
    wrong = pattern("(")

    with pytest.raises(re.error):
        wrong.match("")

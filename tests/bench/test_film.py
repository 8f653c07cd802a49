"""The probe of a long film fits what it calls, which is said here and not after hours."""

from inspect import signature
from types import FunctionType

import pytest
from retake.aws.s3 import Storage

from bench.probes.film import Folder

VERBS = [
    name
    for name, it in vars(Folder).items()
    if isinstance(it, FunctionType) and not name.startswith("_")
]


@pytest.mark.parametrize("verb", VERBS)
def test_the_folder_is_asked_as_s3_is(verb: str) -> None:
    real, stand_in = (signature(getattr(each, verb)).parameters for each in (Storage, Folder))

    assert list(stand_in) == list(real)
    assert [it.kind for it in stand_in.values()] == [it.kind for it in real.values()]


def test_the_verbs_that_fit_calls_are_there() -> None:
    assert {"head", "read", "save"} <= set(VERBS)

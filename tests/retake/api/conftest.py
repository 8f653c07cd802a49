import pytest

from tests.retake.api.reception import Reception


@pytest.fixture
def reception() -> Reception:
    return Reception()

import pytest

from tests.retake.api.api_client import Reception


@pytest.fixture
def reception() -> Reception:
    return Reception()

"""What the tests of erasing share."""

import pytest

from tests.retake.steps.erasure_scene import Office


@pytest.fixture
def office() -> Office:
    return Office()

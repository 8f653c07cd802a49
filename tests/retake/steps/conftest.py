"""What the tests of erasing share."""

import pytest

from tests.retake.steps.office import Office


@pytest.fixture
def office() -> Office:
    return Office()

"""A stack to be looked at by link."""

from collections.abc import Iterator

import pytest

from tests.functions.share_endpoint import Showroom


@pytest.fixture
def room() -> Iterator[Showroom]:
    with Showroom().open() as room:
        yield room

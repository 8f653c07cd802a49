"""Webhooks go to this machine where it is the user's own, and nowhere where it is deployed."""

import pytest
from retake.domain.errors import Forbidden
from retake.outbound.receivers import receivers

NONE: frozenset[int] = frozenset()
HERE = "http://127.0.0.1:9911/h"


def test_a_receiver_on_this_machine_is_called_by_the_local_engine_alone() -> None:
    assert str(receivers(frozenset({4566})).check(HERE)) == HERE

    with pytest.raises(Forbidden):
        receivers(NONE).check(HERE)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/", "http://10.0.0.1:9911/", "http://a.b/"])
def test_nothing_else_is_opened_by_that(url: str) -> None:
    with pytest.raises(Forbidden):
        receivers(frozenset({4566})).check(url)

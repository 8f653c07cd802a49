"""What an edit alone asks of AWS."""

from bench.crowd import Crowd
from bench.scale import MOST_REQUESTS


def test_an_edit_alone_makes_fourteen_requests_to_dynamodb() -> None:
    assert Crowd(1).table_requests == MOST_REQUESTS

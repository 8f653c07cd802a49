"""What one minute may cost, however it is asked for: edits and forms are counted, not calls."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from retake.records.allowance import Allowance, UsedUp

from tests.retake.api.api_client import Reception
from virtual.clock import Clock
from virtual.memory_table import MemoryTable

CLIP = "sources/a/clip.mp4"


@pytest.fixture
def reception() -> Reception:
    reception = Reception(edits_per_minute=30, forms_per_minute=2)
    reception.scene.storage.objects["inbox", CLIP] = b"clip"
    return reception


def ask(reception: Reception, count: int, **headers: str) -> Any:
    wanted = {"prompts": [f"noir {n}" for n in range(count)], "source": CLIP}
    return reception.call("POST", "/edits", wanted, **headers)


def edits_of(reception: Reception) -> int:
    return sum(key.startswith("edit#") for key in reception.scene.table.items)


def test_a_batch_counts_as_many_edits_as_it_makes(reception: Reception) -> None:
    first, second, third = ask(reception, 20), ask(reception, 20), ask(reception, 10)

    assert (first.status, second.status, third.status) == (202, 429, 202)
    assert second.code == "TOO_MANY"
    assert second.headers["retry-after"] == "60"
    assert "30 edits a minute; 10 are left" in second.json["detail"]
    assert edits_of(reception) == 30


def test_the_next_minute_has_an_allowance_of_its_own(reception: Reception) -> None:
    ask(reception, 20)
    reception.scene.clock.advance(60)

    assert ask(reception, 20).status == 202


def test_what_was_begun_before_is_given_back_and_not_counted_again(reception: Reception) -> None:
    asked = [ask(reception, 20, idempotency_key="k").status for _ in range(4)]

    assert asked == [202, 200, 200, 200]
    assert edits_of(reception) == 20


def test_forms_for_uploads_are_bounded_in_number(reception: Reception) -> None:
    wanted = {"file_name": "clip.mp4", "content_type": "video/mp4"}

    said = [reception.call("POST", "/uploads", wanted).status for _ in range(3)]

    assert said == [201, 201, 429]


def test_many_at_once_are_never_granted_more_than_there_is() -> None:
    allowance = Allowance(MemoryTable(), "edits", 30, Clock().now)

    def take(_: int) -> int:
        try:
            allowance.take(4)
        except UsedUp:
            return 0
        return 4

    with ThreadPoolExecutor(8) as pool:
        granted = sum(pool.map(take, range(40)))

    assert 0 < granted <= 30

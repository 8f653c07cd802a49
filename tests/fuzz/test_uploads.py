"""Uploads of nonsense through the real steps; `make fuzz` plays 5,000 of them."""

import pytest
from retake.domain.edit import Edit
from retake.media.probe import probe

from tests.fuzz import uploads
from tests.fuzz.drops import BODIES


def test_each_upload_ends_in_one_record_with_a_reason_and_invalid_ones_are_not_sent() -> None:
    tally = uploads.run(400, seed=1)

    assert tally.uploads == 400
    assert tally.edits >= 400
    assert 0 < tally.orders < 40
    assert tally.invalid > 300
    assert set(tally.kinds) == {*BODIES, "a request file"}
    assert tally.grown_bytes < 256 * 1024 * 1024


def test_orders_are_counted_where_every_file_is_taken_for_a_clip(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "probe", lambda reader: uploads.Stage().clip)

    assert uploads.run(60, seed=1).orders > 10


def test_an_order_for_an_invalid_upload_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def sends_first(stage: uploads.Stage, edit: Edit) -> None:
        stage.provider.orders.append("an order")
        stage.validate(edit, look=probe)

    monkeypatch.setattr(uploads.Stage, "_step", sends_first)

    with pytest.raises(AssertionError, match="seed=1"):
        uploads.run(20, seed=1)

"""Erasing again: what was out of reach, is still needed, or is gone already."""

import json
from typing import Any, cast

import pytest
from retake.domain.conclusions import failed
from retake.domain.errors import LostRace, Misconfigured, Unavailable
from retake.domain.request import Request
from retake.domain.vocabulary import Reason
from retake.providers.contract import DeletionOutcome
from retake.records.batches import variation_id
from retake.steps.erase import LONGEST, PATIENCE, StillNeeded
from retake.steps.persist import persist
from retake.steps.save_result import ResultSaver

from tests.retake.steps.erasure_scene import NAME, Office, about


def test_the_same_upload_announced_again_starts_nothing(office: Office) -> None:
    edit = office.ended()
    office.erase(edit)
    upload = edit.upload
    assert upload is not None
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {
            "bucket": {"name": upload.bucket},
            "object": {"key": upload.key, "version-id": upload.version_id, "size": 4},
        },
    }
    started: list[str] = []

    taken = office.take_in(json.dumps(event), started.append)

    assert (taken.edit_id, taken.is_new, started) == (edit.edit_id, False, [])
    assert office.now(edit).erased_at is not None


def test_erased_twice_is_erased_once(office: Office) -> None:
    edit = office.ended()
    first = office.erase(edit)

    office.clock.advance(60)
    second = office.erase(edit)

    assert second == first
    assert len(office.provider.forgotten) == 1


@pytest.mark.parametrize("broken", ["inbox", "results", "provider", "vault"])
def test_what_cannot_be_reached_is_asked_again_and_the_record_waits_for_it(
    office: Office, broken: str
) -> None:
    edit = office.ended()
    office.shreds.jams = {
        "inbox": lambda key: not key.startswith("edited/"),
        "results": lambda key: key.startswith("edited/"),
    }.get(broken, lambda key: False)
    office.provider.forgetting = {
        "provider": DeletionOutcome.UNANSWERED,
        "vault": Misconfigured("No key for fal is set."),
    }.get(broken, DeletionOutcome.FORGOTTEN)

    with pytest.raises(Unavailable):
        office.erase(edit)
    halfway = office.now(edit)
    office.shreds.jams = lambda key: False
    office.provider.forgetting = DeletionOutcome.FORGOTTEN
    erased = office.erase(edit)

    assert (halfway.erased_at, halfway.request) == (None, edit.request)
    assert "FAILED" not in {each["fate"] for each in erased.erasure}
    assert erased.erased_at is not None


def test_what_stays_out_of_reach_for_a_day_is_named_and_the_rest_is_erased(
    office: Office,
) -> None:
    edit = office.ended()
    office.shreds.jams = lambda key: not key.startswith("edited/")
    with pytest.raises(Unavailable):
        office.erase(edit)
    office.clock.advance(PATIENCE.total_seconds())

    erased = office.erase(edit)

    line = about(erased, "clip")
    assert (line["fate"], line["reference"]) == ("FAILED", f"{NAME}.mp4")
    assert erased.request is None


def test_a_clip_that_an_open_edit_still_needs_is_left_until_that_has_ended(
    office: Office,
) -> None:
    edit = office.ended()
    other, _ = office.records.receive(
        "e-11111111111111111111", None, inbox_bucket="inbox", source=edit.source
    )

    held = office.erase(edit)
    office.closed(other, failed(Reason.TIMED_OUT, "late"))

    assert (held.erased_at, held.erase_waits_for) == (None, other.edit_id)
    erased = office.erase(edit)
    assert erased.erased_at is not None
    assert erased.erase_waits_for is None


def test_an_erasure_goes_on_when_the_one_that_held_it_up_ends_and_at_no_later_sweep(
    office: Office,
) -> None:
    edit = office.ended()
    other = office.records.receive(
        "e-11111111111111111111", None, inbox_bucket="inbox", source=edit.source
    )[0]
    office.erase(edit)
    asked: list[str] = []

    office.records.conclude(office.now(other), failed(Reason.TIMED_OUT, "late"))
    persist(
        office.now(other),
        records=office.records,
        keeper=cast(ResultSaver, None),  # nothing is saved
        publish=office.published.append,
        erase=asked.append,
    )

    assert asked == [edit.edit_id]
    assert office.erase(edit).erased_at is not None


def test_an_erasure_that_begins_to_wait_after_the_end_was_begun_is_sent_on_too(
    office: Office,
) -> None:
    edit = office.ended()
    other, _ = office.records.receive(
        "e-11111111111111111111", None, inbox_bucket="inbox", source=edit.source
    )
    ending = office.records.conclude(other, failed(Reason.TIMED_OUT, "late"))
    asked: list[str] = []

    office.erase(edit)
    persist(
        ending,
        records=office.records,
        keeper=cast(ResultSaver, None),  # nothing is saved
        publish=office.published.append,
        erase=asked.append,
    )

    assert asked == [edit.edit_id]
    assert office.now(other).is_finished


def test_only_the_same_version_of_a_clip_holds_an_erasure_up(office: Office) -> None:
    edit = office.ended()
    newer = office.upload(f"{NAME}.mp4")

    erased = office.erase(edit)

    assert newer.upload != edit.upload
    assert not office.now(newer).is_finished
    assert erased.erased_at is not None


def test_one_that_has_only_said_a_name_will_be_given_its_newest_version(office: Office) -> None:
    edit = office.ended()
    request = Request(prompt="x", source=f"{NAME}.mp4")
    other, _ = office.records.receive(
        "e-11111111111111111111", None, inbox_bucket="inbox", request=request
    )
    held = office.erase(edit)
    office.upload(f"{NAME}.mp4")

    assert held.erase_waits_for == other.edit_id
    assert office.erase(edit).erased_at is not None


def test_an_edit_that_ends_while_it_is_looked_at_holds_nothing_up(office: Office) -> None:
    edit = office.ended()
    other, _ = office.records.receive(
        "e-11111111111111111111", None, inbox_bucket="inbox", source=edit.source
    )
    office.closed(other, failed(Reason.TIMED_OUT, "late"))

    with pytest.raises(LostRace):
        office.records.erasure.hold(office.erasing(edit), other)


def test_until_it_is_done_the_sweep_finds_it_and_then_no_more(office: Office) -> None:
    edit = office.ended()
    before = "open_shard" in office.item(edit)

    office.records.erasure.ask(office.now(edit))
    meanwhile = "open_shard" in office.item(edit)
    office.erase(edit)

    assert (before, meanwhile, "open_shard" in office.item(edit)) == (False, True, False)


def long_since(office: Office) -> None:
    """The stack keeps the lists of this version for longer than any edit is open."""
    office.records.lists.note_alive()
    office.clock.advance(LONGEST.total_seconds() + 3600)


@pytest.mark.parametrize("named", ["source", "request"])
def test_who_still_uses_a_clip_is_looked_up_and_no_open_edit_is_read_for_it(
    office: Office, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_since(office)
    edit = office.ended()
    request = Request(prompt="x", source=f"{NAME}.mp4")
    facts = {"source": edit.source} if named == "source" else {"request": request}
    other, _ = office.records.receive("e-11111111111111111111", None, inbox_bucket="inbox", **facts)
    for number in range(50):
        office.upload(f"{number}.mp4")
    monkeypatch.setattr(office.records.open, "ids", None)
    read: list[str] = []
    get_many = office.table.get_many

    def noted(keys: list[str]) -> Any:
        read.extend(keys)
        return get_many(keys)

    monkeypatch.setattr(office.table, "get_many", noted)

    assert office.erase(edit).erase_waits_for == other.edit_id

    assert set(read) <= {f"edit#{other.edit_id}", f"edit#{edit.edit_id}"}


def test_another_edit_of_the_same_batch_still_needs_the_clip(office: Office) -> None:
    long_since(office)
    first = office.upload("batch.mp4")
    request = Request(prompt="x")
    office.records.batches.spread(first, [request, request], source=first.source)
    second = office.records.get(variation_id(first.edit_id, 1))
    office.closed(first, failed(Reason.TIMED_OUT, "late"))

    assert office.erase(first).erase_waits_for == second.edit_id


def test_whoever_cannot_be_read_may_need_it(office: Office) -> None:
    long_since(office)
    edit = office.ended()
    other, _ = office.records.receive(
        "e-11111111111111111111", None, inbox_bucket="inbox", source=edit.source
    )
    office.table.items[f"edit#{other.edit_id}"]["upload"] = {"S": "no"}

    with pytest.raises(StillNeeded, match="cannot be read"):
        office.erase(edit)


def test_open_edits_that_an_older_version_made_are_looked_through(office: Office) -> None:
    edit = office.ended()
    other, _ = office.records.receive(
        "e-11111111111111111111", None, inbox_bucket="inbox", source=edit.source
    )
    office.table.items.pop(f"list#{other.edit_id}#clip")

    assert office.erase(edit).erase_waits_for == other.edit_id

"""Erasing again: what was out of reach, is still needed, or is gone already."""

import json

import pytest
from retake.domain.errors import Misconfigured, Unavailable
from retake.domain.vocabulary import Reason
from retake.providers.contract import DeletionOutcome
from retake.records.store import failed
from retake.steps.erase import PATIENCE, StillNeeded

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

    with pytest.raises(StillNeeded, match="e-11111111111111111111"):
        office.erase(edit)
    office.closed(other, failed(Reason.TIMED_OUT, "late"))

    assert office.erase(edit).erased_at is not None


def test_until_it_is_done_the_sweep_finds_it_and_then_no_more(office: Office) -> None:
    edit = office.ended()
    before = "open_shard" in office.item(edit)

    office.records.erasure.ask(office.now(edit))
    meanwhile = "open_shard" in office.item(edit)
    office.erase(edit)

    assert (before, meanwhile, "open_shard" in office.item(edit)) == (False, True, False)

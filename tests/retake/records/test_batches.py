"""Batches: made whole or not at all, and ended once."""

import json
from dataclasses import replace

import pytest
from retake.aws.dynamodb import Table
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import LostRace, Unavailable
from retake.domain.request import Request
from retake.domain.vocabulary import Reason, Status
from retake.presentation.batch_messages import BATCH_SCHEMA, notification_for_batch
from retake.presentation.messages import SUBJECT_CHARS
from retake.records.batches import MAX_EDITS, UnknownBatch, batch_id_of, variation_id
from retake.records.keys import batch_key
from retake.records.queries import UnknownEdit
from retake.records.store import Records

from virtual.memory_table import MemoryTable
from virtual.scene import Scene
from virtual.sweep_scene import RESULT

NOIR, SNOW = Request(prompt="noir"), Request(prompt="snow")
REFUSED = Conclusion(status=Status.REJECTED, reason=Reason.MISSING_PROMPT, message="No prompt.")
DONE = Conclusion(status=Status.SUCCEEDED, message="ready")


def spread(scene: Scene, *entries: Request | Conclusion) -> list[Edit]:
    first = scene.upload("shots/clip.mp4")
    scene.records.batches.spread(first, entries or (NOIR, SNOW, NOIR), source=first.upload)
    batch = scene.records.batches.get(batch_id_of(first.edit_id))
    return [scene.records.get(edit_id) for edit_id in batch.edit_ids]


def test_each_edit_of_a_batch_has_its_own_request_and_the_same_version_of_the_clip() -> None:
    edits = spread(Scene(), NOIR, SNOW)

    assert [(edit.request, edit.batch_index) for edit in edits] == [(NOIR, 0), (SNOW, 1)]
    assert len({edit.source for edit in edits}) == 1
    assert len({edit.upload for edit in edits}) == 1
    assert edits[1].edit_id == variation_id(edits[0].edit_id, 1) != edits[0].edit_id


def test_an_entry_that_is_refused_is_on_record_as_such_from_its_first_moment() -> None:
    edits = spread(Scene(), REFUSED, NOIR, REFUSED)

    assert [edit.conclusion for edit in edits] == [REFUSED, None, REFUSED]
    assert [edit.request for edit in edits] == [None, NOIR, None]


def test_what_was_concluded_meanwhile_is_not_spread_any_more() -> None:
    scene = Scene()
    seen = scene.upload()
    scene.records.conclude(seen, failed(Reason.CANCELLED, "stopped"))

    with pytest.raises(LostRace):
        scene.records.batches.spread(seen, (NOIR, SNOW))

    assert len(scene.table.items) == 1


def test_a_spread_twice_makes_nothing_twice() -> None:
    scene = Scene()
    first = scene.upload()
    scene.records.batches.spread(first, (NOIR, SNOW))
    before = dict(scene.table.items)

    with pytest.raises(LostRace):
        scene.records.batches.spread(first, (NOIR, SNOW))

    assert scene.table.items == before


def test_a_batch_is_made_in_one_write_or_not_at_all() -> None:
    class Counting(MemoryTable):
        writes = 0

        def write(self, *changes: object) -> None:
            self.writes += 1
            super().write(*changes)  # type: ignore[arg-type]  # handed on as it came

    table = Counting()
    scene = Scene(table=table)
    first = scene.upload()
    before = table.writes

    scene.records.batches.spread(first, [Request(prompt=str(n)) for n in range(MAX_EDITS)])

    assert table.writes == before + 1
    assert len(table.items) == MAX_EDITS + 1


def test_a_batch_asked_for_at_once_is_there_once_however_often_it_is_asked_for() -> None:
    records = Scene().records
    first_id = "e-0123456789abcdefghjk"
    each = [{"inbox_bucket": "inbox", "request": it} for it in (NOIR, SNOW)]

    first, is_new = records.batches.receive(first_id, each)
    again, is_new_again = records.batches.receive(first_id, each)

    assert (is_new, is_new_again) == (True, False)
    assert first == again
    assert records.get(variation_id(first_id, 1)).request == SNOW


def test_the_one_who_tells_of_a_batch_stays_the_one_until_it_is_told() -> None:
    scene = Scene()
    one, two = spread(scene, NOIR, SNOW)
    batch = scene.records.batches.get(batch_id_of(one.edit_id))

    assert scene.records.batches.claim_telling(two, batch)
    assert not scene.records.batches.claim_telling(one, batch)
    assert scene.records.batches.claim_telling(two, batch)  # it died, and comes again
    scene.records.batches.mark_notified(batch.batch_id)
    assert not scene.records.batches.claim_telling(two, scene.records.batches.get(batch.batch_id))


def test_the_end_of_an_edit_is_noted_however_often_and_in_whatever_order() -> None:
    scene = Scene()
    edits = spread(scene)
    batch_id = batch_id_of(edits[0].edit_id)

    seen = [
        scene.records.batches.note_end(edits[place], batch_id).has_ended
        for place in (2, 0, 2, 1, 1)
    ]

    assert seen == [False, False, False, True, True]


def test_a_batch_that_is_forgotten_does_not_come_back_by_a_mark() -> None:
    scene = Scene()
    (one, *_) = spread(scene)
    del scene.table.items[batch_key(str(one.batch_id))]

    for act in (
        scene.records.batches.note_end,
        lambda edit, batch: scene.records.batches.get(batch),
    ):
        with pytest.raises(UnknownBatch):
            act(one, str(one.batch_id))
    assert batch_key(str(one.batch_id)) not in scene.table.items


def test_an_answer_that_is_lost_leaves_the_whole_batch_or_nothing() -> None:
    class Losing(MemoryTable):
        loses = False

        def write(self, *changes: object) -> None:
            super().write(*changes)  # type: ignore[arg-type]  # handed on as it came
            if self.loses:
                raise Unavailable

    table = Losing()
    scene = Scene(table=table)
    first = scene.upload()
    table.loses = True

    with pytest.raises(Unavailable):
        scene.records.batches.spread(first, (NOIR, SNOW))

    assert scene.now(first).batch_id == batch_id_of(first.edit_id)
    assert scene.records.get(variation_id(first.edit_id, 1)).batch_index == 1


def ended(scene: Scene) -> list[Edit]:
    """Five edits: three ready, one that failed with money at risk, one refused."""
    edits = spread(scene, NOIR, SNOW, NOIR, SNOW, REFUSED)
    ends = [DONE, DONE, failed(Reason.TIMED_OUT, "Not done.", at_risk=True), DONE]
    for edit, end in zip(edits, ends, strict=False):
        scene.validate(edit)
        scene.provider.submissions[0] = scene.accepting(f"task-{edit.batch_index}")
        scene.submit(edit)
        scene.records.close(scene.now(edit), end)
    scene.records.close(scene.now(edits[4]), REFUSED)
    return [scene.now(edit) for edit in edits]


def test_the_message_counts_sums_and_lists_without_a_prompt() -> None:
    scene = Scene()
    edits = ended(scene)
    batch = scene.records.batches.get(str(edits[0].batch_id))

    notice = notification_for_batch(batch, edits)

    said = json.loads(json.loads(notice["message"])["default"])
    assert said["schema"] == BATCH_SCHEMA
    assert said["notification_id"] == notice["notification_id"] == f"{batch.batch_id}.ended"
    assert said["counts"] == {"SUCCEEDED": 3, "FAILED": 1, "REJECTED": 1, "total": 5}
    assert said["cost"]["billed_usd"] == pytest.approx(3 * 0.84)
    assert said["cost"]["at_risk_usd"] == pytest.approx(0.84)
    assert [row["index"] for row in said["edits"]] == [0, 1, 2, 3, 4]
    assert [row["edit_id"] for row in said["edits"]] == list(batch.edit_ids)
    assert said["edits"][2]["reason"] == "TIMED_OUT"
    assert said["upload"]["key"] == "shots/clip.mp4"
    assert "noir" not in notice["message"]


def test_the_mail_says_at_a_glance_how_it_went() -> None:
    scene = Scene()
    edits = ended(scene)

    notice = notification_for_batch(scene.records.batches.get(str(edits[0].batch_id)), edits)

    assert notice["subject"] == "Retake: 5 edits of clip.mp4: 3 ready, 1 failed, 1 refused"
    mail = json.loads(notice["message"])["email"]
    assert "5. refused: No prompt." in mail
    assert "$2.52 billed, and at most $0.84 more may be billed." in mail


def test_a_policy_that_filters_by_status_gets_no_batch() -> None:
    scene = Scene()
    edits = ended(scene)

    notice = notification_for_batch(scene.records.batches.get(str(edits[0].batch_id)), edits)

    assert {n: v["StringValue"] for n, v in notice["attributes"].items()} == {"kind": "batch"}


def test_the_subject_of_a_long_name_fits_sns() -> None:
    scene = Scene()
    first = scene.upload("❄️" * 200 + ".mp4")
    scene.records.batches.spread(first, (REFUSED, REFUSED))
    edits = [scene.now(first), scene.records.get(variation_id(first.edit_id, 1))]
    edits = [scene.records.close(edit, REFUSED) for edit in edits]

    subject = notification_for_batch(scene.records.batches.get(str(edits[0].batch_id)), edits)[
        "subject"
    ]

    assert len(subject) <= SUBJECT_CHARS
    assert subject.isascii()


def test_the_message_about_twenty_edits_with_the_longest_names_fits_sns() -> None:
    scene = Scene()
    first = scene.upload("ü" * 508 + ".mp4")
    scene.records.batches.spread(first, [NOIR] * MAX_EDITS)
    batch = scene.records.batches.get(batch_id_of(first.edit_id))
    result = replace(RESULT, key="edited/" + '"' * 1000 + ".mp4")
    edits = [
        scene.records.close(scene.records.get(edit_id), DONE, result=result)
        for edit_id in batch.edit_ids
    ]

    assert len(notification_for_batch(batch, edits)["message"].encode()) < 256 * 1024


def test_both_tables_take_a_batch_of_twenty_in_one_write_and_end_it(table: Table) -> None:
    scene = Scene()
    scene.records = Records(table, now=scene.clock.now)
    first = scene.upload()

    scene.records.batches.spread(first, [Request(prompt=str(n)) for n in range(MAX_EDITS)])
    with pytest.raises(LostRace):
        scene.records.batches.spread(first, (NOIR, SNOW))

    batch = scene.records.batches.get(batch_id_of(first.edit_id))
    edits = [scene.records.get(edit_id) for edit_id in batch.edit_ids]
    assert [edit.request.prompt for edit in edits if edit.request] == [str(n) for n in range(20)]
    ends = [scene.records.batches.note_end(edit, batch.batch_id).has_ended for edit in edits]
    assert ends == [False] * 19 + [True]
    assert scene.records.batches.claim_telling(edits[0], scene.records.batches.get(batch.batch_id))
    assert not scene.records.batches.claim_telling(
        edits[1], scene.records.batches.get(batch.batch_id)
    )


def test_edits_of_a_batch_are_found_like_every_other() -> None:
    scene = Scene()
    edits = spread(scene)

    listed = scene.records.listed(scene.clock.now().date().isoformat(), limit=10)

    assert {key.rpartition("#")[2] for key in listed} == {edit.edit_id for edit in edits}
    with pytest.raises(UnknownEdit):
        scene.records.get(batch_id_of(edits[0].edit_id))

"""Whatever is dropped: no record passes 64 KB, no message 200 KB, and every edit ends told."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.domain.budget import (
    MAX_ATTEMPTS,
    MESSAGE_BYTES,
    RECORD_BYTES,
    attempts_within,
    is_nested_deeper,
    size_of,
)
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import Refused, Unpublishable
from retake.domain.vocabulary import Reason, Status
from retake.presentation.messages import notification_for, shortened
from retake.providers.contract import Submission, Task, Verdict
from retake.records.batches import batch_id_of
from retake.request.json_object import REQUEST_BYTES, object_from_json
from retake.request.placeholders import filled

from tests.retake.steps.scripted_provider import out
from virtual.scene import Scene
from virtual.sweep_scene import Broom

PICTURE = (
    b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00\x00\x03\x00" * 2 + b"\x08\x02" + b"\0" * 7
)
# Whatever makes JSON, e-mail or DynamoDB count more than one byte for a character.
TEXTS = st.text(st.sampled_from('a"\\\n\x01é雪❄😀\u202e{}'), max_size=40)


def long(text: str) -> st.SearchStrategy[str]:
    return st.integers(0, 3000).map(lambda times: (text or "x") * times)


LONG = TEXTS.flatmap(long)
KEYS = TEXTS.map(lambda text: text.encode("utf-8")[:900].decode(errors="ignore") + ".png")
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "prompt": LONG,
        "prompts": st.one_of(
            st.lists(LONG, max_size=30), TEXTS.map(lambda text: [text or "noir"] * 3000)
        ),
        "models": st.lists(st.sampled_from(["fal/kling-o1-edit", "novita/kling-o1-edit", "?"])),
        "images": st.lists(KEYS, max_size=8),
        "model": TEXTS,
        "aspect_ratio": LONG,
        "unknown": LONG,
    },
)
METADATA = st.dictionaries(st.sampled_from(["promt", "modle", "imges", "fits", "place"]), TEXTS)


def edits_of(scene: Scene, first: Edit) -> list[Edit]:
    batch_id = scene.now(first).batch_id
    ids = scene.records.batches.get(batch_id).edit_ids if batch_id else [first.edit_id]
    return [scene.records.get(edit_id) for edit_id in ids]


def walked(scene: Scene, edit: Edit) -> dict[str, Any]:
    """The answer of the last step, after all steps of an edit."""
    scene.validate(edit)
    if not scene.now(edit).must_be_concluded:
        task = Task(task_id=f"task-{edit.edit_id}")
        scene.provider.submissions = [Submission(verdict=Verdict.ACCEPTED, task=task)]
        scene.submit(edit)
        scene.poll(edit)
    answer: dict[str, Any] = out(scene, edit)
    return answer


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(request=REQUESTS, metadata=METADATA, name=KEYS)
def test_no_upload_makes_a_record_or_a_message_that_nobody_takes(
    request: dict[str, Any], metadata: dict[str, str], name: str
) -> None:
    scene = Scene()
    for key in request.get("images", ()):
        scene.storage.objects["inbox", key] = PICTURE
    first = scene.upload(f"{name}.mp4", prompt="", **metadata)  # type: ignore[arg-type]  # none is a body
    scene.storage.objects["inbox", f"{name}.mp4.json"] = json.dumps(request).encode()

    answers = [walked(scene, first)]
    answers += [walked(scene, edit) for edit in edits_of(scene, first)[1:]]

    assert {edit.is_finished for edit in edits_of(scene, first)} == {True}
    assert max(size_of(answer) for answer in answers) <= MESSAGE_BYTES
    assert max(size_of(notice) for notice in scene.published or [""]) <= MESSAGE_BYTES
    for item in scene.table.items.values():
        assert size_of(item) <= 1.2 * RECORD_BYTES  # with the types that DynamoDB does not count


def test_three_thousand_equal_prompts_are_one_remark() -> None:
    scene = Scene()
    asked = json.dumps({"prompts": ["x"] * 3000, "source": "clip.mp4"}).encode()
    scene.storage.objects["inbox", "clip.mp4"] = b"clip"
    edit = scene.upload("a.request.json", body=asked)

    answer = walked(scene, edit)

    assert scene.now(edit).status is Status.SUCCEEDED
    assert scene.now(edit).warnings[0] == (
        "'prompts' says the same at 1 and 2; it was made once. So do 2998 others."
    )
    assert size_of(answer) < 10_000


def test_placeholders_are_counted_while_they_are_filled() -> None:
    prompt = "{place}" * 9_000  # 63 KB; filled 18 MB

    with pytest.raises(Refused) as refusal:
        filled([prompt], {"place": "x" * 2000}, "prompts")

    assert refusal.value.allowed == REQUEST_BYTES


@pytest.mark.parametrize("levels", [17, 900, 20_000])
def test_a_document_nested_without_end_is_refused_on_every_road(levels: int) -> None:
    deep = b'{"prompt": "noir", "images": ' + b"[" * levels + b"]" * levels + b"}"
    scene = Scene()
    edit = scene.upload("shots/clip.mp4", prompt="")
    scene.storage.objects["inbox", "presets/shots.json"] = deep

    walked(scene, edit)

    seen = scene.now(edit)
    assert (seen.status, seen.reason) == (Status.REJECTED, Reason.INVALID_REQUEST)
    assert "nested more than 16 levels" in str(seen.message)
    with pytest.raises(Refused):
        object_from_json(deep)


def test_depth_is_told_without_recursion() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]

    assert is_nested_deeper(deep)
    assert not is_nested_deeper([[[1]], {"a": {"b": 2}}])


def test_remarks_that_come_one_by_one_are_counted_and_the_last_is_kept() -> None:
    scene = Scene()
    edit = scene.validated()

    for number in range(100):
        remark = f"remark {number} " + "x" * 100
        edit = scene.records.validated(edit, warnings=(*edit.warnings, remark))

    assert edit.warnings[-1].startswith("remark 99 ")
    assert edit.warnings[-2] == f"({101 - len(edit.warnings)} more remarks are left out.)"
    assert size_of(edit.warnings) < 4500


def test_a_message_that_is_too_long_all_the_same_has_a_short_form() -> None:
    scene = Scene()
    edit = scene.records.close(scene.running(), failed(Reason.TIMED_OUT, "late"))

    short = shortened(notification_for(edit, "https://x.example/share/1"))

    body = json.loads(short["message"])
    said = json.loads(body["default"])
    assert said["is_shortened"] is True
    assert (said["edit_id"], said["status"]) == (edit.edit_id, "FAILED")
    assert said["share_url"] == "https://x.example/share/1"
    assert "details" not in said
    assert short["attributes"] == notification_for(edit)["attributes"]


class ParticularTopic(Broom):
    """A topic that takes no message but a shortened one, or none at all."""

    takes_short = True

    def _publish(self, notification: Any) -> None:
        if "is_shortened" not in notification["message"] or not self.takes_short:
            raise Unpublishable
        super()._publish(notification)


@pytest.mark.parametrize("takes_short", [True, False])
def test_a_message_the_topic_never_takes_ends_as_told_with_less(takes_short: bool) -> None:
    broom = ParticularTopic()
    broom.takes_short = takes_short
    edit = broom.records.close(broom.running(), failed(Reason.TIMED_OUT, "late"))

    broom.later()

    seen = broom.now(edit)
    assert seen.notified_at is not None  # so it can be erased, and hides nothing from the sweep
    assert broom.published == ([seen.notification_id] if takes_short else [])


def test_what_was_paid_for_is_told_whatever_its_batch_says() -> None:
    broom = ParticularTopic()
    first = broom.upload()
    entries = [failed(Reason.INVALID_REQUEST, "😀" * 2000)] * 20
    broom.records.batches.spread(first, entries, source=None)
    ids = broom.records.batches.get(batch_id_of(first.edit_id)).edit_ids
    for edit_id in ids:
        edit = broom.records.get(edit_id)
        broom.records.close(edit, edit.conclusion or Conclusion(status=Status.FAILED))

    broom.later()

    assert all(broom.records.get(edit_id).notified_at for edit_id in ids)


def test_a_provider_that_is_busy_for_days_makes_no_record_longer() -> None:
    scene = Scene()
    edit = scene.validated()
    for _ in range(400):
        begun = scene.records.begin_submit(scene.now(edit), deadline=timedelta(hours=1))
        scene.records.not_accepted(begun, why=Verdict.RATE_LIMITED)

    seen = scene.now(edit)

    assert seen.attempt == 400
    assert len(seen.attempts) <= MAX_ATTEMPTS
    assert seen.attempts[-1]["attempt"] == 400
    assert sum(each.get("times", 1) for each in seen.attempts) == 400
    assert size_of(seen.to_mapping()) < RECORD_BYTES / 4


def test_an_attempt_that_may_be_billed_and_each_way_of_ending_stay_on_record() -> None:
    first = [
        {"attempt": 1, "model": "a", "ended": Status.UNCERTAIN},
        {"attempt": 2, "model": "b", "ended": Verdict.NO_CREDIT},
    ]
    busy = [{"attempt": n, "model": "a", "ended": Verdict.RATE_LIMITED} for n in range(3, 300)]

    kept = attempts_within([*first, *busy, {**first[0], "attempt": 300}])

    assert [each for each in kept if each["ended"] is not Verdict.RATE_LIMITED] == [
        *first,
        {**first[0], "attempt": 300},
    ]
    assert len(kept) == MAX_ATTEMPTS

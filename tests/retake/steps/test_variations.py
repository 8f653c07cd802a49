"""One clip with several prompts or models: which edits they make, and how each is told apart."""

import json
from typing import Any

import pytest
from retake.domain.edit import Edit
from retake.domain.vocabulary import Reason, SettingsSource
from retake.records.batches import MAX_EDITS, UnknownBatch, batch_id_of
from retake.steps.outcome import Next
from retake.steps.policy import Inbox

from virtual.scene import Scene

FAL, NOVITA = "fal/kling-o1-edit", "novita/kling-o1-edit"
THREE: dict[str, Any] = {"prompt": "", "prompts": '["noir", "snow, please", "dusk"]'}


def edits_of(scene: Scene, first: Edit) -> list[Edit]:
    ids = scene.records.batches.get(batch_id_of(first.edit_id)).edit_ids
    return [scene.records.get(edit_id) for edit_id in ids]


def asked(edits: list[Edit]) -> list[tuple[str, str | None]]:
    return [(edit.request.prompt, edit.request.model) for edit in edits if edit.request]


def write(scene: Scene, key: str, document: Any) -> None:
    scene.storage.objects["inbox", key] = json.dumps(document).encode()


def queued(scene: Scene) -> list[str]:
    return [json.loads(body)["edit_id"] for body in scene.queued]


def test_a_clip_with_three_prompts_is_three_edits_of_the_same_version() -> None:
    scene = Scene()
    first = scene.upload(**THREE)

    step = scene.validate(first)

    edits = edits_of(scene, first)
    assert step.next is Next.SUBMIT
    assert asked(edits) == [("noir", None), ("snow, please", None), ("dusk", None)]
    assert {edit.source.version_id for edit in edits if edit.source} == {"v0"}
    assert queued(scene) == [edit.edit_id for edit in edits[1:]]
    assert [edit.validated_at is not None for edit in edits] == [True, False, False]


def test_each_of_them_is_held_against_its_own_model_and_quoted_by_itself() -> None:
    scene = Scene()
    first = scene.upload(prompt="noir", models=f"{NOVITA},{FAL}")
    scene.validate(first)
    other = edits_of(scene, first)[1]

    scene.validate(other)

    one, two = edits_of(scene, first)
    assert (one.model, two.model) == (NOVITA, FAL)
    assert one.quoted_usd
    assert two.quoted_usd
    assert two.settings_from == one.settings_from
    assert two.upload == one.upload


def test_validating_one_of_the_others_reads_no_settings_again() -> None:
    scene = Scene()
    first = scene.upload(**THREE)
    scene.validate(first)
    scene.storage.metadata["clip.mp4"] = {"prompt": "something else"}

    scene.validate(edits_of(scene, first)[1])

    assert asked(edits_of(scene, first))[1] == ("snow, please", None)


@pytest.mark.parametrize(
    ("prompts", "model", "ends"),
    [
        # One entry that cannot be honoured is refused alone, the first one too.
        (["noir", "x" * 2501], None, [None, Reason.PROMPT_TOO_LONG]),
        (["x" * 2501, "noir"], None, [Reason.PROMPT_TOO_LONG, None]),
        (["  ", "noir"], None, [Reason.MISSING_PROMPT, None]),
        (["noir", "a\x00b"], None, [None, Reason.INVALID_REQUEST]),
        (["put @Image1 in", "noir"], None, [Reason.UNKNOWN_REFERENCE, None]),
        (["noir", "snow"], "kling", [Reason.UNKNOWN_MODEL, Reason.UNKNOWN_MODEL]),
    ],
)
def test_one_bad_entry_is_refused_alone(
    prompts: list[str], model: str | None, ends: list[Reason | None]
) -> None:
    scene = Scene()
    first = scene.upload("a.request.json", prompt="")
    scene.storage.objects["inbox", "sources/clip.mp4"] = b"clip"
    write(
        scene,
        "a.request.json",
        {"prompts": prompts, "source": "sources/clip.mp4", **({"model": model} if model else {})},
    )
    scene.validate(first)

    for edit in edits_of(scene, first):
        scene.validate(edit)

    seen = edits_of(scene, first)
    assert [edit.conclusion.reason if edit.conclusion else None for edit in seen] == ends
    assert len(queued(scene)) >= 1


def test_an_unknown_model_among_several_is_refused_alone() -> None:
    scene = Scene()
    first = scene.upload(models=f"kling, {FAL}")
    scene.validate(first)
    scene.validate(edits_of(scene, first)[1])

    bad, good = edits_of(scene, first)
    assert bad.conclusion is not None
    assert bad.conclusion.reason is Reason.UNKNOWN_MODEL
    assert good.model == FAL


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"prompt": "", "prompts": "noir, snow"}, Reason.INVALID_REQUEST),
        ({"prompt": "noir", "prompts": '["snow"]'}, Reason.INVALID_REQUEST),
        (
            {"prompt": "", "prompts": json.dumps([str(n) for n in range(MAX_EDITS + 1)])},
            Reason.INVALID_REQUEST,
        ),
        ({"prompt": "", "prompts": '["  ", ""]'}, Reason.MISSING_PROMPT),
        ({"prompt": "noir", "model": FAL, "models": NOVITA}, Reason.INVALID_REQUEST),
    ],
)
def test_a_list_that_cannot_be_meant_is_one_refusal_and_no_batch(
    metadata: dict[str, Any], reason: Reason
) -> None:
    scene = Scene()
    first = scene.upload(**metadata)

    scene.validate(first)

    seen = scene.now(first)
    assert seen.conclusion is not None
    assert (seen.conclusion.reason, seen.batch_id) == (reason, None)
    assert not scene.queued
    with pytest.raises(UnknownBatch):
        scene.records.batches.get(batch_id_of(first.edit_id))


def test_a_clip_that_is_no_video_is_one_refusal_and_no_batch() -> None:
    scene = Scene()
    first = scene.upload(body=b"", **THREE)

    scene.validate(first)

    assert scene.now(first).batch_id is None


def test_a_list_with_one_entry_or_one_said_twice_is_an_ordinary_edit() -> None:
    scene = Scene()
    first = scene.upload(prompt="", prompts='["noir", "noir"]')

    scene.validate(first)

    seen = scene.now(first)
    assert (seen.batch_id, seen.batch_index) == (None, None)
    assert seen.warnings == ("'prompts' says the same at 1 and 2; it was made once.",)


@pytest.mark.parametrize(
    ("metadata", "documents", "default", "made", "road"),
    [
        ({"prompts": '["a", "b"]'}, {}, "", [("a", None), ("b", None)], SettingsSource.METADATA),
        # A list of prompts says a prompt: nothing behind it is looked at.
        (
            {"prompts": '["a", "b"]'},
            {"shots/clip.mp4.json": {"prompt": "c"}},
            "",
            [("a", None), ("b", None)],
            SettingsSource.METADATA,
        ),
        (
            {},
            {"shots/clip.mp4.json": {"prompts": ["a", "b"]}, "presets/shots.json": {"prompt": "c"}},
            "d",
            [("a", None), ("b", None)],
            SettingsSource.SIDECAR,
        ),
        (
            {},
            {"presets/shots.json": {"prompts": ["{stem} a", "b"]}},
            "d",
            [("clip a", None), ("b", None)],
            SettingsSource.PRESET,
        ),
        # What was said earlier stays on top, in either form.
        (
            {"model": FAL},
            {"presets/shots.json": {"prompts": ["a", "b"], "models": [NOVITA]}},
            "",
            [("a", FAL), ("b", FAL)],
            SettingsSource.PRESET,
        ),
        (
            {"models": f"{FAL},{NOVITA}"},
            {"presets/shots.json": {"prompt": "a", "model": NOVITA}},
            "",
            [("a", FAL), ("a", NOVITA)],
            SettingsSource.PRESET,
        ),
        (
            {"models": f"{FAL},{NOVITA}"},
            {},
            "d",
            [("d", FAL), ("d", NOVITA)],
            SettingsSource.DEFAULT,
        ),
    ],
)
def test_lists_come_on_every_road(
    metadata: dict[str, Any],
    documents: dict[str, Any],
    default: str,
    made: list[tuple[str, str | None]],
    road: SettingsSource,
) -> None:
    scene = Scene()
    first = scene.upload("shots/clip.mp4", **{"prompt": "", **metadata})
    for key, document in documents.items():
        write(scene, key, document)

    scene.validate(first, inbox=Inbox(default_prompt=default))

    edits = edits_of(scene, first)
    assert asked(edits) == made
    origins = {edit.settings_from.road for edit in edits if edit.settings_from}
    assert origins == {road}


def test_a_request_file_without_a_clip_makes_several_reference_videos() -> None:
    scene = Scene()
    first = scene.upload("a.request.json", prompt="")
    write(
        scene,
        "a.request.json",
        {
            "prompts": ["rain", "snow"],
            "operation": "reference",
            "model": "novita/kling-o1-reference",
        },
    )

    scene.validate(first)

    edits = edits_of(scene, first)
    assert [edit.source for edit in edits] == [None, None]
    assert edits[0].quoted_usd

"""Validate: what is written down before anything is sent, and what is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest
from retake.domain.errors import NotFootage, Unavailable
from retake.domain.vocabulary import Operation, Reason, Status
from retake.steps.outcome import Next

from virtual.scene import CLIP, Scene

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + (400).to_bytes(4, "big") * 2
REFERENCE = "novita/kling-o1-reference"


def refused(scene: Scene, edit: Any, **options: Any) -> Any:
    step = scene.validate(edit, **options)
    assert step.next is Next.PERSIST
    return scene.now(edit).conclusion


def test_a_good_upload_is_ready_to_be_submitted() -> None:
    scene = Scene()
    edit = scene.upload(prompt="día → noche", keep_audio="no")

    step = scene.validate(edit)

    seen = scene.now(edit)
    assert step.next is Next.SUBMIT
    assert seen.status is Status.RECEIVED
    assert seen.request is not None
    assert (seen.request.prompt, seen.request.keep_audio) == ("día → noche", False)
    assert (seen.model, seen.provider) == ("novita/kling-o1-edit", "novita")
    assert seen.quoted_usd == pytest.approx(0.84)
    assert seen.footage is not None
    assert seen.footage["duration_seconds"] == 5.0


def test_the_size_on_record_is_what_s3_says_now() -> None:
    scene = Scene()
    edit = scene.upload(body=b"x" * 77)

    scene.validate(edit)

    source = scene.now(edit).source
    assert source is not None
    assert source.size_bytes == 77


def test_an_empty_object_is_refused_without_being_looked_into() -> None:
    scene = Scene()

    conclusion = refused(scene, scene.upload(body=b""), look=None)

    assert (conclusion.status, conclusion.reason) == (Status.REJECTED, Reason.EMPTY)


def test_a_file_that_is_no_video_is_told_so_even_without_a_prompt() -> None:
    scene = Scene()

    def look(reader: Any) -> Any:
        raise NotFootage(Reason.NOT_A_VIDEO, "It is a text.", found="text", allowed="MP4 or MOV")

    conclusion = refused(scene, scene.upload(prompt=""), look=look)

    assert conclusion.reason is Reason.NOT_A_VIDEO
    assert conclusion.details == {"found": "text", "allowed": "MP4 or MOV"}


def test_a_refusal_names_the_rule_the_value_found_and_the_value_allowed() -> None:
    scene = Scene(clip=replace(CLIP, duration_seconds=2.5))

    conclusion = refused(scene, scene.upload())

    assert conclusion.reason is Reason.TOO_SHORT
    assert conclusion.details == {
        "field": "duration_seconds",
        "found": "2.5 s",
        "allowed": "3 to 10 s",
    }
    assert "2.5 s" in conclusion.message


def test_a_missing_prompt_is_refused() -> None:
    scene = Scene()

    assert refused(scene, scene.upload(prompt="")).reason is Reason.MISSING_PROMPT


def test_the_deployments_own_prompt_limit_is_kept() -> None:
    scene = Scene()

    conclusion = refused(scene, scene.upload(prompt="x" * 21), prompt_max_chars=20)

    assert conclusion.reason is Reason.PROMPT_TOO_LONG
    assert conclusion.details["found"] == 21


def test_a_clip_deleted_meanwhile_is_told_so() -> None:
    scene = Scene()
    edit = scene.upload()
    scene.storage.objects.clear()

    assert refused(scene, edit).reason is Reason.INPUT_GONE


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        (None, b"", Reason.IMAGE_MISSING),
        ("images/a.svg", b"<svg>", Reason.IMAGE_FORMAT),
        ("images/renamed.png", b"GIF89a", Reason.IMAGE_FORMAT),
        ("images/empty.png", b"", Reason.IMAGE_FORMAT),
        ("images/a.png", PNG + bytes(10_000_000), Reason.IMAGE_TOO_LARGE),
    ],
)
def test_each_picture_must_be_there_in_a_format_and_size_the_model_takes(
    key: str | None, body: bytes, reason: Reason
) -> None:
    scene = Scene()
    edit = scene.upload(images=key or "images/absent.png")
    if key:
        scene.storage.objects["inbox", key] = body

    assert refused(scene, edit).reason is reason


def test_a_second_run_gives_the_same_verdict_without_looking_again() -> None:
    scene = Scene()
    good, bad = scene.upload("a.mp4"), scene.upload("b.mp4", prompt="")
    scene.validate(good)
    scene.validate(bad)

    assert scene.validate(good, look=None).next is Next.SUBMIT
    assert scene.validate(bad, look=None).next is Next.PERSIST


def test_a_storage_outage_is_no_refusal() -> None:
    scene = Scene()
    edit = scene.upload()

    def look(reader: Any) -> Any:
        raise Unavailable

    with pytest.raises(Unavailable):
        scene.validate(edit, look=look)
    assert scene.now(edit) == edit


def request_file(scene: Scene, name: str = "jobs/night.request.json", **fields: Any) -> Any:
    return scene.upload(name, body=json.dumps(fields).encode())


def test_a_request_file_edits_the_clip_it_names() -> None:
    scene = Scene()
    scene.storage.objects["inbox", "sources/day.mp4"] = b"clip"
    long_prompt = "night, " * 350

    edit = request_file(scene, prompt=long_prompt, source="sources/day.mp4", keep_audio=False)
    step = scene.validate(edit)

    seen = scene.now(edit)
    assert step.next is Next.SUBMIT
    assert seen.request is not None
    assert seen.request.prompt == long_prompt.strip()
    assert seen.source is not None
    assert seen.source.key == "sources/day.mp4"
    assert seen.upload is not None
    assert seen.upload.key == "jobs/night.request.json"


def test_a_reference_video_can_be_made_of_images_alone() -> None:
    scene = Scene()
    for n in range(7):
        scene.storage.objects["inbox", f"images/{n}.png"] = PNG
    images = [f"images/{n}.png" for n in range(7)]

    edit = request_file(
        scene, prompt="@Image7 dances", model=REFERENCE, images=images, duration_seconds=8
    )
    step = scene.validate(edit)

    seen = scene.now(edit)
    assert step.next is Next.SUBMIT
    assert (seen.operation, seen.source) == (Operation.REFERENCE, None)
    assert seen.quoted_usd == pytest.approx(8 * 0.168)
    assert set(seen.pictures) == set(images)


def test_a_clip_can_be_the_reference_too() -> None:
    scene = Scene()
    edit = scene.upload(model=REFERENCE, duration_seconds="5", aspect_ratio="1:1")

    assert scene.validate(edit).next is Next.SUBMIT
    assert scene.now(edit).operation is Operation.REFERENCE


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.INVALID_REQUEST),
        (b"{", Reason.INVALID_REQUEST),
        (b"[1]", Reason.INVALID_REQUEST),
        (b'{"prompt": "a", "prompt": "b"}', Reason.INVALID_REQUEST),
        (b'{"prompt": NaN}', Reason.INVALID_REQUEST),
        (b"[" * 60_000, Reason.INVALID_REQUEST),
        (b" " * 70_000, Reason.INVALID_REQUEST),
        (b"\xff\xfe", Reason.INVALID_REQUEST),
        (b"{}", Reason.MISSING_PROMPT),
        (b'{"prompt": "noir"}', Reason.MISSING_SOURCE),
        (b'{"prompt": "noir", "source": "absent.mp4"}', Reason.INPUT_GONE),
        (b'{"prompt": "noir", "model": "x"}', Reason.UNKNOWN_MODEL),
    ],
)
def test_a_request_file_that_cannot_be_honoured_says_why(body: bytes, reason: Reason) -> None:
    scene = Scene()

    conclusion = refused(scene, scene.upload("a.request.json", body=body))

    assert (conclusion.status, conclusion.reason) == (Status.REJECTED, reason)


def test_a_small_picture_is_sent_with_a_remark() -> None:
    scene = Scene()
    small = PNG[:16] + (64).to_bytes(4, "big") * 2
    scene.storage.objects["inbox", "images/small.png"] = small
    edit = scene.upload(images="images/small.png")

    step = scene.validate(edit)

    assert step.next is Next.SUBMIT
    assert "64x64" in scene.now(edit).warnings[0]

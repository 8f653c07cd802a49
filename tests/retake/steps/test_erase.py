"""Erasing an edit: what goes, and what stays."""

import json

import pytest
from retake.domain.conclusions import failed
from retake.domain.request import Request
from retake.domain.source import Origin, Source, fitted_key
from retake.domain.vocabulary import Reason, SettingsSource, Status

from tests.retake.steps.erasure_scene import NAME, PROMPT, Office, about

SENT = "sources/0f3c9a5e2b7d4c1e8a6f5b4d3c2a1e0f/a.mp4"  # as by form


def test_clip_result_and_everything_beside_it_go_and_nothing_of_another_edit(
    office: Office,
) -> None:
    edit = office.ended()

    office.erase(edit)

    left = {key for _, key in office.storage.objects}
    assert left == {f"edited/{NAME}.e-00000000000000000000.mp4"}
    assert office.shreds.versions == [edit.source]  # the version that was edited, and no other


def test_the_record_keeps_what_was_bought_and_nothing_that_was_said(office: Office) -> None:
    edit = office.ended()

    erased = office.erase(edit)

    stored = office.item(edit)
    for word in ("CANARY", "grandma", "task-1", "edited/", "sha256"):
        assert word not in stored
    assert (erased.status, erased.model, erased.billed_usd, erased.finished_at) == (
        Status.SUCCEEDED,
        "fal/kling-o1-edit",
        edit.quoted_usd,
        edit.finished_at,
    )
    assert office.now(edit) == erased
    assert "expires_at" in stored


def test_what_nobody_asked_to_erase_stays(office: Office) -> None:
    edit = office.ended()

    assert office.eraser.erase(edit) == edit
    assert ("inbox", f"{NAME}.mp4") in office.storage.objects


def test_a_request_file_goes_with_the_clip_it_names(office: Office) -> None:
    office.storage.objects["inbox", SENT] = b"clip"
    office.storage.versions["inbox", SENT] = "s1"
    asked = json.dumps({"prompt": PROMPT, "source": SENT}).encode()
    edit = office.upload("a.request.json", body=asked)
    office.validate(edit)
    office.submit(edit)

    erased = office.erase(office.closed(edit, failed(Reason.TIMED_OUT, "late")))

    assert {about(erased, "clip")["fate"], about(erased, "settings file")["fate"]} == {"ERASED"}
    assert office.storage.objects == {}


def test_settings_beside_the_clip_go_in_the_version_that_was_used_and_a_preset_stays(
    office: Office,
) -> None:
    edit = office.validated(f"{NAME}.mp4")
    sidecar = Origin(road=SettingsSource.SIDECAR, key=f"{NAME}.mp4.json", version_id="s1")
    origin = Origin(road=SettingsSource.PRESET, key="presets/noir.json", topped_by=(sidecar,))
    office.records.validated(edit, settings_from=origin)

    erased = office.erase(office.closed(edit, failed(Reason.TIMED_OUT, "late")))

    assert [(it.key, it.version_id) for it in office.shreds.versions][1:] == [
        (f"{NAME}.mp4.json", "s1")
    ]
    assert about(erased, "settings file")["fate"] == "ERASED"
    assert about(erased, "preset")["fate"] == "KEPT"


def test_settings_that_were_announced_for_a_clip_that_was_refused_go_too(office: Office) -> None:
    edit = office.upload(f"{NAME}.mp4")
    office.records.validated(edit, sidecar_version_id="s2")

    office.erase(office.closed(edit, failed(Reason.TIMED_OUT, "late")))

    assert office.shreds.versions[1].version_id == "s2"


@pytest.mark.parametrize(
    ("key", "fate"),
    [
        ("shots/a.mp4", "KEPT"),  # perhaps the clip of a hundred others
        ("resources/0f3c9a5e2b7d4c1e8a6f5b4d3c2a1e0f/a.mp4", "KEPT"),
        ("sources/0f3c9a5e2b7d4c1e8a6f5b4d3c2a1e0f/a.mp4", "KEPT"),  # perhaps another caller's
        ("in/sources/fetched/e-22222222222222222222.mp4", "KEPT"),
        ("in/sources/fetched/e-11111111111111111111.mp4", "ERASED"),
    ],
)
def test_a_clip_that_was_only_named_goes_if_it_was_fetched_for_this_edit_and_else_stays(
    office: Office, key: str, fate: str
) -> None:
    office.storage.objects["inbox", key] = b"clip"
    request = Request(prompt=PROMPT, source=key)
    edit, _ = office.records.receive(
        "e-11111111111111111111", None, inbox_bucket="inbox", request=request
    )

    erased = office.erase(office.closed(edit, failed(Reason.TIMED_OUT, "late")))

    assert about(erased, "clip")["fate"] == fate
    assert (("inbox", key) in office.storage.objects) is (fate == "KEPT")
    assert (about(erased, "clip").get("reference") == key) is (fate == "KEPT")


@pytest.mark.parametrize("is_on_record", [True, False])  # False: Fit died before it could say so
def test_the_repaired_copy_goes_with_all_its_versions(office: Office, is_on_record: bool) -> None:
    edit = office.records.plan_fit(office.upload(f"{NAME}.mp4", prompt=PROMPT, fit="trim"))
    copy = fitted_key(edit.edit_id)
    office.storage.objects["results", copy] = b"copy"
    if is_on_record:
        office.records.validated(edit, fitted=Source(bucket="results", key=copy))

    erased = office.erase(office.closed(edit, failed(Reason.TIMED_OUT, "late")))

    assert about(erased, "repaired clip")["fate"] == "ERASED"
    assert ("results", copy) not in office.storage.objects

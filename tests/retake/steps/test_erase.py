"""Erasing an edit: what goes, what stays, and that the receipt says the truth about both."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from retake.edits import Conclusion, Edit, Origin, Request, Result, Source
from retake.errors import Misconfigured, Unavailable
from retake.providers.base import Task
from retake.providers.vocabulary import Forgetting
from retake.reasons import Reason, Road, Status
from retake.records import failed
from retake.sources import fitted_key
from retake.steps.erase import PATIENCE, Eraser, StillNeeded

from tests.scene import FakeProvider, Scene

PROMPT = "CANARY make the mayor of Ghent wear a hat"
NAME = "holiday with grandma"
SENT = "sources/0f3c9a5e2b7d4c1e8a6f5b4d3c2a1e0f/a.mp4"  # as by form
DONE = Conclusion(status=Status.SUCCEEDED, message="ready")


class ForgetfulProvider(FakeProvider):
    """One that can be asked to forget, or not."""

    keeps = "It keeps everything for 30 days."

    def __init__(self) -> None:
        super().__init__()
        self.forgotten: list[str] = []
        self.forgetting: Forgetting | Exception = Forgetting.FORGOTTEN

    def forget(self, task: Task) -> Forgetting:
        self.forgotten.append(task.task_id)
        if isinstance(self.forgetting, Exception):
            raise self.forgetting
        return self.forgetting


class Shreds:
    """A shredder over the scene's buckets, which may be jammed for some keys."""

    def __init__(self, objects: dict[tuple[str, str], bytes]) -> None:
        self.objects = objects
        self.versions: list[Source] = []
        self.jams: Callable[[str], bool] = lambda key: False

    def one(self, source: Source) -> None:
        self._jam(source.key)
        self.versions.append(source)
        self.objects.pop((source.bucket, source.key), None)

    def all(self, bucket: str, prefix: str, *, is_whole_key: bool = False) -> None:
        self._jam(prefix)
        for found in [it for it in self.objects if it[0] == bucket and it[1].startswith(prefix)]:
            del self.objects[found]

    def _jam(self, key: str) -> None:
        if self.jams(key):
            raise Unavailable("S3 does not do it (delete_object: SlowDown).")


class Office(Scene):
    """A scene in which edits end, are told of, and are erased."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.provider = ForgetfulProvider()
        self.shreds = Shreds(self.storage.objects)
        self.eraser = Eraser(
            self.records,
            self.shreds,  # type: ignore[arg-type]  # stands in for the Shredder
            lambda name: self.provider,
            "results",
        )

    def ended(self, **metadata: str) -> Edit:
        """An edit with a result, announced."""
        edit = self.running(f"{NAME}.mp4", prompt=PROMPT, model="fal/kling-o1-edit", **metadata)
        stem = f"edited/{NAME}.{edit.edit_id}"
        result = Result(
            bucket="results",
            key=f"{stem}.mp4",
            manifest_key=f"{stem}.json",
            size_bytes=5,
            sha256="0" * 64,
            duration_seconds=5.0,
            width=1280,
            height=720,
            has_audio=True,
        )
        for ending in ("mp4", "json", "jpg", "html"):
            self.storage.objects["results", f"{stem}.{ending}"] = b"x"
        self.storage.objects["results", f"edited/{NAME}.e-00000000000000000000.mp4"] = b"other"
        return self.closed(edit, DONE, result)

    def closed(self, edit: Edit, conclusion: Conclusion, result: Result | None = None) -> Edit:
        self.records.close(self.now(edit), conclusion, result=result)
        self.records.told(edit.edit_id)
        return self.now(edit)

    def erase(self, edit: Edit) -> Edit:
        self.records.ask_erasure(self.now(edit))
        return self.eraser.erase(self.now(edit))

    def item(self, edit: Edit) -> str:
        return json.dumps(self.table.items[f"edit#{edit.edit_id}"])


@pytest.fixture
def office() -> Office:
    return Office()


def about(edit: Edit, what: str) -> Any:
    return next(each for each in edit.erasure if each["what"] == what)


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


def test_the_receipt_has_a_line_for_each_thing_and_names_no_file(office: Office) -> None:
    edit = office.ended()

    erased = office.erase(edit)

    assert [(each["what"], each["fate"]) for each in erased.erasure] == [
        ("clip", "ERASED"),
        ("result", "ERASED"),
        ("manifest", "ERASED"),
        ("provider's copy", "ERASED"),
        ("record", "ERASED"),
        ("announcement", "KEPT"),
        ("announcement", "KEPT"),
        ("record", "KEPT"),
    ]
    assert NAME not in json.dumps(list(erased.erasure))


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


def test_what_nobody_asked_to_erase_stays(office: Office) -> None:
    edit = office.ended()

    assert office.eraser.erase(edit) == edit
    assert ("inbox", f"{NAME}.mp4") in office.storage.objects


@pytest.mark.parametrize(
    ("answer", "fate", "is_named"),
    [
        (Forgetting.FORGOTTEN, "ERASED", False),
        (Forgetting.UNKNOWN_TASK, "ERASED", False),
        # What is still there can only be found by its id.
        (Forgetting.NOT_OFFERED, "KEPT", True),
        (Forgetting.REFUSED, "FAILED", True),
        (Forgetting.PARTLY, "FAILED", True),
    ],
)
def test_what_the_provider_says_stands_on_the_receipt(
    office: Office, answer: Forgetting, fate: str, is_named: bool
) -> None:
    office.provider.forgetting = answer

    line = about(office.erase(office.ended()), "provider's copy")

    assert line["fate"] == fate
    assert (line.get("reference") == "task-1") is is_named
    assert ("30 days" in line["message"]) is is_named


def test_nothing_was_sent_so_no_provider_is_asked(office: Office) -> None:
    edit = office.upload()
    refusal = Conclusion(status=Status.REJECTED, reason=Reason.TOO_LONG, message="too long")

    erased = office.erase(office.closed(edit, refusal))

    assert office.provider.forgotten == []
    assert about(erased, "provider's copy")["message"] == "Nothing was sent to a provider."
    assert erased.message is None


def test_a_submit_of_unknown_fate_is_not_called_erased(office: Office) -> None:
    edit = office.records.begin_submit(office.validated(), deadline=timedelta(hours=1))
    lost = failed(Reason.SUBMIT_UNCERTAIN, "unknown", at_risk=True)

    erased = office.erase(office.closed(edit, lost))

    assert about(erased, "provider's copy")["fate"] == "KEPT"


def test_a_request_file_goes_with_the_clip_it_names(office: Office) -> None:
    office.storage.objects["inbox", SENT] = b"clip"
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
    sidecar = Origin(road=Road.SIDECAR, key=f"{NAME}.mp4.json", version_id="s1")
    origin = Origin(road=Road.PRESET, key="presets/noir.json", topped_by=(sidecar,))
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
        ("sources/0f3c9a5e2b7d4c1e8a6f5b4d3c2a1e0f/a.mp4", "ERASED"),
        ("in/sources/fetched/e-11111111111111111111.mp4", "ERASED"),
    ],
)
def test_a_clip_that_was_never_pinned_goes_only_from_a_place_of_its_own(
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
        "provider": Forgetting.UNANSWERED,
        "vault": Misconfigured("No key for fal is set."),
    }.get(broken, Forgetting.FORGOTTEN)

    with pytest.raises(Unavailable):
        office.erase(edit)
    halfway = office.now(edit)
    office.shreds.jams = lambda key: False
    office.provider.forgetting = Forgetting.FORGOTTEN
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

    office.records.ask_erasure(office.now(edit))
    meanwhile = "open_shard" in office.item(edit)
    office.erase(edit)

    assert (before, meanwhile, "open_shard" in office.item(edit)) == (False, True, False)

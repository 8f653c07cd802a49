"""Drawn erasures over a real listing: nothing but the edit's own pinned versions ever goes."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from retake.aws.dynamodb_changes import Change
from retake.aws.s3 import Storage
from retake.aws.s3_purge import VersionDeleter
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.errors import NotFootage
from retake.domain.folders import Walls
from retake.domain.request import Request
from retake.domain.source import Origin, Source, edit_id_for, upload_id
from retake.domain.vocabulary import Reason, SettingsSource, Status
from retake.records.batches import variation_id
from retake.records.keys import edit_key
from retake.records.ownership import is_own, is_started_by
from retake.steps.erase import Eraser
from retake.steps.policy import Inbox

from tests.retake.steps.erasure_scene import ForgetfulProvider
from virtual.scene import Scene

HEX = "0f3c9a5e2b7d4c1e8a6f5b4d3c2a1e0f"
# Keys that an edit may name, whoever put them there.
MATERIAL = [
    "presets/shots.json",
    "presets/film.mp4",
    "images/logo.png",
    "images/film.mp4",
    f"sources/{HEX}/a.mp4",
    f"sources/fetched/{edit_id_for('another')}.mp4",
    "shots/a.mp4",
    "shots/a.mp4.json",
    "sources/library.mp4",
    "brand/stock.mp4",
]
SHARED = ("presets/", "images/", "brand/")  # and what lies at the top of sources/
INBOX = Inbox(shared_folders=("brand/",))
BOTH = ("inbox", "results")
NUMBERS = itertools.count()
Listing = set[tuple[str, str, str]]


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        for bucket in BOTH:
            client.create_bucket(Bucket=bucket)
            versioning: Any = {"Status": "Enabled"}
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
        yield client


def listing(s3: Any) -> Listing:
    """Every version and every marker of both buckets."""
    found: Listing = set()
    for bucket in BOTH:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                found.add((bucket, each["Key"], each["VersionId"]))
    return found


class Ground:
    """A scene over real buckets. `used` is written down here, and not by the code that is judged:
    the versions that an edit started from, or was sent with."""

    def __init__(self, s3: Any) -> None:
        self.s3 = s3
        self.scene = Scene(storage=Storage(s3))
        self.used: dict[str, Listing] = {}
        self.numbers = NUMBERS
        self.refuses = False
        there = {key for _, key, _ in listing(s3)}
        for key in MATERIAL:
            if key not in there:
                self.put(key, b"an earlier version")
                self.put(key, b'{"prompt": "noir"}')

    def put(self, key: str, body: bytes, bucket: str = "inbox", **metadata: str) -> str:
        put = self.s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=metadata)
        return str(put["VersionId"])

    def version(self, key: str) -> str:
        return str(self.s3.head_object(Bucket="inbox", Key=key)["VersionId"])

    def dropped(self, key: str, body: bytes, **metadata: str) -> Edit:
        source = Source(bucket="inbox", key=key, version_id=self.put(key, body, **metadata))
        edit_id = upload_id(source)
        clip = None if source.is_request_file else source
        edit, _ = self.scene.records.receive(edit_id, source, source=clip)
        self.used[edit_id] = {("inbox", key, str(source.version_id))}
        return edit

    def clip(self, has_sidecar: bool) -> Edit:
        key = f"shots/{next(self.numbers)}.mp4"
        if has_sidecar:
            version = self.put(f"{key}.json", b'{"prompt": "dusk"}')
        edit = self.dropped(key, b"clip", **({} if has_sidecar else {"prompt": "noir"}))
        if has_sidecar:
            self.used[edit.edit_id].add(("inbox", f"{key}.json", version))
        return edit

    def request_file(self, source: str) -> Edit:
        body = json.dumps({"prompt": "noir", "source": source}).encode()
        edit = self.dropped(f"shots/{next(self.numbers)}.request.json", body)
        return self.naming(edit, source)

    def call(self, source: str, is_pinned: bool) -> Edit:
        edit_id = edit_id_for("api", str(next(self.numbers)))
        pinned = Source(bucket="inbox", key=source, version_id=self.version(source))
        edit, _ = self.scene.records.receive(
            edit_id,
            None,
            inbox_bucket="inbox",
            request=Request(prompt="noir", source=source),
            settings_from=Origin(road=SettingsSource.API),
            **({"source": pinned} if is_pinned else {}),
        )
        self.used[edit_id] = set()
        return self.naming(edit, source)

    def naming(self, edit: Edit, source: str) -> Edit:
        is_shared = source.startswith(SHARED) or source == "sources/library.mp4"
        if not self.refuses and not is_shared:
            self.used[edit.edit_id].add(("inbox", source, self.version(source)))
        return edit

    def ended(self, edit: Edit, is_refused: bool) -> Edit:
        def look(reader: Any) -> Any:
            if is_refused:
                raise NotFootage(Reason.NOT_A_VIDEO, "It is no video.", found="text")
            return self.scene.clip

        self.scene.validate(edit, look=look, inbox=INBOX)
        for ending in ("mp4", "json"):
            key = f"edited/shots/x.{edit.edit_id}.{ending}"
            self.used[edit.edit_id].add(("results", key, self.put(key, b"x", "results")))
        self.scene.records.close(
            self.scene.now(edit),
            self.scene.now(edit).conclusion or failed(Reason.TIMED_OUT, "late"),
        )
        self.scene.records.mark_notified(edit.edit_id)
        return self.scene.now(edit)

    def erase(self, edit: Edit) -> Edit:
        eraser = Eraser(
            self.scene.records,
            VersionDeleter(self.s3),
            lambda name: ForgetfulProvider(),  # type: ignore[arg-type, return-value]  # forgets
            Storage(self.s3).versions_of,
            "results",
            INBOX.walls,
        )
        self.scene.records.erasure.ask(self.scene.now(edit))
        return eraser.erase(self.scene.now(edit))


KINDS = st.one_of(
    st.tuples(st.just("clip"), st.booleans()),
    st.tuples(st.just("request_file"), st.sampled_from(MATERIAL)),
    st.tuples(st.just("call"), st.sampled_from(MATERIAL), st.booleans()),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edits=st.lists(st.tuples(KINDS, st.booleans()), min_size=1, max_size=3), which=st.data())
def test_nothing_but_what_an_edit_used_is_erased_with_it(s3: Any, edits: Any, which: Any) -> None:
    ground = Ground(s3)
    ended = []
    for (kind, *facts), is_refused in edits:
        ground.refuses = is_refused
        ended.append(ground.ended(getattr(ground, kind)(*facts), is_refused))
    erased = which.draw(st.sampled_from(ended))
    before = listing(s3)

    seen = ground.erase(erased)

    gone = before - listing(s3)
    assert listing(s3) <= before
    assert gone <= ground.used[erased.edit_id]
    assert seen.erased_at is not None
    own_upload = (
        {("inbox", erased.upload.key, erased.upload.version_id)} if erased.upload else set()
    )
    assert own_upload <= gone


@pytest.mark.parametrize("source", MATERIAL)
def test_an_edit_that_was_refused_takes_nothing_with_it_that_it_only_named(
    s3: Any, source: str
) -> None:
    ground = Ground(s3)
    ground.refuses = True
    ways: tuple[Callable[[], Edit], ...] = (
        lambda: ground.request_file(source),
        lambda: ground.call(source, True),
        lambda: ground.call(source, False),
    )
    for name_it in ways:
        refused = ground.ended(name_it(), is_refused=True)
        before = listing(s3)

        ground.erase(refused)

        assert not {key for _, key, _ in before - listing(s3)} & set(MATERIAL)
        assert refused.status is Status.REJECTED


def test_a_preset_that_was_pinned_and_used_as_a_clip_is_still_shared() -> None:
    scene = Scene()
    preset = Source(bucket="inbox", key="clips/presets/film.mp4", version_id="v1")
    edit, _ = scene.records.receive(upload_id(preset), preset, source=preset)
    edit = scene.records.close(
        scene.records.validated(edit), Conclusion(status=Status.SUCCEEDED, message="ready")
    )

    assert not is_own(preset, edit, Walls("clips/"))
    assert is_own(preset, edit, Walls())


@pytest.mark.parametrize("source", ["sources/library.mp4", "brand/stock.mp4", "images/film.mp4"])
@pytest.mark.parametrize("kind", ["request_file", "call"])
def test_what_is_there_for_all_is_erased_with_none_that_used_it(
    s3: Any, kind: str, source: str
) -> None:
    ground = Ground(s3)
    edit = ground.request_file(source) if kind == "request_file" else ground.call(source, True)
    ended = ground.ended(edit, is_refused=False)
    before = listing(s3)

    seen = ground.erase(ended)

    assert source not in {key for _, key, _ in before - listing(s3)}
    assert [each["fate"] for each in seen.erasure if each.get("reference") == source] == ["KEPT"]


FORGERIES: list[tuple[str, dict[str, Any]]] = [
    ("its clip", {"source": "tenantB/clip.mp4"}),
    ("its upload", {"source": "tenantB/clip.mp4", "upload": "tenantB/clip.mp4"}),
    ("its settings", {"settings_from": "tenantB/clip.mp4.json"}),
    ("its late settings", {"upload": "tenantB/clip.mp4.json"}),
]


@pytest.mark.parametrize("forged", [each[1] for each in FORGERIES], ids=[e[0] for e in FORGERIES])
def test_a_forged_record_of_an_upload_has_nothing_of_another_folder_erased(
    s3: Any, forged: dict[str, Any]
) -> None:
    ground = Ground(s3)
    for key in ("tenantB/clip.mp4", "tenantB/clip.mp4.json"):
        ground.put(key, b"theirs")
    edit = ground.dropped(f"tenantA/{next(NUMBERS)}.mp4", b"clip", prompt="noir")
    ended = ground.ended(edit, is_refused=False)

    def stored(key: str, name: str) -> dict[str, Any]:
        pinned = {"bucket": "inbox", "key": key, "version_id": ground.version(key)}
        return {"road": "sidecar", **pinned} if name == "settings_from" else pinned

    said = {name: stored(key, name) for name, key in forged.items()}
    ground.scene.table.write(Change(key=edit_key(ended.edit_id), set=said))
    before = listing(s3)

    ground.erase(ended)

    gone = {key for _, key, _ in before - listing(s3)}
    assert not [key for key in gone if key.startswith("tenantB/")]


def test_an_id_tells_the_upload_that_started_it_also_of_a_later_attempt_of_one_of_several() -> None:
    upload = Source(bucket="inbox", key="a/x.mp4", version_id="v1")
    another = Source(bucket="inbox", key="a/x.mp4", version_id="v2")
    third = variation_id(upload_id(upload), 2)

    for edit_id in (upload_id(upload), third, edit_id_for("retry", edit_id_for("retry", third))):
        edit, _ = Scene().records.receive(edit_id, upload, source=upload)
        assert is_started_by(edit, upload)
        assert not is_started_by(edit, another)

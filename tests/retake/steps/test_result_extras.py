"""What lies beside a result: made when it can be, missed with a warning, never at its cost."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from retake.domain.edit import Edit, Result
from retake.domain.errors import NotFootage, Unavailable
from retake.domain.source import Source
from retake.domain.vocabulary import Operation, Reason
from retake.media.poster import NoPoster
from retake.steps.result_extras import SECONDS, ExtrasMaker, SavedResult

from tests.support.memory_stack import FakeStorage, Scene

NOW = "2026-03-01T12:03:00.000Z"
CLIP, VIDEO, JPEG = b"the clip as it was", b"the video as it is now", b"\xff\xd8 a frame"
KEY = "edited/clip.e-1.mp4"


class Failing(FakeStorage):
    """Buckets of which one verb fails so many times, after or instead of doing it."""

    def __init__(self, verb: str, *, times: int = 1, after: bool = False) -> None:
        super().__init__()
        self.verb, self.times, self.after = verb, times, after

    def _fails(self, verb: str) -> bool:
        if verb != self.verb or self.times == 0:
            return False
        self.times -= 1
        return True

    def put(self, bucket: str, key: str, body: bytes, content_type: str) -> None:
        fails = self._fails("put")
        if not fails or self.after:
            super().put(bucket, key, body, content_type)
        if fails:
            raise Unavailable("S3 cannot take a write now.")

    def save(self, bucket: str, key: str, chunks: Iterator[bytes], **more: Any) -> Any:
        fails = self._fails("save")
        if fails and not self.after:
            raise Unavailable("S3 cannot take a write now.")
        saved = super().save(bucket, key, chunks, **more)
        if fails:
            raise Unavailable("S3 did not take the result.")
        return saved


def shot(storage: FakeStorage | None = None, **facts: Any) -> tuple[Scene, Edit, SavedResult]:
    """A saved video of a clip that still lies in the inbox."""
    scene = Scene(storage=storage or FakeStorage())
    edit = replace(scene.running(prompt="make it <noir>"), **facts)
    scene.storage.objects["inbox", "clip.mp4"] = CLIP
    scene.storage.objects["results", KEY] = VIDEO
    result = Result(
        bucket="results",
        key=KEY,
        manifest_key="edited/clip.e-1.json",
        size_bytes=len(VIDEO),
        sha256="",
        duration_seconds=5.0,
        width=1280,
        height=720,
        has_audio=True,
    )
    return scene, edit, SavedResult(result)


def made(scene: Scene, edit: Edit, kept: SavedResult, **options: Any) -> SavedResult:
    beside = ExtrasMaker(scene.storage, **{"picture": lambda reader: JPEG, **options})
    return beside.made(edit, kept, NOW)


def page_of(scene: Scene) -> str:
    return str(scene.storage.objects["results", "edited/clip.e-1.html"].decode())


def in_page(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_poster_page_and_digest_are_made_of_what_is_stored() -> None:
    scene, edit, kept = shot()

    done = made(scene, edit, kept)

    assert done.result.poster_key == "edited/clip.e-1.jpg"
    assert done.result.page_key == "edited/clip.e-1.html"
    assert done.result.source_sha256 == hashlib.sha256(CLIP).hexdigest()
    assert scene.storage.objects["results", "edited/clip.e-1.jpg"] == JPEG
    assert f'id="before-data">{in_page(CLIP)}<' in page_of(scene)
    assert f'id="after-data">{in_page(VIDEO)}<' in page_of(scene)
    assert "make it &lt;noir&gt;" in page_of(scene)
    assert not done.warnings


def test_making_it_again_gives_the_same() -> None:
    scene, edit, kept = shot()
    first, objects = made(scene, edit, kept), dict(scene.storage.objects)

    second = made(scene, edit, kept)

    assert second == first
    assert scene.storage.objects == objects


def test_large_clips_are_shown_by_a_frame_of_each() -> None:
    scene, edit, kept = shot()

    done = made(scene, edit, kept, most_media_bytes=len(CLIP) + len(VIDEO) - 1)

    page = page_of(scene)
    assert page.count(in_page(JPEG)) == 2
    assert in_page(CLIP) not in page
    assert "too large" in page
    assert done.result.source_sha256 == hashlib.sha256(CLIP).hexdigest()
    assert not done.warnings


def test_a_clip_that_not_every_browser_plays_has_a_still_beside_it() -> None:
    scene, edit, kept = shot(footage={"codec": "hevc"})

    made(scene, edit, kept)

    before = page_of(scene).partition('class="side before"')[2]
    assert in_page(JPEG) in before
    assert "(HEVC)" in before


def test_a_repaired_clip_is_what_is_shown_and_the_uploaded_one_what_is_hashed() -> None:
    fitted = Source(bucket="results", key="fitted/e-1.mp4")
    scene, edit, kept = shot(fitted=fitted, repair={"changes": ["Trimmed to 10.00 s."]})
    scene.storage.objects["results", fitted.key] = b"trimmed"

    done = made(scene, edit, kept)

    assert in_page(b"trimmed") in page_of(scene)
    assert "Trimmed to 10.00 s." in page_of(scene)
    assert done.result.source_sha256 == hashlib.sha256(CLIP).hexdigest()


def test_a_repaired_clip_that_has_expired_gives_way_to_the_uploaded_one() -> None:
    scene, edit, kept = shot(fitted=Source(bucket="results", key="fitted/e-1.mp4"))

    made(scene, edit, kept)

    assert in_page(CLIP) in page_of(scene)


def test_a_clip_that_is_gone_leaves_a_page_with_the_result_and_a_warning() -> None:
    scene, edit, kept = shot()
    del scene.storage.objects["inbox", "clip.mp4"]

    done = made(scene, edit, kept)

    assert in_page(VIDEO) in page_of(scene)
    assert 'id="before"' not in page_of(scene)
    assert done.result.source_sha256 is None
    assert "can no longer be read" in " ".join(done.warnings)
    assert "can no longer be read" in page_of(scene)


def test_a_video_made_from_pictures_has_a_page_of_its_own() -> None:
    scene, edit, kept = shot(source=None, footage=None, operation=Operation.REFERENCE)

    done = made(scene, edit, kept)

    assert 'id="divider"' not in page_of(scene)
    assert done.result.page_key
    assert not done.warnings


@pytest.mark.parametrize(
    "error",
    [NoPoster("No frame could be decoded."), NotFootage(Reason.TRUNCATED, "cut"), ValueError("?")],
)
def test_without_a_poster_there_is_a_page_and_a_warning(error: Exception) -> None:
    scene, edit, kept = shot()

    def picture(reader: Any) -> bytes:
        raise error

    done = made(scene, edit, kept, picture=picture)

    assert done.result.poster_key is None
    assert done.result.page_key
    assert done.warnings[0].startswith("No poster could be made: ")


def test_a_poster_that_an_earlier_run_made_is_named_although_this_one_cannot_make_it() -> None:
    scene, edit, kept = shot()
    made(scene, edit, kept)

    def picture(reader: Any) -> bytes:
        raise Unavailable("S3 cannot answer now.")

    done = made(scene, edit, kept, picture=picture)

    assert done.result.poster_key == "edited/clip.e-1.jpg"


@pytest.mark.parametrize(("verb", "name"), [("put", "poster_key"), ("save", "page_key")])
def test_a_store_that_takes_nothing_costs_only_what_it_does_not_take(verb: str, name: str) -> None:
    scene, edit, kept = shot(Failing(verb, times=9))

    done = made(scene, edit, kept)

    assert getattr(done.result, name) is None
    assert done.result.source_sha256 == hashlib.sha256(CLIP).hexdigest()
    assert "S3 cannot take a write now." in done.warnings[0]


@pytest.mark.parametrize("verb", ["put", "save"])
@pytest.mark.parametrize("after", [False, True])
def test_a_write_that_fails_once_is_made_again(verb: str, after: bool) -> None:
    scene, edit, kept = shot(Failing(verb, after=after))

    done = made(scene, edit, kept)

    assert done.result.poster_key
    assert done.result.page_key
    assert not done.warnings


def test_a_clip_without_a_picture_is_told_of_once_and_apart_from_the_poster() -> None:
    scene, edit, kept = shot(Failing("save"), footage={"codec": "hevc"})

    def picture(reader: Any) -> bytes:
        if reader.size_bytes == len(CLIP):
            raise NoPoster("No frame could be decoded.")
        return JPEG

    done = made(scene, edit, kept, picture=picture)

    assert done.result.poster_key
    assert done.warnings == ("No picture of the clip could be made: No frame could be decoded.",)


def test_what_takes_too_long_is_left_out() -> None:
    scene, edit, kept = shot()
    ticks = iter([0.0, *[SECONDS + 1] * 99])

    done = made(scene, edit, kept, clock=lambda: next(ticks))

    assert done.result.page_key is None
    assert done.result.source_sha256 is None
    assert "no time left" in " ".join(done.warnings)


def test_after_a_crash_it_is_found_and_not_made() -> None:
    scene, _, kept = shot()
    scene.storage.objects["results", "edited/clip.e-1.jpg"] = JPEG
    unmade = ExtrasMaker(scene.storage, picture=lambda reader: pytest.fail("made"))

    found = unmade.found(kept)

    assert found.result.poster_key == "edited/clip.e-1.jpg"
    assert found.result.page_key is None

"""What lies beside a result: made when it can be, missed with a warning, never at its cost."""

import base64
import hashlib
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urljoin

import pytest
from retake.domain.edit import Edit, Result
from retake.domain.errors import NotFootage, Unavailable
from retake.domain.source import Source
from retake.domain.vocabulary import Operation, Reason
from retake.media.poster import NoPoster
from retake.steps.result_extras import SECONDS, ExtrasMaker, SavedResult

from virtual.fake_storage import FakeStorage
from virtual.scene import Scene

NOW = "2026-03-01T12:03:00.000Z"
CLIP, VIDEO, JPEG = b"the clip as it was", b"the video as it is now", b"\xff\xd8 a frame"
KEY = "edited/clip.e-1.mp4"


class Failing(FakeStorage):
    """Buckets that fail to take what ends so, so many times, after or instead of doing it."""

    def __init__(self, ending: str, *, times: int = 1, after: bool = False) -> None:
        super().__init__()
        self.ending, self.times, self.after = ending, times, after

    def put(self, bucket: str, key: str, body: bytes, content_type: str, **more: Any) -> None:
        fails = key.endswith(self.ending) and self.times > 0
        self.times -= fails
        if not fails or self.after:
            super().put(bucket, key, body, content_type, **more)
        if fails:
            raise Unavailable("S3 cannot take a write now.")


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


def played_in(scene: Scene) -> list[str]:
    """The clips that the page plays."""
    return re.findall(r'data-src="([^"]*)"', page_of(scene))


def in_page(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_poster_page_and_digest_are_made_of_what_is_stored() -> None:
    scene, edit, kept = shot()

    done = made(scene, edit, kept)

    assert done.result.poster_key == "edited/clip.e-1.jpg"
    assert done.result.page_key == "edited/clip.e-1.html"
    assert done.result.source_sha256 == hashlib.sha256(CLIP).hexdigest()
    assert scene.storage.objects["results", "edited/clip.e-1.jpg"] == JPEG
    assert played_in(scene) == ["./clip.e-1.mp4", "./clip.mp4"]
    assert page_of(scene).count(in_page(JPEG)) == 2
    assert "make it &lt;noir&gt;" in page_of(scene)
    assert not done.warnings


def test_making_it_again_gives_the_same() -> None:
    scene, edit, kept = shot()
    first, objects = made(scene, edit, kept), dict(scene.storage.objects)

    second = made(scene, edit, kept)

    assert second == first
    assert scene.storage.objects == objects


def test_a_page_has_a_tag_by_which_it_goes_before_what_lies_beside_it() -> None:
    scene, edit, kept = shot()

    made(scene, edit, kept)

    assert scene.storage.tags == {
        ("results", "edited/clip.e-1.jpg"): None,
        ("results", "edited/clip.e-1.html"): "retake=page",
    }


def test_a_digest_that_the_upload_brought_is_taken_and_nothing_is_read_for_it() -> None:
    scene, edit, kept = shot()
    scene.storage.checksums["clip.mp4"] = "of S3"
    scene.storage.stream = lambda source: pytest.fail("read")

    assert made(scene, edit, kept).result.source_sha256 == "of S3"


@pytest.mark.parametrize("name", ["a b é#?.mp4", "x:y%41.mov", '"><b>.mp4'])
def test_a_clip_of_any_name_is_looked_for_under_it(name: str) -> None:
    scene, edit, kept = shot(source=Source(bucket="inbox", key=f"shots/{name}"))
    scene.storage.objects["inbox", f"shots/{name}"] = CLIP

    made(scene, edit, kept)

    before = played_in(scene)[1]
    assert urljoin("file:///demo/page.html", before) == f"file:///demo/{quote(name)}"


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

    assert played_in(scene) == ["./clip.e-1.mp4"]
    assert page_of(scene).count(in_page(JPEG)) == 2
    assert "Trimmed to 10.00 s." in page_of(scene)
    assert done.result.source_sha256 == hashlib.sha256(CLIP).hexdigest()


def test_a_repaired_clip_that_has_expired_gives_way_to_the_uploaded_one() -> None:
    scene, edit, kept = shot(fitted=Source(bucket="results", key="fitted/e-1.mp4"))

    made(scene, edit, kept)

    assert "./clip.mp4" in played_in(scene)


def test_a_clip_that_is_gone_leaves_a_page_with_the_result_and_a_warning() -> None:
    scene, edit, kept = shot()
    del scene.storage.objects["inbox", "clip.mp4"]

    done = made(scene, edit, kept)

    assert played_in(scene) == ["./clip.e-1.mp4"]
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


@pytest.mark.parametrize(("ending", "name"), [(".jpg", "poster_key"), (".html", "page_key")])
def test_a_store_that_takes_nothing_costs_only_what_it_does_not_take(
    ending: str, name: str
) -> None:
    scene, edit, kept = shot(Failing(ending, times=9))

    done = made(scene, edit, kept)

    assert getattr(done.result, name) is None
    assert done.result.source_sha256 == hashlib.sha256(CLIP).hexdigest()
    assert "S3 cannot take a write now." in done.warnings[0]


@pytest.mark.parametrize("ending", [".jpg", ".html"])
@pytest.mark.parametrize("after", [False, True])
def test_a_write_that_fails_once_is_made_again(ending: str, after: bool) -> None:
    scene, edit, kept = shot(Failing(ending, after=after))

    done = made(scene, edit, kept)

    assert done.result.poster_key
    assert done.result.page_key
    assert not done.warnings


def test_a_clip_without_a_picture_is_told_of_once_and_apart_from_the_poster() -> None:
    scene, edit, kept = shot(Failing(".html"), footage={"codec": "hevc"})

    def picture(reader: Any) -> bytes:
        if reader.size_bytes == len(CLIP):
            raise NoPoster("No frame could be decoded.")
        return JPEG

    done = made(scene, edit, kept, picture=picture)

    assert done.result.poster_key
    assert done.warnings == ("No picture of the clip could be made: No frame could be decoded.",)


def test_a_clip_that_takes_too_long_to_read_has_no_digest() -> None:
    scene, edit, kept = shot()
    ticks = iter([0.0, *[SECONDS + 1] * 99])

    done = made(scene, edit, kept, clock=lambda: next(ticks))

    assert done.result.page_key
    assert done.result.source_sha256 is None
    assert not done.warnings


def test_after_a_crash_it_is_found_and_not_made() -> None:
    scene, _, kept = shot()
    scene.storage.objects["results", "edited/clip.e-1.jpg"] = JPEG
    unmade = ExtrasMaker(scene.storage, picture=lambda reader: pytest.fail("made"))

    found = unmade.found(kept)

    assert found.result.poster_key == "edited/clip.e-1.jpg"
    assert found.result.page_key is None

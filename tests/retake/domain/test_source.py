"""What a name tells about an object: clip, request file, sidecar, or something like one."""

import pytest
from retake.domain.source import clip_of, companion, is_request_file, is_stray, sidecar_of, stem


@pytest.mark.parametrize(
    ("key", "clip", "asks", "stray"),
    [
        ("clip.mp4", None, False, False),
        ("a b/clip.mp4.json", "a b/clip.mp4", False, False),
        ("CLIP.MOV.json", "CLIP.MOV", False, False),
        ("clip.webm.json", "clip.webm", False, False),
        ("día ❄️.m4v.json", "día ❄️.m4v", False, False),
        (".mp4.json", ".mp4", False, False),
        ("night.request.json", None, True, False),
        ("NIGHT.REQUEST.JSON", None, True, False),
        # A request that is called after a clip is a request all the same.
        ("clip.mp4.request.json", None, True, False),
        ("clip.json", None, False, True),
        ("clip.MP4.JSON", "clip.MP4", False, False),
        ("clip.mp4.Json", None, False, True),
        ("._clip.mp4.json", None, False, True),
        ("clip.mp4.json.json", None, False, True),
        ("notes.txt", None, False, False),
        ("clip.mp4/x.json", None, False, True),
    ],
)
def test_each_name_means_one_thing(key: str, clip: str | None, asks: bool, stray: bool) -> None:
    assert clip_of(key) == clip
    assert is_request_file(key) is asks
    assert is_stray(key) is stray


@pytest.mark.parametrize(
    ("key", "sidecar"),
    [
        ("clip.mp4", "clip.mp4.json"),
        ("CLIP.MP4", "CLIP.MP4.json"),
        ("clip", None),
        ("folder/", None),
        ("x" * 1015 + ".mp4", "x" * 1015 + ".mp4.json"),
        ("x" * 1016 + ".mp4", None),  # its sidecar's key would be longer than S3 allows
        ("é" * 508 + ".mp4", None),
    ],
)
def test_a_clip_knows_its_sidecar_where_there_can_be_one(key: str, sidecar: str | None) -> None:
    assert sidecar_of(key) == sidecar


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("shots/clip.mp4", "clip"),
        ("shots/clip.mp4.json", "clip"),
        ("jobs/night.request.json", "night"),
        (".mp4", ".mp4"),
        ("archive.tar.mp4", "archive.tar"),
        ("plain", "plain"),
    ],
)
def test_results_are_called_after_the_clip(key: str, name: str) -> None:
    assert stem(key) == name


@pytest.mark.parametrize(
    "key",
    [
        *("DCIM/DJI_0001.LRF", "GL010001.LRV", "GX010001.THM", "VID_20260101_LRV.lrv"),
        *("LRV_20260101_01.mp4", "SUB/C0001S03.MP4", "CLIP/C0001M01.XML", "IMG_0001.AAE"),
        *("DJI_0001.SRT", "BDMV/00001.CPI", "a/._clip.mp4", "__MACOSX/clip.mp4", "a/.DS_Store"),
        *("Thumbs.db", "Desktop.ini", "clip.mp4.supplemental-metadata.json"),
        *("clip.mp4.supplemental-me.json", "LRV_20260101_101010_11_001.insv"),
        *("DCIM/.trashed-1700000000-clip.mp4", ".Trashes/501/clip.mp4", ".Trash-1000/files/a.mp4"),
        *("$RECYCLE.BIN/S-1-5/$R1.mp4", "a/@eaDir/clip.mp4/SYNOPHOTO_FILM_H264.mp4"),
    ],
)
def test_what_cameras_and_computers_put_beside_clips_is_known(key: str) -> None:
    assert companion(key)


@pytest.mark.parametrize(
    "key",
    [
        *("DJI_0001.MP4", "C0001.MP4", "GX010001.MP4", "clip.mp4.json", "a.request.json", "clip"),
        *("LRV.mp4", "my_LRV_test.mov", "notes.xml", "00001.MTS", "_.mp4", ".mp4", "supply.json"),
        *("trashed-1.mp4", "Trash/clip.mp4", "eaDir/clip.mp4"),
    ],
)
def test_no_clip_is_taken_for_a_companion(key: str) -> None:
    assert companion(key) is None

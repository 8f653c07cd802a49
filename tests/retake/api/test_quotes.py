"""POST /quotes and POST /uploads: answers that send nothing anywhere."""

from dataclasses import replace
from typing import Any

import pytest
from retake.catalog.models import MODELS

from tests.retake.api.api_client import Reception

FIVE_SECONDS = {"duration_seconds": 5.0}


def quotes(reception: Reception, **fields: Any) -> dict[str, Any]:
    said = reception.call("POST", "/quotes", {"prompt": "noir", **fields})
    assert said.status == 200, said.text
    return {each["model"]: each for each in said.json["quotes"]}


def test_every_model_says_whether_it_would_and_what_it_costs(reception: Reception) -> None:
    found = quotes(reception, clip=FIVE_SECONDS)

    assert found.keys() == MODELS.keys()
    assert found["novita/kling-o1-edit"] == {
        "model": "novita/kling-o1-edit",
        "provider": "novita",
        "role": "default",
        "is_accepted": True,
        "is_clip_checked": True,
        "quoted_usd": 0.84,
        "usd_per_second": 0.168,
        "billed_seconds": 5.0,
    }


def test_a_refusal_names_the_rule_what_was_found_and_what_is_allowed(reception: Reception) -> None:
    found = quotes(reception, clip={"duration_seconds": 12}, model="fal/kling-o1-edit")

    (quote,) = found.values()
    assert not quote["is_accepted"]
    assert "quoted_usd" not in quote
    assert quote["refusal"] == {
        "code": "TOO_LONG",
        "detail": "The clip is 12 s long; fal/kling-o1-edit takes 3 to 10 s. "
        "With `fit: trim` or `fit: auto` it would be repaired first. With `fit: split` all of it "
        "is edited, in 2 pieces for 2.02 USD.",
        "field": "duration_seconds",
        "found": "12 s",
        "allowed": "3 to 10 s",
    }


def test_a_clip_that_may_be_repaired_is_accepted_at_the_price_of_what_is_sent(
    reception: Reception,
) -> None:
    long = {"duration_seconds": 12}

    found = quotes(reception, clip=long, model="fal/kling-o1-edit", fit="trim")
    other = quotes(reception, clip=long, model="fal/kling-o1-edit", fit="scale")

    assert found["fal/kling-o1-edit"]["is_accepted"]
    assert found["fal/kling-o1-edit"]["quoted_usd"] == pytest.approx(1.68)
    assert not other["fal/kling-o1-edit"]["is_accepted"]


def test_a_clip_that_is_split_is_quoted_piece_by_piece_behind_what_takes_it_whole(
    reception: Reception,
) -> None:
    found = quotes(reception, clip={"duration_seconds": 12.4}, fit="split")

    split = found["evolink/kling-o1-edit"]
    assert [each["billed_seconds"] for each in split["pieces"]] == [6.0, 7.0]
    assert split["quoted_usd"] == pytest.approx(13 * 12 / 68, abs=0.0002)
    assert "pieces" not in found["fal/kling-v4-edit"]
    assert list(found).index("fal/kling-v4-edit") < list(found).index("evolink/kling-o1-edit")


def test_a_new_video_that_a_clip_is_only_shown_for_has_no_pieces(reception: Reception) -> None:
    found = quotes(reception, clip={"duration_seconds": 24.5}, fit="split")

    assert not found["novita/kling-o1-reference"]["is_accepted"]
    assert found["novita/kling-o1-reference"]["refusal"]["code"] == "TOO_LONG"


def test_frames_that_pieces_share_are_in_the_price_and_said_and_so_are_the_places_they_take(
    reception: Reception,
) -> None:
    asked = {"fit": "split", "model": "fal/kling-o1-edit", "consistency": "chained"}
    clip = {"duration_seconds": 24.5, "fps": 24}
    plain = quotes(reception, clip=clip, **asked)["fal/kling-o1-edit"]
    found = quotes(reception, clip=clip, **asked, overlap_frames=12)

    shared = found["fal/kling-o1-edit"]
    assert (plain["billed_seconds"], shared["billed_seconds"]) == (24.5, 25.5)
    assert "overlap_usd" not in plain
    assert shared["overlap_usd"] == pytest.approx(0.168, abs=0.0002)
    assert shared["quoted_usd"] == pytest.approx(plain["quoted_usd"] + 0.168, abs=0.0002)
    assert shared["notes"] == [
        "Pieces are shown the first edited one and the last frame of the one before, so they are "
        "edited in order; that takes 2 of 4 places for images.",
        "Pieces share 12 frames where no scene changes, for 0.17 USD in all.",
    ]


def test_a_clip_in_the_inbox_is_looked_into(reception: Reception) -> None:
    scene = reception.scene
    scene.storage.objects["inbox", "sources/a.mp4"] = b"clip"
    scene.clip = replace(scene.clip, duration_seconds=4.0)

    found = quotes(reception, source="sources/a.mp4", model="novita/kling-o1-edit")

    assert found["novita/kling-o1-edit"]["quoted_usd"] == pytest.approx(0.672)


def test_without_a_clip_the_price_of_a_second_is_told_and_a_clip_is_asked_for(
    reception: Reception,
) -> None:
    found = quotes(reception)

    assert found["fal/kling-o1-edit"]["refusal"]["code"] == "MISSING_SOURCE"
    assert found["novita/kling-o1-reference"]["quoted_usd"] == pytest.approx(0.84)


def test_a_clip_that_lies_elsewhere_is_not_fetched_for_a_quote(reception: Reception) -> None:
    found = quotes(reception, source="https://clips.example/a.mp4", model="fal/kling-o1-edit")

    quote = found["fal/kling-o1-edit"]
    assert (quote["is_accepted"], quote["is_clip_checked"]) == (True, False)
    assert "quoted_usd" not in quote


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"source": "gone.mp4"}, "INPUT_GONE"),
        ({"model": "x"}, "UNKNOWN_MODEL"),
        ({"clip": {}}, "INVALID_REQUEST"),
        ({"clip": {"duration_seconds": 0}}, "INVALID_REQUEST"),
        ({"clip": {"duration_seconds": 5, "colour": "red"}}, "INVALID_REQUEST"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    reception: Reception, fields: dict[str, Any], code: str
) -> None:
    said = reception.call("POST", "/quotes", {"prompt": "noir", **fields})

    assert (said.status, said.code) == (422, code)


def test_a_quote_leaves_no_trace(reception: Reception) -> None:
    quotes(reception, clip=FIVE_SECONDS)

    assert not reception.scene.table.items
    assert not reception.queue.messages


@pytest.mark.parametrize("prefix", ["", "clips/", "sources/"])
@pytest.mark.parametrize(
    ("kind", "folder", "limits"),
    [("video/mp4", "sources", "1-300000000"), ("image/png", "images", "1-10000000")],
)
def test_a_form_takes_one_file_of_one_kind_to_where_nothing_starts(
    prefix: str, kind: str, folder: str, limits: str
) -> None:
    reception = Reception(prefix=prefix)

    said = reception.call("POST", "/uploads", {"file_name": "a.bin", "content_type": kind})

    assert said.status == 201
    assert said.json["key"].startswith(f"{prefix}{folder}/")
    assert said.json["fields"]["limits"] == limits
    assert said.json["fields"]["s"] == "900"


def test_two_forms_never_share_a_key(reception: Reception) -> None:
    wanted = {"file_name": "a.mp4", "content_type": "video/mp4"}

    keys = {reception.call("POST", "/uploads", wanted).json["key"] for _ in range(20)}

    assert len(keys) == 20


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("street.mp4", "street.mp4"),
        ("STREET.MP4", "STREET.mp4"),
        ("día 1 +.mp4", "día 1 +.mp4"),
        ("../../etc/passwd", "passwd.mp4"),
        ("C:\\clips\\a.mp4", "a.mp4"),
        ("a\nb\x00.mp4", "a_b_.mp4"),
        ("..", "file.mp4"),
        (".mp4", "file.mp4"),
        ("x" * 255, "x" * 120 + ".mp4"),
        ("page.html", "page.html.mp4"),
    ],
)
def test_a_file_keeps_its_name_as_far_as_a_key_can_hold_it(
    reception: Reception, name: str, expected: str
) -> None:
    wanted = {"file_name": name, "content_type": "video/mp4"}

    key = reception.call("POST", "/uploads", wanted).json["key"]

    assert key.rpartition("/")[2] == expected


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"content_type": "text/html"}, "FORMAT"),
        ({"size_bytes": 300_000_001}, "FILE_TOO_LARGE"),
        ({"content_type": "image/png", "size_bytes": 10_000_001}, "FILE_TOO_LARGE"),
        ({"size_bytes": 0}, "INVALID_REQUEST"),
        ({"file_name": ""}, "INVALID_REQUEST"),
    ],
)
def test_no_form_is_given_for_what_no_model_takes(
    reception: Reception, fields: dict[str, Any], code: str
) -> None:
    wanted = {"file_name": "a.mp4", "content_type": "video/mp4", **fields}

    said = reception.call("POST", "/uploads", wanted)

    assert (said.status, said.code) == (422, code)

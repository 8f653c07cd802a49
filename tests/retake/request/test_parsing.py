"""Requests: what people write into metadata and JSON, and what they are told when it is wrong."""

import base64
from email.header import Header
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.domain.errors import Refused
from retake.domain.request import Element, Request
from retake.domain.vocabulary import Operation
from retake.request.parsing import (
    decode_metadata,
    fields_of_metadata,
    is_foreign,
    metadata_is_ours,
    parse_request,
)
from retake.request.variations import parse_variations

NON_ASCII = ["día → noche", "日暮れにして", "снег ❄️", 'quotes " and \\ stay', "plain ascii"]


def from_metadata(metadata: dict[str, str]) -> Request:
    return parse_request(fields_of_metadata(metadata))


def rfc2047_base64(text: str) -> str:
    return f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="


def rfc2047_folded(text: str) -> str:
    return Header(text, "utf-8").encode(linesep=" ")


def rfc8187(text: str) -> str:
    return "UTF-8''" + quote(text)


def read_as_latin1(text: str) -> str:
    return text.encode().decode("latin-1")


@pytest.mark.parametrize("text", NON_ASCII)
@pytest.mark.parametrize("carry", [rfc2047_base64, rfc2047_folded, rfc8187, read_as_latin1, str])
def test_a_prompt_in_any_script_survives_every_way_metadata_carries_it(
    text: str, carry: Any
) -> None:
    assert decode_metadata(carry(text)) == text


@given(st.text())
def test_decoding_metadata_never_fails(text: str) -> None:
    assert isinstance(decode_metadata(text), str)


@pytest.mark.parametrize("value", ["=?ut\xff-8?q?x?=", "=?hex?q?x?=", "=?undefined?q?x?="])
def test_a_word_in_no_alphabet_is_taken_as_it_is(value: str) -> None:
    assert decode_metadata(value) == value


def test_a_percent_sign_in_a_plain_prompt_stays() -> None:
    assert decode_metadata("make it 50%25 darker") == "make it 50%25 darker"


def test_every_field_can_come_from_metadata() -> None:
    request = from_metadata(
        {
            "prompt": "  change day to dusk ",
            "model": "fal/kling-o1-edit",
            "operation": "edit",
            "images": "images/a.png, images/b.png",
            "keep-audio": "no",
            "aspect-ratio": "9:16",
            "duration-seconds": "5",
            "fast": "true",
        }
    )

    assert request == Request(
        prompt="change day to dusk",
        model="fal/kling-o1-edit",
        operation=Operation.EDIT,
        images=("images/a.png", "images/b.png"),
        keep_audio=False,
        aspect_ratio="9:16",
        duration_seconds=5,
        fast=True,
    )


def test_the_sound_is_kept_unless_asked_otherwise() -> None:
    request = from_metadata({"prompt": "noir"})

    assert request.keep_audio is True


def test_image_keys_with_commas_can_be_given_as_json() -> None:
    request = from_metadata({"prompt": "noir", "images": '["images/a, b.png"]'})

    assert request.images == ("images/a, b.png",)


def test_a_list_nested_without_end_is_one_strange_name() -> None:
    assert from_metadata({"prompt": "noir", "images": "[" * 1900}).images == ("[" * 1900,)


def test_metadata_of_other_tools_is_left_alone() -> None:
    metadata = {"prompt": "noir", "mtime": "1700000000", "s3cmd-attrs": "x"}

    assert fields_of_metadata(metadata) == {"prompt": "noir"}


# Uploaders put these beside every file: s3fs, rclone, DataSync, s3cmd, SFTP; and people their own.
OF_OTHERS = [
    *("mode", "uid", "gid", "mtime", "ctime", "atime", "btime", "md5chksum", "s3cmd-attrs"),
    *("file-owner", "file-permissions", "file-group", "file-mtime", "user-agent", "user-agent-id"),
    *("filename", "title", "date", "duration", "place", "source", "version", "camera", "language"),
]


@pytest.mark.parametrize("name", OF_OTHERS)
def test_no_name_that_others_write_is_taken_for_a_misspelt_one(name: str) -> None:
    assert fields_of_metadata({"prompt": "noir", name: "x"}) == {"prompt": "noir"}
    assert not metadata_is_ours({name: "x"})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("promt", "prompt"),
        ("pormpt", "prompt"),
        ("x-amz-meta-prompt", "prompt"),
        ("amz-meta-keep_audio", "keep-audio"),
        ("modell", "model"),
        ("X-Amz-Meta-Prompt", "prompt"),
        ("modle", "model"),
        ("fsat", "fast"),
        ("keepaudio", "keep-audio"),
        ("aspectratio", "aspect-ratio"),
        ("image", "images"),
        ("tag", "tags"),
        ("refrence", "reference"),
    ],
)
def test_a_name_that_is_nearly_ours_is_refused_and_not_billed_without(
    name: str, meant: str
) -> None:
    with pytest.raises(Refused) as refusal:
        fields_of_metadata({"prompt": "noir", name: "x"})

    assert f"Did you mean '{meant}'?" in str(refusal.value)
    assert refusal.value.details()["found"] == f"x-amz-meta-{name}"


@pytest.mark.parametrize("name", ["keep-audio", "keep_audio"])
def test_both_spellings_are_read_on_every_road(name: str) -> None:
    assert from_metadata({"prompt": "noir", name: "no"}).keep_audio is False
    assert parse_variations({"prompt": "noir", name: False}).first().keep_audio is False


def test_both_spellings_at_once_must_say_the_same() -> None:
    with pytest.raises(Refused, match="stands there twice"):
        fields_of_metadata({"prompt": "noir", "keep-audio": "no", "keep_audio": "yes"})


@pytest.mark.parametrize(
    ("field", "value", "meant"),
    [("fit", "atuo", "auto"), ("fit", "scaled", "scale"), ("operation", "edt", "edit")],
)
def test_a_value_that_is_nearly_ours_is_refused_with_the_right_one(
    field: str, value: str, meant: str
) -> None:
    with pytest.raises(Refused, match=f"Did you mean '{meant}'"):
        from_metadata({"prompt": "noir", field: value})


@pytest.mark.parametrize("value", ["images/a.png", {"a": 1}])
def test_a_list_is_asked_for_in_words_of_json(value: Any) -> None:
    with pytest.raises(Refused) as refusal:
        parse_request({"prompt": "noir", "images": value})

    assert "tuple" not in str(refusal.value)
    assert 'such as ["images/a.png"]' in str(refusal.value)


def test_line_ends_of_every_system_are_one() -> None:
    assert parse_request({"prompt": "a\r\nb\rc"}).prompt == "a\nb\nc"


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("UTF-8'es'D%C3%ADa%20y%20noche", "Día y noche"),
        ("utf-8''Make%20it%20snow", "Make it snow"),
        ("Turn%20day%20into%20dusk", "Turn day into dusk"),
        ("50%25%20darker", "50% darker"),
        ("Lluvia en la ma%C3%B1ana", "Lluvia en la mañana"),
        ("%E5%A4%9C", "夜"),
        ("Snow%2C+at+night", "Snow, at night"),
        ("%C3%A1rbol+de+noche", "árbol de noche"),
        # These can be meant as they are.
        ("50%25 darker", "50%25 darker"),
        ("20%, then 30%", "20%, then 30%"),
        ("UTF-8 letters", "UTF-8 letters"),
        ("red+blue", "red+blue"),
        ("50%25+10", "50%25+10"),
        ("%FF%FE", "%FF%FE"),
    ],
)
def test_percent_encoding_is_undone_where_nobody_can_have_meant_it(value: str, meant: str) -> None:
    assert decode_metadata(value) == meant


def test_tags_and_reference_are_read_of_metadata_and_of_documents() -> None:
    read = parse_variations(
        fields_of_metadata({"prompt": "noir", "tags": "a, b,a", "reference": "order 7"})
    )
    same = parse_variations({"prompt": "noir", "tags": ["a", "b"], "reference": "order 7"})

    assert (read.tags, read.reference) == (same.tags, same.reference) == (("a", "b"), "order 7")


@pytest.mark.parametrize(
    "said", [{"tags": "a"}, {"tags": [""]}, {"tags": ["a"] * 21}, {"reference": 7}]
)
def test_labels_have_the_form_that_the_api_asks_for(said: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        parse_variations({"prompt": "noir", **said})

    assert refusal.value.details()["field"] in said


TAKEOUT = {"title": "clip.mp4", "description": "", "imageViews": "3", "photoTakenTime": {}}


@pytest.mark.parametrize(
    ("fields", "foreign"),
    [
        (TAKEOUT, True),
        ({"streams": [], "format": {}}, True),  # ffprobe
        ({"text": "hello", "segments": [], "language": "en"}, True),  # whisper
        ({"promt": "noir"}, False),
        ({"keepAudio": True}, False),
        ({}, False),
    ],
)
def test_a_document_without_any_field_of_ours_is_another_programs(
    fields: dict[str, Any], foreign: bool
) -> None:
    assert is_foreign(fields) is foreign


def test_elements_are_read_of_metadata_and_not_billed_without() -> None:
    said = '[{"frontal": "images/a.png", "references": ["images/b.png"]}]'
    read = from_metadata({"prompt": "noir", "elements": said})

    assert read.elements == (Element(frontal="images/a.png", references=("images/b.png",)),)
    with pytest.raises(Refused, match="elements"):
        from_metadata({"prompt": "noir", "elements": "images/a.png"})


def test_elements_are_read_from_json() -> None:
    request = parse_request(
        {"prompt": "noir", "elements": [{"frontal": "a.png", "references": ["b.png"]}]}
    )

    assert request.elements == (Element(frontal="a.png", references=("b.png",)),)


def test_a_parsed_request_survives_the_record() -> None:
    request = parse_request(
        {"prompt": "noir", "elements": [{"frontal": "a.png", "references": ["b.png"]}]}
    )

    assert Request.from_mapping(request.to_mapping()) == request

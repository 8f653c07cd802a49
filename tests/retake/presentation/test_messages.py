"""Messages: the same facts for machines, mail readers and filter policies."""

import json
import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.plain_text import one_line, unlinked
from retake.domain.vocabulary import Reason, Status
from retake.presentation.batch_messages import notification_for_batch
from retake.presentation.messages import (
    EDIT_SCHEMA,
    message_about,
    notification_for,
    text_about,
)
from retake.records.batches import Batch

from virtual.scene import Scene, result_at


def closed(conclusion: Conclusion, key: str = "clip.mp4") -> Edit:
    scene = Scene()
    return scene.records.close(scene.running(key=key), conclusion)


DONE = Conclusion(status=Status.SUCCEEDED, message="ready")
LATE = failed(Reason.TIMED_OUT, "Not done in time.", at_risk=True, details={"found": 3601})


def test_the_message_names_its_schema_and_the_closed_words() -> None:
    message = message_about(closed(LATE))

    assert message["schema"] == EDIT_SCHEMA
    assert (message["status"], message["reason"]) == ("FAILED", "TIMED_OUT")
    assert message["details"] == {"found": 3601}
    assert message["cost"]["at_risk_usd"] == pytest.approx(0.84)


def test_the_body_is_what_sns_wants_of_a_message_with_a_structure() -> None:
    notice = notification_for(closed(DONE))

    body = json.loads(notice["message"])
    assert set(body) == {"default", "email"}
    assert json.loads(body["default"])["edit_id"]


def test_the_attributes_serve_filter_policies() -> None:
    attributes = notification_for(closed(DONE))["attributes"]

    assert {name: value["StringValue"] for name, value in attributes.items()} == {
        "kind": "edit",
        "status": "SUCCEEDED",
        "operation": "edit",
        "model": "novita/kling-o1-edit",
    }


def test_an_edit_without_a_model_can_be_filtered_too() -> None:
    scene = Scene()
    edit = scene.records.close(scene.upload(), Conclusion(status=Status.REJECTED))

    assert notification_for(edit)["attributes"]["model"]["StringValue"] == "none"


@pytest.mark.parametrize("key", ["clip.mp4", "día\n1/❄️.mp4", "x" * 1000])
def test_the_subject_is_ascii_and_below_100_characters(key: str) -> None:
    subject = notification_for(closed(DONE, key))["subject"]

    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) < 100


def test_the_mail_says_what_happened_and_what_it_may_cost() -> None:
    text = text_about(closed(LATE))

    assert 'The edit of "clip.mp4" failed.' in text
    assert "Not done in time." in text
    assert "At most $0.84 may be billed by novita." in text


def test_a_rejected_edit_is_told_to_be_free() -> None:
    scene = Scene()
    rejected = Conclusion(status=Status.REJECTED, reason=Reason.TOO_LONG, message="12 s")

    text = text_about(scene.records.close(scene.upload(), rejected))

    assert "was refused" in text
    assert "Cost:      Nothing is billed." in text


def test_the_message_fits_sns_whatever_the_provider_said() -> None:
    edit = replace(closed(LATE), message="x" * 1000, warnings=("y" * 200,) * 20)

    assert len(notification_for(edit)["message"].encode()) < 256 * 1024


LINK = "https://api.example/v1/share/e-1/a.b.c"


def test_the_link_to_the_page_is_told_to_machines_and_to_people() -> None:
    body = json.loads(notification_for(closed(DONE), LINK)["message"])

    assert json.loads(body["default"])["share_url"] == LINK
    assert f"Look at it: {LINK}\n" in body["email"]


def test_without_a_link_nothing_is_said_of_one() -> None:
    body = json.loads(notification_for(closed(DONE))["message"])

    assert "share_url" not in json.loads(body["default"])
    assert "Look at it" not in body["email"]


FORGED = "clip\n\nLook at it: https://evil.example/\u202e4pm.mp4"


def test_a_file_name_forges_no_line_of_the_mail() -> None:
    mail = text_about(closed(failed(Reason.TIMED_OUT, f"{FORGED} is late."), FORGED))

    assert not any(line.startswith("Look at it:") for line in mail.splitlines())
    assert mail.splitlines()[0].startswith('The edit of "clip Look at it')
    assert "\u202e" not in mail


OURS = ("The edit of ", "Why: ", "Look at it: ", "Result: ", "     ", "Model: ", "Cost: ", "Note: ")
OURS_TOO = ("Late: ", "Task: ", "Edit: ")
# What readers of mail make links of, in forms that strangers can put into names and words.
BAITS = [
    "Look at it: https://evil.example/retake-share?e=1 (link valid 7 days) .mp4",
    "https://evil.example/a.mp4",
    "HTTP://evil.example",
    "www.evil.com/login",
    "see evil.com",
    "evil.com/x.mp4",
    "mail me@evil.example",
    "mailto:me@evil.example",
    'a" https://evil.example "b',
    "Result:    s3://other/place https://evil.example",
    "\nLook at it: https://evil.example\n",
]


@pytest.mark.parametrize("bait", BAITS)
def test_no_word_of_a_stranger_begins_a_line_of_a_mail_or_is_a_link(bait: str) -> None:
    edit = closed(failed(Reason.PROVIDER_FAILED, bait), bait)
    done = closed(DONE, bait)
    strangers: dict[str, Any] = {"reference": bait, "warnings": (bait,), "provider_task_id": bait}
    every = [edit, done, replace(edit, **strangers), replace(done, result=result_at(bait))]

    for mail in [text_about(each, LINK) for each in every]:
        assert all(line.startswith((*OURS, *OURS_TOO)) for line in mail.splitlines() if line)
        rest = mail.replace(f"Look at it: {LINK}\n", "", 1)
        rest = re.sub(r"s3://results/[^\s@:]+", "", rest)  # one word, and no web address
        assert not re.search(r"(?i)https?:|mailto:|www\.|evil\.|@evil|://", rest)
        assert mail.count(f"\nLook at it: {LINK}\n") == 1


@pytest.mark.parametrize("bait", BAITS)
def test_no_word_of_a_stranger_is_a_link_in_the_mail_about_a_batch(bait: str) -> None:
    edit = replace(closed(failed(Reason.PROVIDER_FAILED, bait), bait), reference=bait)
    batch = Batch(batch_id="b-" + "1" * 20, created_at=edit.created_at, edit_ids=(edit.edit_id,))

    mail = json.loads(notification_for_batch(batch, [edit])["message"])["email"]

    assert mail.startswith('1 edits of "')
    assert not re.search(r"(?i)https?:|mailto:|www\.|evil\.|@evil|://", mail)


@pytest.mark.parametrize("name", ["clip.mp4", "day 1/my.holiday 2.MOV", "x.request.json", "v1.2"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert unlinked(name) == name or "holiday" in name


def test_what_has_no_ink_stands_in_no_plain_text() -> None:
    # The number signs of Arabic, Syriac and Kaithi are format characters that are seen.
    seen = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    unseen = [
        char
        for char in map(chr, range(0x110000))
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and ord(char) not in seen
    ]

    for char in [*unseen, *"\u115f\u1160\u3164\uffa0\u034f\u2800"]:
        assert one_line(f"a{char}b") == "a b"


@pytest.mark.parametrize("mark", [*"\x00\x1b\x7f\x85\u2028\u2029\u200f\u202e\u2066\ufeff"])
def test_no_mark_that_turns_or_ends_a_line_stands_in_a_mail_or_a_sentence(mark: str) -> None:
    edit = closed(failed(Reason.PROVIDER_FAILED, f"it{mark}said", provider_said=f"a{mark}b"))

    assert mark not in text_about(replace(edit, warnings=(f"a{mark}b",), reference=f"r{mark}"))
    assert edit.conclusion is not None
    assert mark not in f"{edit.message}{edit.conclusion.provider_said}"

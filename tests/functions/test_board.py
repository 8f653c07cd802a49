"""The board of the latest edits, as its page asks for it."""

import json
from typing import Any

import pytest
from retake.aws.dynamodb import Newest
from retake.aws.dynamodb_changes import Change
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion, Edit
from retake.domain.source import known_name
from retake.domain.vocabulary import Reason, Status
from retake.presentation.site import SHARED
from retake.records.keys import edit_key

from tests.functions.share_endpoint import RESULTS, Showroom


def board(room: Showroom) -> list[dict[str, object]]:
    """As the next look finds it."""
    room.clock.advance(SHARED.total_seconds())
    sent = room.ask("edits", token=room.board_token())
    assert sent.status == 200
    told = json.loads(sent.body)
    assert set(told) == {"edits", "older", "line"}, (
        "only the server on one's own machine names an address to drop at"
    )
    edits: list[dict[str, object]] = told["edits"]
    return edits


def test_the_board_shows_the_newest_first_with_a_link_that_opens_it(room: Showroom) -> None:
    room.ready("old.mp4")
    room.clock.advance(60)
    new = room.ready("new.mp4")

    shown = board(room)

    assert [each["name"] for each in shown] == ["new.mp4", "old.mp4"]
    edit_id, _, token = str(shown[0]["share"]).partition("/")
    assert edit_id == new.edit_id
    assert room.ask("share", edit_id=edit_id, token=token).status == 200


def test_an_edit_moves_over_the_board(room: Showroom) -> None:
    stages: list[tuple[object, object]] = []

    def look(edit: Edit) -> None:
        (each,) = board(room)
        stages.append((each["status"], each["percent"]))

    edit = room.upload()
    look(edit)
    room.validate(edit)
    room.submit(edit)
    look(edit)
    saving = room.records.begin_save(room.now(edit))
    look(edit)
    room.records.close(saving, Conclusion(status=Status.FAILED, reason=Reason.STORAGE_ERROR))
    look(edit)

    assert [status for status, _ in stages] == ["RECEIVED", "RUNNING", "SAVING", "FAILED"]
    assert [percent for _, percent in stages] == [5, 20, 92, 100]


def test_edits_of_a_batch_name_it_so_that_they_can_stand_together(room: Showroom) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        edit = room.ready(name)
        if name != "c.mp4":
            room.table.write(Change(key=edit_key(edit.edit_id), set={"batch_id": "b-1"}))

    assert {each["name"]: each.get("batch_id") for each in board(room)} == {
        "a.mp4": "b-1",
        "b.mp4": "b-1",
        "c.mp4": None,
    }


def test_an_edit_that_waits_for_credit_says_so(room: Showroom) -> None:
    edit = room.validated()
    room.table.write(Change(key=edit_key(edit.edit_id), set={"waits_for": "NO_CREDIT"}))

    (shown,) = board(room)

    assert shown["doing"] == "Waits for credit at novita"


def test_a_failed_edit_says_why_and_what_it_may_cost(room: Showroom) -> None:
    edit = room.running()
    room.records.close(edit, failed(Reason.TIMED_OUT, "Not done in time.", at_risk=True))

    (shown,) = board(room)

    assert (shown["reason"], shown["message"]) == ("TIMED_OUT", "Not done in time.")
    assert shown["cost"] == "At most $0.84 may be billed by novita."


def test_the_board_looks_back_a_week_and_no_further(room: Showroom) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        room.ready(name)
        room.clock.advance(4 * 86_400)

    assert [each["name"] for each in board(room)] == ["c.mp4"]
    room.clock.advance(-4 * 86_400)
    assert [each["name"] for each in board(room)] == ["c.mp4", "b.mp4"]


def test_an_edit_whose_erasure_was_asked_for_leaves_the_board(room: Showroom) -> None:
    edit = room.ready()
    room.table.items[f"edit#{edit.edit_id}"]["erase_asked_at"] = {"S": "2026-03-01T12:00:00Z"}

    assert board(room) == []


def test_the_board_is_bounded(room: Showroom) -> None:
    for number in range(30):
        room.upload(f"{number}.mp4")
        room.clock.advance(1)

    assert len(board(room)) == 24


def test_a_browser_that_asks_often_is_given_the_same_addresses(room: Showroom) -> None:
    edit = room.ready()

    first = board(room)
    room.clock.advance(20)
    second = board(room)
    room.clock.advance(3600)
    third = board(room)

    poster = f"https://{RESULTS}.s3.example/edited/clip.mp4.{edit.edit_id}.jpg"
    assert str(first[0]["poster"]).startswith(poster)
    assert first[0]["poster"] == second[0]["poster"] != third[0]["poster"]
    assert first[0]["share"] == second[0]["share"]


def test_a_hundred_boards_are_told_what_one_is(room: Showroom) -> None:
    room.ready()
    first = board(room)
    reads = 0
    newest = room.table.newest

    def counted(asked: Newest) -> list[dict[str, object]]:
        nonlocal reads
        reads += 1
        return newest(asked)

    room.table.newest = counted  # type: ignore[method-assign]

    told = [room.ask("edits", token=room.board_token()) for _ in range(100)]

    assert {json.loads(each.body)["edits"][0]["edit_id"] for each in told} == {first[0]["edit_id"]}
    assert reads == 0


def test_an_edit_that_cannot_be_read_or_shown_leaves_the_others_on_the_board(
    room: Showroom,
) -> None:
    bad, odd, newer, good = (room.ready(f"{name}.mp4") for name in ("a", "b", "c", "d"))
    room.table.items[f"edit#{bad.edit_id}"]["result"] = {"S": "none"}
    room.table.items[f"edit#{odd.edit_id}"]["created_at"] = {"N": "7"}
    room.table.items[f"edit#{newer.edit_id}"]["status"] = {"S": "DREAMING"}

    shown = {each["edit_id"]: each["doing"] for each in board(room)}

    assert shown == {newer.edit_id: "Dreaming", good.edit_id: "Ready"}
    assert {*room.reported} == {f"edit#{bad.edit_id}", odd.edit_id}


# ---------------------------------------------------------------- pictures, older ones, downloads


def test_until_there_is_a_result_an_edit_shows_its_clip(room: Showroom) -> None:
    room.running("moving.mp4")
    room.ready("ready.mp4")

    ready, moving = board(room)

    assert "inbox" in str(moving["clip"])
    assert "version=" in str(moving["clip"])
    assert "poster" not in moving
    assert "clip" not in ready
    assert str(ready["poster"]).startswith(f"https://{RESULTS}.")


def test_of_what_is_no_video_no_picture_is_promised(room: Showroom) -> None:
    edit = room.upload("letter.mp4")
    room.records.close(
        room.now(edit), Conclusion(status=Status.REJECTED, reason=Reason.NOT_A_VIDEO)
    )

    (shown,) = board(room)

    assert shown.keys().isdisjoint({"clip", "poster", "has_video"})


def test_the_page_may_show_pictures_from_both_buckets(room: Showroom) -> None:
    policy = room.ask("board", token=room.board_token()).headers["content-security-policy"]

    for bucket in (RESULTS, "inbox-bucket"):
        assert f"https://{bucket}.s3.example" in policy


def older(room: Showroom, before: str) -> dict[str, Any]:
    sent = room.ask("edits", token=room.board_token(), query={"before": before})
    assert sent.status == 200, sent
    told: dict[str, Any] = json.loads(sent.body)
    return told


def test_every_edit_is_found_by_looking_further_back(room: Showroom) -> None:
    names = [f"{number}.mp4" for number in range(60)]
    for name in names:
        room.upload(name)
        room.clock.advance(3600)
    room.clock.advance(SHARED.total_seconds())
    told = json.loads(room.ask("edits", token=room.board_token()).body)

    seen = [each["name"] for each in told["edits"]]
    while more := (told := older(room, told["older"]))["edits"]:
        seen += [each["name"] for each in more]

    assert seen == names[::-1]


def test_who_looks_for_older_ones_may_go_on_where_a_month_had_none(room: Showroom) -> None:
    room.ready("old.mp4")
    room.clock.advance(100 * 86_400)
    told, looks = older(room, room.clock.now().date().isoformat()), 1
    while not told["edits"]:
        told, looks = older(room, told["older"]), looks + 1

    assert [each["name"] for each in told["edits"]] == ["old.mp4"]
    assert looks == 4


@pytest.mark.parametrize("before", ["yesterday", "2026-13-01", "#", "0", "2026-02-30T", "-1"])
def test_what_begins_with_no_date_opens_nothing(room: Showroom, before: str) -> None:
    assert room.ask("edits", token=room.board_token(), query={"before": before}).status == 403


def test_a_result_can_be_saved_by_whoever_may_see_the_board(room: Showroom) -> None:
    edit = room.ready("street.mp4")

    sent = room.ask("edits", token=room.board_token(), query={"video": edit.edit_id})

    assert f"save-as=street.mp4.{edit.edit_id}.mp4" in json.loads(sent.body)["url"]
    assert sent.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", ["without a result", "unknown", "erased", "by no good link"])
def test_what_is_not_there_cannot_be_saved(room: Showroom, kind: str) -> None:
    edit = room.running() if kind == "without a result" else room.ready()
    if kind == "erased":
        asked = Change(key=edit_key(edit.edit_id), set={"erase_asked_at": "2026-03-01T12:00:00Z"})
        room.table.write(asked)
    token = "a.b.c" if kind == "by no good link" else room.board_token()
    edit_id = "e-" + "0" * 20 if kind == "unknown" else edit.edit_id

    assert room.ask("edits", token=token, query={"video": edit_id}).status == 403


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("shots/day 3/take.mp4", "shots/day 3/take.mp4"),
        (f"sources/{'0f' * 16}/My street.mp4", "My street.mp4"),
        (f"inbox/sources/teams/{'0f' * 16}/street.mp4", "street.mp4"),
        ("sources/of mine.mp4", "sources/of mine.mp4"),
    ],
)
def test_a_clip_is_called_as_people_call_it(room: Showroom, key: str, name: str) -> None:
    room.upload(key)

    assert [each["name"] for each in board(room)] == [name]


def test_a_clip_that_was_fetched_has_no_name_but_its_edit_s() -> None:
    assert known_name(f"sources/fetched/e-{'0' * 20}.mp4") == ""

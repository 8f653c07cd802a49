"""What a person is told about an edit is true of that edit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from command import listings
from command import wording as accounts
from local.emulator.running_stack import ADDRESS_FILE, Stack
from tests.command.addresses import an_address


def a_result(**facts: Any) -> dict[str, Any]:
    result = {
        "bucket": "results",
        "key": "edited/clip.e-1.mp4",
        "manifest_key": "edited/clip.e-1.json",
        "size_bytes": 4_000_000,
        "duration_seconds": 5.0,
        "width": 1280,
        "height": 720,
        "has_audio": True,
    }
    known = {"edit_id": "e-1", "status": "SUCCEEDED", "model": "novita/kling-o1-edit"}
    return {**known, "billed_usd": 0.84, "result": result} | facts


def an_edit(**facts: Any) -> dict[str, Any]:
    return {"edit_id": "e-1", "status": "REJECTED", "created_at": "2026-11-20T10:00:00Z"} | facts


def test_a_simulated_bill_is_never_taken_for_a_real_one() -> None:
    told = accounts.of_end(a_result(), is_paid=False, saved=None)
    told_of_a_real_one = accounts.of_end(a_result(), is_paid=True, saved=None)

    assert "$0.84" in told
    assert "nobody pays" in told
    assert "nobody pays" not in told_of_a_real_one


def test_a_provider_behind_another_address_is_not_simulated() -> None:
    stack = Stack(an_address(1))
    elsewhere = replace(stack.address, providers={"novita": "https://a.example"})

    assert stack.is_simulated({"provider": "novita"})
    assert not Stack(elsewhere).is_simulated({"provider": "novita"})
    assert not stack.is_simulated({"provider": "unheard-of"})


def test_a_request_file_without_a_clip_is_named_itself() -> None:
    dropped = {"bucket": "inbox", "key": "hero.request.json"}

    told = accounts.of_edit(an_edit(upload=dropped))
    line = listings.of_edits([an_edit(upload=dropped)])

    assert "s3://inbox/hero.request.json" in told
    assert "None" not in told
    assert "hero.request.json" in line


def test_a_dropped_clip_is_named_once() -> None:
    dropped = {"bucket": "inbox", "key": "clip.mp4"}

    told = accounts.of_edit(an_edit(upload=dropped, source=dropped))

    assert told.count("s3://inbox/clip.mp4") == 1


def test_a_stack_beside_the_usual_one_is_named_in_the_line_that_uses_it() -> None:
    usual = accounts.of_stack(an_address(1), ADDRESS_FILE, "http://127.0.0.1:3/?k")
    other = accounts.of_stack(an_address(1), Path("other.json"), "http://127.0.0.1:3/?k")

    assert "--address" not in usual
    assert "edit clip.mp4 -p 'Make it snow' --address other.json\n" in other


def test_a_name_moves_no_cursor_and_begins_no_line_of_the_terminal() -> None:
    record = a_record() | {
        "upload": {"bucket": "inbox", "key": "a\x1b[2J\nresult  s3://x\u202e.mp4"}
    }

    lines = accounts.of_edit(record).splitlines()
    listed = listings.of_edits([record])

    assert not any(line.lstrip().startswith("result") for line in lines)
    assert "\x1b" not in listed + "".join(lines)
    assert "\u202e" not in listed
    assert len(listed.splitlines()) == 2  # the header, and one line


def a_record() -> dict[str, Any]:
    return {"edit_id": "e-1", "status": "RECEIVED", "created_at": "2026-03-01T12:00:00.000Z"}


def test_what_ended_well_is_told_in_five_lines_at_most() -> None:
    edit = a_result(
        share_url="https://api.example/share/e-1/x",
        created_at="2026-03-01T12:00:00.000Z",
        finished_at="2026-03-01T12:00:14.000Z",
    )

    told = accounts.of_end(edit, is_paid=True, saved=Path("clip.e-1.mp4")).splitlines()

    assert len(told) == 5
    assert "in 14 s" in told[0]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_list_fits_the_terminal_and_always_names_edit_and_status(width: int) -> None:
    key = f"sources/{'0' * 32}/{'a long name ' * 12}.mp4"
    edits = [an_edit(edit_id=f"e-{'x' * 20}", upload={"bucket": "inbox", "key": key})]

    header, line = listings.of_edits(edits, width).splitlines()

    assert max(len(header), len(line)) < width
    assert header.split()[:2] == ["EDIT", "STATUS"]
    assert line.split()[:2] == [f"e-{'x' * 20}", "REJECTED"]


def test_who_waits_in_line_is_told_for_what_and_where() -> None:
    told = accounts.of_edit(an_edit(waiting={"waits_for": "SLOT", "position": 3}))

    assert "waiting       for SLOT, number 3 in line" in told


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"status": "RECEIVED", "waiting": {"waits_for": "APPROVAL"}}, ("WAITING", "APPROVAL")),
        ({"status": "SUCCEEDED", "erased_at": "2026-03-01T12:00:00.000Z"}, ("ERASED",)),
        ({"status": "FAILED", "erasure": {"asked_at": "2026-03-01T12:00:00.000Z"}}, ("ERASING",)),
    ],
)
def test_a_list_says_what_the_status_alone_does_not(
    facts: dict[str, Any], told: tuple[str, ...]
) -> None:
    _, line = listings.of_edits([a_record() | facts]).splitlines()

    assert set(told) <= set(line.split())
    assert facts["status"] not in line


@pytest.mark.parametrize("width", [40, 80, None])
def test_costs_are_a_table_with_bars_and_their_sum(width: int | None) -> None:
    money = {"quoted_usd": 1.0, "at_risk_usd": 0.0, "reserved_usd": 0.0, "attempts": 1}
    answer = {
        "since": "2026-03-01",
        "until": "2026-03-02",
        "time_zone": "UTC",
        "caps": [
            {"cap": "daily_usd", "limit": 2.0, "spent": 1.51},
            {"cap": "monthly_edits", "limit": 90.0, "spent": 3.0},
        ],
        "lines": [
            {"name": "2026-03-01", "billed_usd": 2.0, **money},
            {"name": "2026-03-02", "billed_usd": 1.0, **money},
        ],
        "total": {"billed_usd": 3.0, **money},
    }

    header, first, second, total, _, dollars, edits = listings.of_costs(answer, width).splitlines()

    assert "BILLED" in header
    assert "3.00" in total
    assert dollars == "  daily budget: $1.51 of $2.00"
    assert edits == "  monthly cap: 3 of 90 edits"
    assert first.count("#") == 2 * second.count("#")
    assert max(len(line) for line in (header, first, second, total)) < (width or 1000)


def test_a_hint_of_the_api_is_told_as_it_is_typed() -> None:
    edit = {"status": "REJECTED", "reason": "CLIP_TOO_LONG", "message": "Cut it with `fit: trim`."}

    assert "with `--fit trim`." in accounts.refusal(edit)

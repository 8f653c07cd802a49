"""The page of an edit for its owner: what it cost, and the rest of its batch."""

from dataclasses import replace
from datetime import timedelta

import pytest
from retake.aws.dynamodb_changes import Change
from retake.domain.edit import Edit
from retake.domain.signed_links import own_path
from retake.domain.vocabulary import WaitsFor
from retake.presentation.site import Sent
from retake.records.keys import edit_key

from tests.functions.share_endpoint import Seen, Showroom


def own_token(room: Showroom, edit: Edit, generation: int = 0) -> str:
    until = room.clock.now() + timedelta(days=1)
    path = own_path(edit.edit_id, room.signer, until=until, generation=generation)
    return path.rpartition("/")[2]


def look(room: Showroom, edit: Edit) -> Sent:
    return room.ask("share", edit_id=edit.edit_id, token=own_token(room, edit))


def batch_of(room: Showroom, *edits: Edit) -> None:
    """These are the edits of one batch."""
    for edit in edits:
        room.table.write(Change(key=edit_key(edit.edit_id), set={"batch_id": "b-1"}))
    ids = [edit.edit_id for edit in edits]
    room.site = replace(room.site, batch_ids=lambda batch_id: ids)


def test_its_owner_reads_price_and_model_where_nobody_else_does(room: Showroom) -> None:
    edit = room.ready()

    told, shared = Seen(look(room, edit).body).text, Seen(room.look_at(edit).body).text

    assert str(edit.model) in told
    assert "$0." in told
    assert "$0." not in shared


def test_nobody_makes_an_owners_link_of_one_that_was_passed_on(room: Showroom) -> None:
    edit = room.ready()
    shared, own = room.share_token(edit), own_token(room, edit)
    forged = [f"{shared}~own", f"{shared}~own1", own.removesuffix("~own"), f"{own}~own", f"{own}x"]

    statuses = {room.ask("share", edit_id=edit.edit_id, token=each).status for each in forged}

    assert statuses == {403}


def test_links_of_both_kinds_are_taken_back_together(room: Showroom) -> None:
    edit = room.ready()
    own = own_token(room, edit)
    room.table.write(Change(key=edit_key(edit.edit_id), add={"share_generation": 1}))

    assert room.ask("share", edit_id=edit.edit_id, token=own).status == 403
    again = own_token(room, edit, generation=1)
    assert room.ask("share", edit_id=edit.edit_id, token=again).status == 200


def test_it_leads_to_the_one_before_and_the_one_after(room: Showroom) -> None:
    edits = [room.ready(f"{number}.mp4") for number in range(3)]
    batch_of(room, *edits)

    pages = [look(room, edit).body for edit in edits]

    for page, neighbours in zip(pages, ([1], [0, 2], [1]), strict=True):
        links = [part for part in page.split("<a ") if part.startswith('class="button" rel=')]
        assert [edits[n].edit_id in link for n, link in zip(neighbours, links, strict=True)] == [
            True for _ in neighbours
        ]
        assert all("~own" in link for link in links)


def test_what_is_passed_on_from_there_is_a_link_without_price_and_batch(room: Showroom) -> None:
    first, second = room.ready("1.mp4"), room.ready("2.mp4")
    batch_of(room, first, second)

    page = look(room, first).body
    link = page.partition('data-link="../')[2].partition('"')[0]
    edit_id, _, token = link.partition("/")
    passed_on = room.ask("share", edit_id=edit_id, token=token)

    assert edit_id == first.edit_id
    assert passed_on.status == 200
    assert second.edit_id not in passed_on.body
    assert second.edit_id in page


def test_an_edit_of_the_batch_that_is_to_be_erased_is_not_led_to(room: Showroom) -> None:
    first, second = room.ready("1.mp4"), room.ready("2.mp4")
    batch_of(room, first, second)
    room.records.erasure.ask(room.now(second))

    assert second.edit_id not in look(room, first).body


def test_a_page_shows_the_pictures_that_were_given_along(room: Showroom) -> None:
    edit = room.ready()
    pictures = {"images/a.PNG": "p1", "images/b.jpg": "", "images/c.svg": "p3"}
    room.table.write(Change(key=edit_key(edit.edit_id), set={"pictures": pictures}))

    page = room.look_at(edit).body

    assert "images/a.PNG?version=p1&amp;type=image/png" in page
    assert "images/b.jpg" not in page  # in no version, so any might be shown
    assert "images/c.svg" not in page  # a picture that may hold a script


def test_a_result_of_a_simulator_is_called_simulated(room: Showroom) -> None:
    edit = room.ready()
    real = Seen(room.look_at(edit).body).text
    room.site = replace(room.site, simulated={"novita"})

    simulated = Seen(room.look_at(edit).body).text

    assert ("by a generative model" in real, "simulated" in real) == (True, False)
    assert ("by a generative model" in simulated, "simulated" in simulated) == (False, True)


@pytest.mark.parametrize("is_owner", [True, False])
def test_a_waiting_edit_tells_its_owner_all_and_others_only_that_it_waits(
    room: Showroom, is_owner: bool
) -> None:
    edit = room.validated()
    room.table.write(
        Change(
            key=edit_key(edit.edit_id),
            set={
                "waits_for": WaitsFor.NO_CREDIT,
                "waits_since": "2026-03-01T12:00:00.000Z",
                "waits_until": "2026-03-02T12:00:00.000Z",
            },
        )
    )

    sent = look(room, edit) if is_owner else room.look_at(edit)

    text = Seen(sent.body).text
    assert ("Waits for credit at novita since 1 March, 12:00 UTC" in text) is is_owner
    assert ("novita" in text) is is_owner
    assert "Wait" in text

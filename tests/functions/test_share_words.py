"""Pages for people without an account: what is left out, and what HEAD is told."""

from dataclasses import replace

from retake.aws.dynamodb_changes import Change
from retake.domain.conclusions import failed
from retake.domain.vocabulary import Reason
from retake.records.keys import edit_key

from tests.functions.share_endpoint import Seen, Showroom
from tests.functions.test_share import shown


def test_a_shared_page_tells_neither_price_nor_model_unless_the_stack_wants_it(
    room: Showroom,
) -> None:
    edit = room.ready()
    model = str(edit.model)

    shared = shown(room.look_at(edit).body)
    room.site = replace(room.site, shows_cost=True)
    told = shown(room.look_at(edit).body)

    assert (model in told, "$0." in told) == (True, True)
    assert (model in shared, "$0." in shared, "novita" in shared.lower()) == (False, False, False)


def test_a_shared_page_leaves_out_the_sentences_that_name_price_or_model(room: Showroom) -> None:
    edit = room.ready()
    warnings = ["novita/kling-o1-edit takes 10 s.", "It cost $0.56.", "The sound was cut."]
    room.table.write(Change(key=edit_key(edit.edit_id), set={"warnings": warnings}))

    shared = Seen(room.look_at(edit).body).text

    assert "The sound was cut." in shared
    assert "takes 10 s" not in shared
    assert "0.56" not in shared


def test_a_shared_refusal_names_no_model(room: Showroom) -> None:
    edit = room.running("open.mp4")
    sentence = "The clip is 12 s long; fal/kling-o1-edit takes 3 to 10 s."
    room.records.close(edit, failed(Reason.TOO_LONG, sentence))

    shared = Seen(room.look_at(edit).body).text
    room.site = replace(room.site, shows_cost=True)

    assert "TOO_LONG" in shared
    assert "kling" not in shared
    assert sentence in Seen(room.look_at(edit).body).text


def test_a_head_of_a_shared_page_is_told_all_but_the_page(room: Showroom) -> None:
    edit = room.ready()
    token = room.share_token(edit)

    head = room.ask("share", method="HEAD", edit_id=edit.edit_id, token=token)
    closed = room.ask("share", method="HEAD", edit_id=edit.edit_id, token="no")

    assert (head.status, head.body, closed.status, closed.body) == (200, "", 403, "")
    assert head.headers["content-type"] == "text/html; charset=utf-8"

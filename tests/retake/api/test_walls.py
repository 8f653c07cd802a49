"""What a confined caller is told of the edits of another folder: what it is told of none."""

import base64
from typing import Any

import pytest
from retake.api.callers import Callers, Sight
from retake.api.openapi import CONTRACT
from retake.api.problems import Problem
from retake.domain.conclusions import failed
from retake.domain.edit import Edit
from retake.domain.errors import Misconfigured
from retake.domain.vocabulary import Reason, Status
from retake.settings import Settings

from tests.retake.api.api_client import Reception
from tests.retake.steps.scripted_provider import out
from tests.retake.test_settings import ENVIRONMENT

ACCOUNT, STRANGERS = "111122223333", "999999999999"
THEIRS = "tenantB/secret.mp4"
BODIES = {"answer_approval": {"answer": "yes", "quoted_usd": 0.84}}
OF_AN_EDIT = [name for name, route in CONTRACT.items() if "<edit_id>" in route.path]
OF_A_BATCH = [name for name, route in CONTRACT.items() if "<batch_id>" in route.path]


def confined() -> Reception:
    return Reception(caller_folders={"agency": "tenantA/", "rival": "tenantB/", "ingest": "*"})


def open_edit(reception: Reception) -> Edit:
    reception.scene.storage.objects["inbox", THEIRS] = b"clip"
    asked = {"prompt": "a secret", "source": THEIRS, "reference": "theirs"}
    return reception.scene.records.get(
        reception.call("POST", "/edits", asked, role="rival").json["edit_id"]
    )


def running(reception: Reception) -> Edit:
    edit = open_edit(reception)
    reception.scene.validate(edit)
    reception.scene.submit(edit)
    return reception.scene.now(edit)


def recoverable(reception: Reception) -> Edit:
    edit = running(reception)
    reception.scene.records.close(edit, failed(Reason.TIMED_OUT, "late", at_risk=True))
    reception.scene.records.mark_notified(edit.edit_id)
    return reception.scene.now(edit)


def delivered(reception: Reception) -> Edit:
    edit = running(reception)
    out(reception.scene, edit)
    reception.scene.records.mark_notified(edit.edit_id)
    assert reception.scene.now(edit).status is Status.SUCCEEDED
    return reception.scene.now(edit)


@pytest.mark.parametrize("make", [open_edit, running, recoverable, delivered])
@pytest.mark.parametrize("name", OF_AN_EDIT)
def test_no_route_tells_or_does_anything_about_the_edit_of_another_folder(
    name: str, make: Any
) -> None:
    reception = confined()
    edit, nobodys = make(reception), "e-" + "0" * 20
    route = CONTRACT[name]

    def call(edit_id: str, role: str = "agency") -> Any:
        path = route.path.replace("<edit_id>", edit_id)
        return reception.call(route.method, path, BODIES.get(name), role=role)

    foreign, unknown = call(edit.edit_id), call(nobodys)

    assert foreign.status == unknown.status == 404
    assert foreign.text.replace(edit.edit_id, nobodys) == unknown.text
    assert reception.scene.now(edit) == edit
    assert (reception.woken, reception.erasures) == ([], [])
    assert call(edit.edit_id, "rival").status != 404  # its own folder's caller is answered


@pytest.mark.parametrize("name", OF_A_BATCH)
def test_a_batch_of_another_folder_is_as_unknown_as_none(name: str) -> None:
    reception = confined()
    reception.scene.storage.objects["inbox", THEIRS] = b"clip"
    asked = {"prompts": ["one", "two"], "source": THEIRS}
    batch_id = reception.call("POST", "/edits", asked, role="rival").json["batch_id"]
    path = CONTRACT[name].path.replace("<batch_id>", batch_id)

    assert reception.call("GET", path, role="rival").status == 200
    assert reception.call("GET", path, role="agency").status == 404
    for key in list(reception.scene.table.items):
        if key.startswith("edit#"):  # expired, while the batch is still there
            del reception.scene.table.items[key]
    assert reception.call("GET", path, role="agency").status == 404


def test_the_walked_routes_are_all_that_name_an_edit_or_a_batch() -> None:
    assert {"get_edit", "recover_edit", "cancel_edit", "retry_edit", "erase_edit"} <= {*OF_AN_EDIT}
    named = {name for name, route in CONTRACT.items() if "<" in route.path}
    assert named - {"try_provider"} == {*OF_AN_EDIT, *OF_A_BATCH}


def test_a_cursor_tells_no_id_of_another_folder() -> None:
    reception = confined()
    ids = set()
    for _ in range(420):
        reception.scene.clock.advance(0.5)
        ids.add(open_edit(reception).edit_id)

    page = reception.call("GET", "/edits", role="agency").json

    place = base64.urlsafe_b64decode(page["next_cursor"] + "==").decode()
    assert page["edits"] == []
    assert not [each for each in ids if each in place]
    more = reception.call("GET", f"/edits?cursor={page['next_cursor']}", role="agency").json
    assert "next_cursor" not in more or more["next_cursor"] != page["next_cursor"]


ROWS: list[tuple[str, str, str | None]] = [
    # the setting's name, whose call, and the folder it is given
    ("rival", f"arn:aws:sts::{ACCOUNT}:assumed-role/rival/x", "own/"),
    ("rival", f"arn:aws:iam::{ACCOUNT}:user/deep/path/rival", "own/"),
    ("rival", f"arn:aws:sts::{STRANGERS}:assumed-role/rival/x", None),
    ("rival", f"arn:aws:iam::{STRANGERS}:user/rival", None),
    ("rival", f"arn:aws:sts::{ACCOUNT}:federated-user/rival", None),
    ("rival", f"arn:aws:sts::{ACCOUNT}:assumed-role/other/rival", None),
    ("root", f"arn:aws:iam::{ACCOUNT}:root", None),
    ("role/rival", f"arn:aws:sts::{ACCOUNT}:assumed-role/rival/x", "own/"),
    ("role/rival", f"arn:aws:iam::{ACCOUNT}:user/rival", None),
    ("user/rival", f"arn:aws:iam::{ACCOUNT}:user/rival", "own/"),
    (f"{STRANGERS}/role/rival", f"arn:aws:sts::{STRANGERS}:assumed-role/rival/x", "own/"),
    (f"{STRANGERS}/role/rival", f"arn:aws:sts::{ACCOUNT}:assumed-role/rival/x", None),
    ("rival", "arn:aws:sts::not an arn", None),
    ("rival", "", None),
]


@pytest.mark.parametrize(("name", "arn", "folder"), ROWS)
def test_a_caller_is_known_by_account_kind_and_name(
    name: str, arn: str, folder: str | None
) -> None:
    callers = Callers({name: "own/"})

    if folder is None:
        with pytest.raises(Problem, match="names no folder"):
            callers.of(event(arn))
    else:
        assert callers.of(event(arn)).folder == folder


def test_the_nearer_name_counts_before_the_bare_one() -> None:
    callers = Callers({"ops": "all/", "user/ops": "one/", f"{ACCOUNT}/role/ops": "two/"})

    assert callers.of(event(f"arn:aws:iam::{ACCOUNT}:user/ops")).folder == "one/"
    assert callers.of(event(f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/x")).folder == "two/"


def test_a_role_and_a_user_of_one_name_share_no_idempotency_key() -> None:
    arns = [
        f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/x",
        f"arn:aws:iam::{ACCOUNT}:user/ops",
        f"arn:aws:sts::{ACCOUNT}:federated-user/ops",
        f"arn:aws:sts::{STRANGERS}:assumed-role/ops/x",
    ]

    assert len({Callers({}).of(event(arn)).principal for arn in arns}) == len(arns)


def test_the_setting_names_callers_by_name_kind_or_account() -> None:
    said = f"a=one/,role/b=two/,{STRANGERS}/user/c=*,d=e@f=three/"

    folders = Settings.from_environment({**ENVIRONMENT, "CALLER_FOLDERS": said}).caller_folders

    assert folders == {
        "a": "one/", "role/b": "two/", f"{STRANGERS}/user/c": "*", "d=e@f": "three/",
    }  # fmt: skip
    with pytest.raises(Misconfigured):
        Settings.from_environment({**ENVIRONMENT, "CALLER_FOLDERS": "federated-user/x=a/"})


def test_one_place_alone_finds_an_edit_for_a_caller() -> None:
    reception = confined()
    edit = open_edit(reception)
    context = reception.context()
    agency = Callers(context.caller_folders).of(
        event(f"arn:aws:sts::{ACCOUNT}:assumed-role/agency/x")
    )

    with pytest.raises(Exception, match=f"There is no edit {edit.edit_id}"):
        Sight(agency, context.counter.walls, context.records).edit(edit.edit_id)


def event(arn: str) -> dict[str, Any]:
    account = arn.split(":")[4] if arn.count(":") > 4 else ""
    return {
        "requestContext": {
            "accountId": ACCOUNT,
            "identity": {"accountId": account, "userArn": arn},
        }
    }

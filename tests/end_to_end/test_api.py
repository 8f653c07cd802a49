"""The job API on the running stack: from an upload by form to the video behind a link."""

import json
import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from local.emulator.api_client import ApiAnswer, call, send
from local.emulator.engine import REGION, ROOT
from local.emulator.topic_inbox import body
from local.whole_stack import Studio
from tests.end_to_end.conftest import SECONDS, WAIT_SCALE
from tests.end_to_end.stage import Stage

CALLING = ["novita/kling-o1-edit", "evolink/kling-o1-edit", "fal/kling-o1-edit"]
# A wait of 900 s lasts 18 s here: whoever is done sooner was called.
SLOW = {"FirstPollSeconds": "900", "MaxPollSeconds": "900"}


@pytest.fixture(scope="module")
def patient() -> Iterator[Stage]:
    """A stack that hardly ever asks by itself."""
    with Studio(wait_scale=WAIT_SCALE, seconds=SECONDS, parameters=SLOW) as studio:
        yield Stage(studio.stack, studio.outputs)


def api(stack: Stage, method: str, path: str, said: Any = None, **headers: str) -> ApiAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(stack.address.api_url, method, path, said, named, stack.address.access_key)


def uploaded(stack: Stage, clip: Path) -> str:
    """The key of a clip that was sent by form."""
    form = api(
        stack, "POST", "/uploads", {"file_name": clip.name, "content_type": "video/mp4"}
    ).json
    assert sent(form["url"], form["fields"], clip.read_bytes()).status in (200, 204)
    return str(form["key"])


def sent(url: str, fields: Mapping[str, str], file: bytes) -> ApiAnswer:
    """A form as a browser sends it."""
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    whole = b"".join([*parts, head.encode(), file, f"\r\n--{mark}--\r\n".encode()])
    return send("POST", url, whole, {"content-type": f"multipart/form-data; boundary={mark}"})


def started(stack: Stage, clip: Path, **fields: Any) -> dict[str, Any]:
    said = api(
        stack,
        "POST",
        "/edits",
        {"prompt": "Make it dusk", "source": uploaded(stack, clip), **fields},
    )
    assert said.status == 202, said.body
    edit: dict[str, Any] = said.json
    return edit


@pytest.mark.parametrize("model", CALLING)
def test_started_by_http_woken_by_a_callback_fetched_through_a_link(
    patient: Stage, clip: Path, model: str
) -> None:
    stack = patient
    edit = started(stack, clip, model=model, tags=["t"], reference="order 1")

    record = stack.wait_for(edit["edit_id"])
    seen = api(stack, "GET", f"/edits/{edit['edit_id']}").json
    video = api(stack, "GET", f"/edits/{edit['edit_id']}/video")

    assert record["status"] == seen["status"] == "SUCCEEDED"
    assert record["polls"] <= 2
    assert record["callback_seq"] >= 1
    assert video.status == 307
    file = send("GET", video.headers["location"])
    assert len(file.body) == seen["result"]["size_bytes"]
    saved_as = Message()
    saved_as["content-disposition"] = file.headers["content-disposition"]
    assert saved_as.get_filename() == f"clip.{edit['edit_id']}.mp4"
    (message,) = stack.messages(edit["edit_id"])
    assert (body(message)["tags"], body(message)["reference"]) == (["t"], "order 1")


def test_a_clip_is_fetched_from_its_address_and_the_address_is_nowhere_afterwards(
    stack: Stage, clip: Path
) -> None:
    stack.clients.s3.put_object(
        Bucket=stack.address.results_bucket, Key="elsewhere/clip.mp4", Body=clip.read_bytes()
    )
    where = {"Bucket": stack.address.results_bucket, "Key": "elsewhere/clip.mp4"}
    url = stack.clients.s3.generate_presigned_url("get_object", where)

    edit = api(stack, "POST", "/edits", {"prompt": "Make it dusk", "source": url}).json
    record = stack.wait_for(edit["edit_id"])

    assert record["status"] == "SUCCEEDED", record
    assert record["source"]["key"] == f"sources/fetched/{edit['edit_id']}.mp4"
    history = stack.clients.stepfunctions.get_execution_history(
        executionArn=stack.address.state_machine_arn.replace(":stateMachine:", ":execution:")
        + f":{edit['edit_id']}"
    )
    for place in (record, history["events"], stack.messages(edit["edit_id"])):
        assert "X-Amz-Signature" not in json.dumps(place, default=str)


def test_one_key_is_one_edit_however_often_it_is_sent(stack: Stage, clip: Path) -> None:
    wanted = {"prompt": "Make it dusk", "source": uploaded(stack, clip)}

    answers = [api(stack, "POST", "/edits", wanted, idempotency_key="k1") for _ in range(5)]
    other = api(stack, "POST", "/edits", {**wanted, "prompt": "x"}, idempotency_key="k1")
    stack.wait_for(answers[0].json["edit_id"])

    assert [answer.status for answer in answers] == [202, 200, 200, 200, 200]
    assert len({answer.json["edit_id"] for answer in answers}) == 1
    assert (other.status, other.json["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert stack.ledger()["totals"]["accepted"] == 1


@pytest.mark.long
def test_what_is_uploaded_by_form_starts_nothing_by_itself(stack: Stage, clip: Path) -> None:
    key = uploaded(stack, clip)
    edit_id = stack.drop(clip, "after.mp4", prompt="Make it dusk")

    stack.wait_for(edit_id)

    assert not [each for each in stack.records() if each.get("upload", {}).get("key") == key]


def test_an_edit_is_cancelled_where_its_provider_can_stop_it(patient: Stage, clip: Path) -> None:
    stack = patient
    stack.simulators(seconds=120)
    edit = started(stack, clip, model="fal/kling-o1-edit")
    until(stack, edit["edit_id"], "RUNNING")

    said = api(stack, "POST", f"/edits/{edit['edit_id']}/cancel").json
    record = stack.wait_for(edit["edit_id"])
    stack.simulators(seconds=SECONDS)

    assert said["outcome"] == "PROVIDER_ASKED"
    assert (record["status"], record["reason"]) == ("CANCELLED", "CANCELLED")
    kinds = [entry["kind"] for entry in stack.entries(record)]
    assert "cancelled" in kinds
    again = api(stack, "POST", f"/edits/{edit['edit_id']}/retry")
    assert (again.status, again.json["code"]) == (409, "MAY_STILL_BE_BILLED")


def test_an_edit_that_cannot_be_stopped_says_so_and_delivers(stack: Stage, clip: Path) -> None:
    stack.simulators(seconds=2)
    edit = started(stack, clip, model="novita/kling-o1-edit")
    until(stack, edit["edit_id"], "RUNNING")

    said = api(stack, "POST", f"/edits/{edit['edit_id']}/cancel").json
    record = stack.wait_for(edit["edit_id"])
    stack.simulators(seconds=SECONDS)

    assert said["outcome"] == "WILL_FINISH"
    assert record["status"] == "SUCCEEDED"


@pytest.mark.long
def test_an_edit_that_waits_for_credit_is_cancelled_and_costs_nothing_and_can_be_repeated(
    stack: Stage, clip: Path
) -> None:
    stack.faults({"provider": "novita", "call": "submit", "fault": "rate"})
    edit = started(stack, clip)
    until(stack, edit["edit_id"], "RECEIVED", waits=True)

    said = api(stack, "POST", f"/edits/{edit['edit_id']}/cancel").json
    record = stack.wait_for(edit["edit_id"])
    stack.faults()
    again = api(stack, "POST", f"/edits/{edit['edit_id']}/retry")
    done = stack.wait_for(again.json["edit_id"])

    assert said["outcome"] == "CANCELLED"
    assert (record["status"], record["billed_usd"]) == ("CANCELLED", 0)
    assert (again.status, again.json["retry_of"]) == (202, edit["edit_id"])
    assert done["status"] == "SUCCEEDED"


def test_edits_are_listed_by_tag_and_paged(stack: Stage, clip: Path) -> None:
    key, tag = uploaded(stack, clip), uuid.uuid4().hex
    wanted = {"prompt": "Make it dusk", "source": key, "tags": [tag]}
    ids = [api(stack, "POST", "/edits", wanted).json["edit_id"] for _ in range(3)]

    first = api(stack, "GET", f"/edits?tag={tag}&limit=2").json
    rest = api(stack, "GET", f"/edits?tag={tag}&limit=2&cursor={first['next_cursor']}").json
    for edit_id in ids:
        stack.wait_for(edit_id)

    found = [each["edit_id"] for page in (first, rest) for each in page["edits"]]
    assert found == ids[::-1]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", "/edits/e-00000000000000000000", 404),
        ("DELETE", "/edits", 405),
        ("PUT", "/edits/e-00000000000000000000/cancel", 405),
    ],
)
def test_what_is_not_there_is_said_in_the_shape_of_every_problem(
    stack: Stage, method: str, path: str, status: int
) -> None:
    said = api(stack, method, path)

    assert said.status == said.json["status"] == status
    assert said.headers["content-type"] == "application/problem+json"


def test_a_call_that_is_not_signed_is_turned_away(stack: Stage) -> None:
    assert send("GET", f"{stack.address.api_url}/edits").status == 403


def until(stack: Stage, edit_id: str, status: str, *, waits: bool = False) -> None:
    for record in stack.follow(edit_id, patience=30):
        if record["status"] == status and (not waits or "submit_not_before" in record):
            return
    raise AssertionError(f"{edit_id} never was {status}.")


def test_the_script_of_the_documentation_goes_once_around(
    stack: Stage, clip: Path, tmp_path: Path
) -> None:
    page = (ROOT / "docs/api.md").read_text()
    script = next(part for part in page.split("```sh\n") if part.startswith("set -eu"))
    settings = {
        "PATH": os.environ["PATH"],
        "API": stack.address.api_url,
        "CLIP": str(clip),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": stack.address.access_key,
        "AWS_SECRET_ACCESS_KEY": "test",
        "SECONDS_BETWEEN": "0.2",
    }

    told = subprocess.run(
        ["bash", "-c", script.partition("```")[0]],
        cwd=tmp_path,
        env=settings,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    (saved,) = tmp_path.glob("e-*.mp4")
    assert saved.stat().st_size > 10_000

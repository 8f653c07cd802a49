"""What is paid for comes through whatever a provider or its delivery answers once.

The provider is a server of its own, which shares nothing with the simulators.
"""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator.topic_inbox import body
from local.simulators import Simulators
from local.whole_stack import TEST_KEY, Studio
from tests.end_to_end.conftest import ENVIRONMENT, PARAMETERS, WAIT_SCALE
from tests.end_to_end.killing import kill_workers
from tests.end_to_end.later import later
from tests.end_to_end.stage import Photocopier, Stage, film
from tests.end_to_end.test_api import api
from tests.support.odd_provider import HTML, Odd, OddProvider

pytestmark = pytest.mark.long

DEADLINE_SECONDS = 12  # of the wall: what is done at once is done well before
Scene = tuple[Stage, OddProvider, int]


@pytest.fixture(scope="module")
def film_bytes(clip: Path) -> bytes:
    return clip.read_bytes()


@pytest.fixture(scope="module")
def _running(film_bytes: bytes) -> Iterator[Scene]:
    provider = OddProvider(film_bytes, TEST_KEY)
    parameters = PARAMETERS | {
        "ParkSeconds": "86400",
        "PatienceSeconds": "900",
        "DeadlineSeconds": str(DEADLINE_SECONDS),
    }
    with (
        provider.serving(),
        Simulators(developer=Photocopier()) as simulators,
        Studio(
            wait_scale=WAIT_SCALE,
            parameters=parameters,
            simulators=simulators,
            provider_urls={"novita": provider.url},
            environment=ENVIRONMENT,
        ) as studio,
    ):
        stage = Stage(studio.stack, studio.outputs, has_been_called=False)
        yield stage, provider, studio.engine_pid


@pytest.fixture
def scene(_running: Scene, film_bytes: bytes) -> Scene:
    _running[1].reset(film_bytes)
    return _running


def ended(scene: Scene, clip: Path) -> dict[str, Any]:
    stack, provider, _ = scene
    edit_id = stack.drop(clip, "odd.mp4", prompt="Make it noir")
    record = stack.told(edit_id, patience=90)
    assert len(provider.orders) <= 1, record
    return dict(record)


def lies_in_the_bucket(stack: Stage, record: dict[str, Any]) -> bool:
    where = record["result"]
    head = stack.clients.s3.head_object(Bucket=where["bucket"], Key=where["key"])
    return bool(head["ContentLength"] == where["size_bytes"])


DOWNLOADS = {
    "a web page": Odd(body=HTML),
    "nothing": Odd(),
    "60 % with its own length": Odd(share=0.6),
    "60 % of the length it declares": Odd(share=0.6, declares_whole=True),
    "403": Odd(403, HTML),
    "404": Odd(404, HTML),
    "503": Odd(503, HTML),
}
POLLS = {
    "404": Odd(404, b'{"code": 404, "message": "task not found"}'),
    "503": Odd(503, HTML),
    "503 in JSON": Odd(503, b'{"code": 503, "message": "busy"}'),
    "a web page": Odd(body=HTML),
    "half an answer": Odd(body=b'{"task": {"task_id": "jo'),
}
SUBMITS: dict[str, Callable[[str], Any]] = {
    "wrapped": lambda task_id: {"code": 0, "data": {"task_id": task_id}},
    "id": lambda task_id: {"id": task_id},
    "request_id": lambda task_id: {"request_id": task_id},
}


@pytest.mark.parametrize("name", DOWNLOADS)
def test_one_odd_download_is_asked_for_again(scene: Scene, clip: Path, name: str) -> None:
    scene[1].downloads = [DOWNLOADS[name]]

    record = ended(scene, clip)

    assert record["status"] == "SUCCEEDED", record
    assert lies_in_the_bucket(scene[0], record)


@pytest.mark.parametrize("name", POLLS)
def test_one_odd_answer_to_a_question_ends_nothing(scene: Scene, clip: Path, name: str) -> None:
    scene[1].polls = [POLLS[name]]

    record = ended(scene, clip)

    assert record["status"] == "SUCCEEDED", record
    assert len(scene[1].orders) == 1


@pytest.mark.parametrize("name", SUBMITS)
def test_an_order_taken_in_an_odd_form_is_one_job(scene: Scene, clip: Path, name: str) -> None:
    scene[1].submits = [SUBMITS[name]]

    record = ended(scene, clip)

    assert record["status"] == "SUCCEEDED", record
    assert len(scene[1].orders) == 1


@pytest.mark.parametrize(
    "body", [b'{"reason": "INVALID_PARAM"}', b'[{"msg": "bad input"}]', b'{"error": "no"}']
)
def test_an_order_refused_in_an_odd_form_costs_nothing(
    scene: Scene, clip: Path, body: bytes
) -> None:
    scene[1].submits = [Odd(400, body)]

    record = ended(scene, clip)

    assert (record["status"], record["reason"]) == ("FAILED", "PROVIDER_REFUSED")
    assert record["billed_usd"] == 0


def test_a_redirect_to_another_address_is_followed(scene: Scene, clip: Path) -> None:
    provider = scene[1]
    elsewhere = provider.url.replace("127.0.0.1", "localhost") + "/films/elsewhere.mp4"
    provider.downloads = [Odd(302, location=elsewhere)]

    record = ended(scene, clip)

    assert record["status"] == "SUCCEEDED", record


def test_a_result_of_another_length_is_delivered_with_both_figures(
    scene: Scene, clip: Path, tmp_path: Path
) -> None:
    scene[1].film = film(tmp_path / "shorter.mp4", seconds=2).read_bytes()

    record = ended(scene, clip)

    assert record["status"] == "SUCCEEDED", record
    figures = record["details"]["duration_seconds"]
    assert (round(float(figures["found"])), round(float(figures["expected"][0]))) == (2, 3)
    assert record["warnings"]


def test_an_account_that_is_locked_until_after_the_deadline_loses_nothing(
    scene: Scene, clip: Path
) -> None:
    stack, provider, _ = scene
    edit_id = started(scene, clip)
    provider.is_locked = provider.is_done = True
    time.sleep(DEADLINE_SECONDS + 2)
    waiting = stack.record(edit_id) or {}
    provider.is_locked = False
    record = stack.told(edit_id, patience=90)

    assert waiting["status"] == "RUNNING"
    assert "User is locked" in waiting["trouble"]["message"]
    assert record["status"] == "SUCCEEDED", record
    assert len(provider.orders) == 1


@pytest.mark.parametrize("secret", ["replace-me", f"{TEST_KEY}\n"])
def test_a_key_that_is_gone_or_broken_for_a_while_is_waited_for(
    scene: Scene, clip: Path, secret: str
) -> None:
    stack, provider, _ = scene
    edit_id = started(scene, clip)
    arn = stack.outputs["NovitaSecretArn"]
    provider.is_done = True
    provider.key = "another, so that the functions read theirs again"
    stack.clients.secretsmanager.put_secret_value(SecretId=arn, SecretString=secret)
    time.sleep(9)
    waiting = stack.record(edit_id) or {}
    provider.key = TEST_KEY
    stack.clients.secretsmanager.put_secret_value(SecretId=arn, SecretString=TEST_KEY)
    record = stack.told(edit_id, patience=90)

    assert waiting["status"] == "RUNNING"
    assert record["status"] == "SUCCEEDED", record
    assert len(provider.orders) == 1


@pytest.mark.parametrize("function", ["PollFunction", "PersistFunction"])
def test_a_function_that_dies_once_over_a_paid_edit_costs_nothing(
    scene: Scene, clip: Path, function: str
) -> None:
    stack, provider, engine_pid = scene
    slow = Odd(200, HTML, seconds=8)
    if function == "PollFunction":
        provider.polls = [slow]
    else:
        provider.downloads = [slow]
    edit_id = stack.drop(clip, "dies.mp4", prompt="Make it noir")
    wait_until(lambda: not (provider.polls if function == "PollFunction" else provider.downloads))
    killed = kill_workers(function, engine_pid)
    record = stack.told(edit_id, patience=90)

    assert killed
    assert record["status"] == "SUCCEEDED", record
    assert len(provider.orders) == 1


@pytest.mark.parametrize("asked", ["call", "recover"])
def test_a_result_that_comes_after_the_deadline_is_delivered_late_for_one_bill(
    scene: Scene, clip: Path, asked: str
) -> None:
    stack, provider, _ = scene
    provider.is_done = False
    record = ended(scene, clip)
    assert record["reason"] == "TIMED_OUT"
    edit_id = record["edit_id"]
    provider.is_done = True

    if asked == "call":
        event = {"event_type": "ASYNC_TASK_RESULT", "payload": provider.status()}
        url = provider.orders[0]["extra"]["webhook"]["url"]
        assert posted(url, event) == 200
    else:
        assert api(stack, "POST", f"/edits/{edit_id}/recover").status == 202
    later(stack, "sweep", {"detail-type": "Scheduled Event"}, seconds=1)
    wait_until(lambda: (stack.record(edit_id) or {}).get("status") == "SUCCEEDED")
    late = stack.told(edit_id)

    assert late["late"] is True
    assert late["supersedes"] == f"{edit_id}.failed"
    ids = {body(message)["notification_id"] for message in stack.messages(edit_id)}
    assert ids == {f"{edit_id}.failed", f"{edit_id}.succeeded"}
    assert len(provider.orders) == 1


def started(scene: Scene, clip: Path) -> str:
    """An edit that the provider has taken and still works on."""
    stack, provider, _ = scene
    provider.is_done = False
    edit_id = stack.drop(clip, "waits.mp4", prompt="Make it noir")
    wait_until(lambda: (stack.record(edit_id) or {}).get("status") == "RUNNING")
    return edit_id


def wait_until(holds: Callable[[], Any], seconds: float = 60) -> None:
    give_up_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up_at, "It never came to that."
        time.sleep(0.1)


def posted(url: str, event: Any) -> int:
    """The answer to what a provider calls with."""
    request = urllib.request.Request(
        url, json.dumps(event).encode(), {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)

"""The command against whole stacks: the one on this machine, one as if deployed, one real key."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from command import memory
from command.door import Door
from command.editing import Ways, edit_all
from command.live import Opened
from command.main import main
from command.starting import Consent
from command.wishes import Wish
from local.emulator.engine import REGION
from local.live.receipts import Receipts
from local.live.relay import Relay
from local.live.storages import Tunnel
from local.simulators import Simulators
from local.whole_stack import TEST_KEY, Studio
from tests.end_to_end.conftest import PARAMETERS, WAIT_SCALE
from virtual.clips import clip

pytestmark = pytest.mark.long
SNOW = ("-p", "Make it snow")
YES = Consent(is_given=True)


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio(
        wait_scale=WAIT_SCALE, seconds=0.5, parameters=PARAMETERS, access_key="test"
    ) as made:
        yield made


@pytest.fixture(autouse=True)
def standing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(memory.Memory.__init__, "__defaults__", (tmp_path / ".calls",))
    (tmp_path / "street.mp4").write_bytes(clip())


@dataclass
class Caller:
    """One way to the stack, and what its answers say."""

    where: tuple[str, ...]
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *typed: str) -> Any:
        code = main([*typed, *self.where, "--json"])
        told = self.capsys.readouterr()
        assert code == 0, told.err
        return json.loads(told.out)


@pytest.fixture(params=["on this machine", "as if deployed"])
def retake(
    request: pytest.FixtureRequest,
    studio: Studio,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Caller:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    if request.param == "on this machine":
        studio.stack.address.write(tmp_path / "stack.json")
        return Caller(("--address", str(tmp_path / "stack.json")), capsys)
    endpoint = studio.stack.address.endpoint_url
    return Caller(("--stack", "retake", "--region", REGION, "--endpoint-url", endpoint), capsys)


def test_a_clip_becomes_an_edited_file_and_every_verb_knows_of_it(retake: Caller) -> None:
    quoted = retake("quote", "street.mp4")
    made = retake("edit", "street.mp4", *SNOW, "--yes", "-o", "snow.mp4")["edits"][0]
    again = retake("edit", "street.mp4", *SNOW)["edits"][0]
    edit_id = made["edit"]["edit_id"]

    assert quoted["quotes"][0]["quoted_usd"] == made["edit"]["quoted_usd"]
    assert Path("snow.mp4").stat().st_size == made["edit"]["result"]["size_bytes"]
    assert (again["is_new"], again["edit"]["edit_id"]) == (False, edit_id)
    assert retake("list")["edits"][0]["edit_id"] == edit_id
    shown = retake("show", edit_id)
    assert shown["status"] == "SUCCEEDED"
    assert shown["share_url"].rpartition("/")[0].endswith(f"/share/{edit_id}")
    assert {it["source"] for it in retake("logs", edit_id)["moments"]} >= {
        "record",
        "workflow",
        "submit",
    }
    assert f"/share/{edit_id}/" in retake("share", edit_id)["url"]
    assert retake("models")["models"][0]["role"] == "default"
    assert retake("redrive")["waiting"] == 0
    assert "erasure" in retake("erase", edit_id, "--yes")


@dataclass
class CountingTunnel(Tunnel):
    """Leads to the relay itself: the simulated provider is on this machine."""

    brought: list[str] = field(default_factory=list)

    def put(self, path: Path, content_type: str) -> str:
        kept = path.parent / f"kept-{len(self.brought)}.mp4"
        kept.write_bytes(path.read_bytes())
        link = super().put(kept, content_type)
        self.brought.append(link)
        return link


def test_a_real_provider_is_paid_once_and_its_result_is_fetched_by_a_later_run(
    tmp_path: Path,
) -> None:
    """The simulators stand for the real one, and outlive both stacks as that would."""
    with Simulators(seconds=0.5) as provider:
        for run in ("first", "later"):
            tunnel = CountingTunnel("")
            relay = Relay(provider.base_urls["novita"], tunnel, Receipts(tmp_path / "receipts"))
            with relay, _stack_before(relay, provider) as studio:
                tunnel.address = relay.url
                door = Door.of_local(studio.stack.address)
                door.bring = relay.bring
                ways = Ways(out=tmp_path / f"{run}.mp4", is_json=True)

                code = edit_all(Opened(door), "street.mp4", Wish(prompt="Make it snow"), YES, ways)

                assert code == 0
                assert len(tunnel.brought) == 1
        bills = provider.ledger.totals()["billed"]

    assert bills == 1
    assert (tmp_path / "first.mp4").read_bytes()[-1000:] == (tmp_path / "later.mp4").read_bytes()[
        -1000:
    ]


def _stack_before(relay: Relay, provider: Simulators) -> Studio:
    return Studio(
        wait_scale=WAIT_SCALE,
        parameters=PARAMETERS
        | {"DefaultModel": "novita/kling-o1-edit", "CallbackProviders": "none"},
        simulators=provider,
        provider_urls={"novita": relay.url},
        keys={"novita": TEST_KEY},
    )

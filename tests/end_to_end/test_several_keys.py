"""Two keys of one provider through the real workflow: one line before two accounts."""

import json
from pathlib import Path

import pytest

from local.emulator.api_client import call
from local.simulators import Simulators
from local.whole_stack import Studio
from tests.end_to_end.conftest import ENVIRONMENT, PARAMETERS, WAIT_SCALE
from tests.end_to_end.stage import Photocopier, Stage
from tests.support.crowded_provider import CrowdedProvider

pytestmark = pytest.mark.long
CLIPS, SECONDS = 8, 3.0
KEYS = {"default": "CANARY-first-key", "team-b": "CANARY-second-key"}


def test_clips_for_two_keys_are_shared_out_and_each_is_asked_about_with_its_own(
    clip: Path,
) -> None:
    provider = CrowdedProvider(clip.read_bytes(), 1, SECONDS)
    with (
        provider.serving(),
        Simulators(developer=Photocopier()) as simulators,
        Studio(
            wait_scale=WAIT_SCALE,
            parameters=PARAMETERS | {"MaxRunning": "novita=1"},
            simulators=simulators,
            provider_urls={"novita": provider.url},
            environment=ENVIRONMENT,
            keys={"novita": json.dumps(KEYS)},
        ) as studio,
    ):
        stack = Stage(studio.stack, studio.outputs, has_been_called=False)
        ids = [stack.drop(clip, f"{n}.mp4", prompt="Make it noir") for n in range(CLIPS)]
        records = [stack.told(each, patience=500) for each in ids]
        key = stack.address.access_key
        costs = call(stack.address.api_url, "GET", "/costs?by=key", access_key=key).json

    assert {record["status"] for record in records} == {"SUCCEEDED"}
    assert (provider.posts, provider.most_open, provider.unknown) == (CLIPS, 1, 0)
    used = provider.accepted_by
    assert used.keys() == set(KEYS.values())
    assert {line["name"]: line["attempts"] for line in costs["lines"]} == {
        "novita": used[KEYS["default"]],
        "novita/team-b": used[KEYS["team-b"]],
    }

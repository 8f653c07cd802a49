"""Forty clips at a provider of its own that runs four at once: each is edited, for one bill."""

from pathlib import Path

import pytest

from local.simulators import Simulators
from local.whole_stack import Studio
from tests.end_to_end.conftest import ENVIRONMENT, PARAMETERS, WAIT_SCALE
from tests.end_to_end.stage import Photocopier, Stage
from tests.support.crowded_provider import CrowdedProvider

pytestmark = pytest.mark.long
CLIPS, AT_ONCE, SECONDS = 40, 4, 3.0


@pytest.mark.parametrize(
    ("told", "posts"), [({"MaxRunning": f"novita={AT_ONCE}"}, 44), ({}, 100)], ids=["told", "not"]
)
def test_forty_clips_at_a_provider_that_runs_four_at_once_all_succeed(
    clip: Path, told: dict[str, str], posts: int
) -> None:
    provider = CrowdedProvider(clip.read_bytes(), AT_ONCE, SECONDS)
    with (
        provider.serving(),
        Simulators(developer=Photocopier()) as simulators,
        Studio(
            wait_scale=WAIT_SCALE,
            parameters=PARAMETERS | told,
            simulators=simulators,
            provider_urls={"novita": provider.url},
            environment=ENVIRONMENT,
        ) as studio,
    ):
        stack = Stage(studio.stack, studio.outputs, has_been_called=False)
        ids = [stack.drop(clip, f"{n}.mp4", prompt="Make it noir") for n in range(CLIPS)]
        records = [stack.told(each, patience=500) for each in ids]

    assert {record["status"] for record in records} == {"SUCCEEDED"}
    assert provider.accepted == CLIPS
    assert provider.most_open <= AT_ONCE
    assert provider.posts <= posts

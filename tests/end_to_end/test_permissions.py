"""Least privilege, proven by execution: no call beyond a role, and no grant that nobody uses.

One stack is walked through every path it has, with its functions overheard and with the emulator
enforcing their roles (AUTH=true). What the calls needed is then held against the statements of the
template as CloudFormation gets them, both ways. A new grant without a walk that uses it fails here,
and so does a walk without its grant.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.emulator.engine import free_port
from local.simulators import Simulators
from local.whole_stack import Studio
from tests.end_to_end.breaking import breaking_off, padded
from tests.end_to_end.conftest import PARAMETERS, SECONDS, WAIT_SCALE
from tests.end_to_end.stage import Photocopier, Stage
from tests.end_to_end.walking import Scene
from tests.end_to_end.walks import WALKS
from tests.least_privilege.recorded_stack import Witness

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def witness(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    """A stack that has been walked through, its roles enforced."""
    room = tmp_path_factory.mktemp("walks")
    with ExitStack() as running:
        overhearing = running.enter_context(Witness())
        server = running.enter_context(breaking_off(padded(clip, room / "padded.mp4")))
        simulators = running.enter_context(Simulators(seconds=SECONDS, developer=Photocopier()))
        port = free_port()
        ports = (port, simulators.port, urlsplit(server).port)
        studio = Studio(
            port=port,
            wait_scale=WAIT_SCALE,
            parameters=PARAMETERS | {"SettleSeconds": "1"},  # settings do wait for clips
            simulators=simulators,
            environment=overhearing.environment
            | {"AUTH": "true", "RETAKE_LOOPBACK_PORTS": ",".join(map(str, ports))},
        )
        running.enter_context(studio)
        overhearing.meet(studio.stack.clients)
        scene = Scene(
            Stage(studio.stack, studio.outputs), clip, server, room, overhearing.environment
        )
        for walk in WALKS:
            walk(scene)
        yield overhearing


def test_no_function_is_denied_what_it_calls(witness: Witness) -> None:
    denied = witness.judge.denied(witness.needs())

    assert not denied, "\n".join(denied)


def test_no_function_is_granted_what_no_run_uses(witness: Witness) -> None:
    unused = witness.judge.unused(witness.needs())

    assert not unused, "\n".join(unused)

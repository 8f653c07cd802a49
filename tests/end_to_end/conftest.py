"""The stack under test, up once for all tests, and a way to start others beside it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from local.simulators import Simulators
from local.whole_stack import Studio
from tests.end_to_end.stage import Photocopier, Stage, film
from tests.least_privilege.recorded_stack import Witness

# Hardly any wait: a second of the workflow takes 20 ms, a job of the simulators 0.3 s.
WAIT_SCALE = 0.02
SECONDS = 0.3
PARAMETERS = {
    "FirstPollSeconds": "15",
    "MaxPollSeconds": "20",
    "ParkSeconds": "0",
    "PatienceSeconds": "2",  # counted in real seconds, as the next ones are
    "SettleSeconds": "0",  # counted in real seconds, whatever the workflow's take
}

# One process per function: on two processors more of them only start, and wait for each other.
ENVIRONMENT = {"RETAKE_WORKERS_PER_FUNCTION": "1"}

StartStack = Callable[..., Stage]


@pytest.fixture(scope="session")
def _shared_stack() -> Iterator[Stage]:
    # The witness judges last, when nothing runs any more: no call may have gone beyond its role.
    with (
        Witness() as witness,
        Studio(
            wait_scale=WAIT_SCALE,
            seconds=SECONDS,
            parameters=PARAMETERS,
            environment=ENVIRONMENT | witness.environment,
        ) as studio,
    ):
        witness.meet(studio.stack.clients)
        yield Stage(studio.stack, studio.outputs)


@pytest.fixture
def stack(_shared_stack: Stage) -> Stage:
    """The shared stack, with an empty ledger and well-behaved simulators."""
    _shared_stack.faults()
    _shared_stack.clear_ledger()
    return _shared_stack


@pytest.fixture
def start_stack() -> Iterator[StartStack]:
    """A stack of the test's own: `start_stack(DeadlineSeconds="3")` sets template parameters.

    `copying=True` spares the frames: its simulators hand the clip back as it is. `environment`
    is the emulator's: `{"AUTH": "true"}` has it hold every call against roles and policies.
    """
    with _starting_stacks() as start:
        yield start


@pytest.fixture(scope="module")
def start_module_stack() -> Iterator[StartStack]:
    """The same for a stack that all tests of one file share."""
    with _starting_stacks() as start:
        yield start


@contextmanager
def _starting_stacks() -> Iterator[StartStack]:
    with ExitStack() as running:

        def start(
            *,
            copying: bool = False,
            environment: Mapping[str, str] = MappingProxyType({}),
            **parameters: str,
        ) -> Stage:
            developer = Photocopier() if copying else None
            witness = running.enter_context(Witness())
            studio = Studio(
                wait_scale=WAIT_SCALE,
                parameters=PARAMETERS | parameters,
                simulators=running.enter_context(Simulators(seconds=SECONDS, developer=developer)),
                environment={**ENVIRONMENT, **witness.environment, **environment},
            )
            running.enter_context(studio)
            witness.meet(studio.stack.clients)
            return Stage(studio.stack, studio.outputs)

        yield start


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of 1280 x 720 with sound, which every model accepts."""
    return film(tmp_path_factory.mktemp("clips") / "clip.mp4")

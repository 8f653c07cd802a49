"""Each shim of the emulator, twice: it is still needed, and it works.

The first test of a pair runs against ministack as it is published and fails on the day upstream
has closed the gap; then the shim can go.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from local.emulator.clients import Clients
from local.emulator.engine import Engine
from tests.local.emulator.probes import (
    a_function,
    a_queue,
    calling,
    event_of_an_upload,
    processes_of_a_burst,
    range_of_a_version,
    run,
    status_of_any_method,
    waiting_for_token,
)


@pytest.fixture(scope="module")
def plain() -> Iterator[Clients]:
    """ministack without any shim."""
    with Engine(shims=(), wait_scale=0.01) as engine:
        yield Clients(engine.url)


@pytest.fixture(scope="module")
def mended() -> Iterator[Clients]:
    """The engine as the stack runs on it, but with two workers per function."""
    two = {"RETAKE_WORKERS_PER_FUNCTION": "2"}
    with Engine(wait_scale=0.01, extra_environment=two) as engine:
        yield Clients(engine.url)


def test_probe_an_exception_loses_its_class_name(plain: Clients) -> None:
    function = a_function(plain)

    ended = run(plain, calling(function, {"raise": True}))

    assert ended["error"] == "Runtime.HandlerError"


def test_an_exception_keeps_its_class_name(mended: Clients) -> None:
    function = a_function(mended)

    ended = run(mended, calling(function, {"raise": True}))

    assert ended["error"] == "Unavailable"
    assert json.loads(ended["cause"])["errorMessage"] == "not now"


def test_an_exception_can_be_caught_by_its_class_name(mended: Clients) -> None:
    state = calling(a_function(mended), {"raise": True})
    state["Catch"] = [{"ErrorEquals": ["Unavailable"], "Next": "Caught", "Output": "by name"}]

    ended = run(mended, state, Caught={"Type": "Pass", "End": True})

    assert json.loads(ended["output"]) == "by name"


def throttled(clients: Clients) -> str:
    """A function that no call may run."""
    function = a_function(clients)
    clients.functions.put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )
    return function


def test_probe_a_throttled_task_has_no_name(plain: Clients) -> None:
    assert run(plain, calling(throttled(plain), {}))["error"] == "Lambda.Unknown"


def test_a_throttled_task_has_the_name_that_retries_look_for(mended: Clients) -> None:
    assert run(mended, calling(throttled(mended), {}))["error"] == (
        "Lambda.TooManyRequestsException"
    )


def test_a_throttled_call_is_refused_as_by_lambda(mended: Clients) -> None:
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        mended.functions.invoke(FunctionName=throttled(mended))


def test_more_calls_at_once_than_the_account_allows_are_throttled() -> None:
    with Engine(extra_environment={"LAMBDA_ACCOUNT_CONCURRENCY": "1"}) as engine:
        clients = Clients(engine.url)
        function = a_function(clients)
        with ThreadPoolExecutor(4) as pool:
            ends = [pool.submit(run, clients, calling(function, {"seconds": 1})) for _ in range(4)]
            said = [each.result().get("error") for each in ends]

    assert "Lambda.TooManyRequestsException" in said
    assert None in said


def test_a_sandbox_dies_as_often_as_it_shall_and_by_aws_s_name() -> None:
    with Engine(extra_environment={"RETAKE_DEATHS": "f=1"}) as engine:
        clients = Clients(engine.url)
        function = a_function(clients)

        first, second = (run(clients, calling(function, {})) for _ in range(2))

    assert (first.get("error"), second["status"]) == ("Runtime.ExitError", "SUCCEEDED")


def test_probe_a_timeout_by_expression_breaks_a_task(plain: Clients) -> None:
    queue = a_queue(plain)

    ended = run(plain, waiting_for_token(queue, "{% 2 %}"))

    assert ended["error"] == "States.Runtime"


def test_probe_a_token_is_waited_for_in_full(plain: Clients) -> None:
    queue = a_queue(plain)

    ended = run(plain, waiting_for_token(queue, 600), patience=3)

    assert ended["status"] == "RUNNING"


def test_a_timeout_by_expression_ends_the_wait_for_a_token_in_scaled_time(mended: Clients) -> None:
    queue = a_queue(mended)

    ended = run(mended, waiting_for_token(queue, "{% 20 * 2 %}"))

    assert ended["error"] == "States.Timeout"


def test_probe_an_event_of_a_versioned_bucket_has_no_version(plain: Clients) -> None:
    detail, version = event_of_an_upload(plain)

    assert version
    assert "version-id" not in detail["object"]


def test_an_event_of_a_versioned_bucket_names_the_version(mended: Clients) -> None:
    detail, version = event_of_an_upload(mended)

    assert detail["object"]["version-id"] == version
    assert detail["object"]["key"] == "día 1/clip +1%.mp4"
    assert detail["reason"] == "PutObject"


def test_probe_a_range_of_a_version_is_the_whole_object(plain: Clients) -> None:
    assert range_of_a_version(plain, "bytes=2-4")["Body"].read() == b"0123456789"


def test_a_range_of_a_version_is_a_range(mended: Clients) -> None:
    answer = range_of_a_version(mended, "bytes=2-4")

    assert answer["Body"].read() == b"234"
    assert answer["ContentRange"] == "bytes 2-4/10"
    assert answer["CacheControl"] == "private"


def test_a_range_beyond_the_end_of_a_version_is_refused(mended: Clients) -> None:
    with pytest.raises(ClientError, match="InvalidRange"):
        range_of_a_version(mended, "bytes=10-")


def test_probe_every_concurrent_invocation_starts_a_process(plain: Clients) -> None:
    assert len(processes_of_a_burst(plain)) == 6


def test_a_burst_waits_for_the_workers_there_are(mended: Clients) -> None:
    assert len(processes_of_a_burst(mended)) == 2


def test_probe_a_route_for_any_method_is_not_imported(plain: Clients) -> None:
    assert status_of_any_method(plain, "any") == 403


def test_a_route_for_any_method_serves_every_one(mended: Clients) -> None:
    assert status_of_any_method(mended, "any") == 200

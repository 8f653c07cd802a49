"""Invocations of a function wait for a free worker instead of starting one each.

On AWS a burst runs on as many machines as it needs. ministack starts one Python process per
concurrent invocation, which on a laptop turns twenty-five uploads into a hundred interpreters,
and its own limit answers with a throttle. Here at most RETAKE_WORKERS_PER_FUNCTION (default: one
per processor, at least 2 and at most 8) run per function, and the rest wait their turn: starting
an interpreter costs more processor time than the work it is started for.

No function of the stack invokes another one and waits for it, so a wait always ends.
"""

import os
import threading
from collections import defaultdict
from typing import Any

import ministack.services.lambda_svc as functions


def apply() -> None:
    """Bound the invocations of each function that run at one time."""
    processors = os.cpu_count() or 1
    limit = int(os.environ.get("RETAKE_WORKERS_PER_FUNCTION") or min(8, max(2, processors)))
    seats: defaultdict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(limit))
    guard = threading.Lock()
    execute = functions._execute_function_warm

    def execute_in_turn(func: dict[str, Any], event: Any, request_id: str) -> Any:
        with guard:
            seat = seats[(func.get("config") or func).get("FunctionName", "")]
        with seat:
            return execute(func, event, request_id)

    functions._execute_function_warm = execute_in_turn

"""A throttled call and a sandbox that died reach the state machine under AWS's names.

Step Functions names a throttle `Lambda.TooManyRequestsException` (Developer Guide, "Handle
transient Lambda service exceptions"), and a sandbox that ended by `errorType`, which Lambda gives
as `Runtime.ExitError`. ministack tells a state machine of both as of an error without a name.

Both can be had on purpose. A call is throttled by reserved concurrency, or with
LAMBDA_ACCOUNT_CONCURRENCY=N by too many at once. RETAKE_DEATHS="PollFunction=2,PersistFunction=1"
has the sandbox of the first so many calls die after they have done everything and before they
could answer, which is the worst moment.
"""

import os
import threading
from collections import Counter
from typing import Any

import ministack.services.lambda_svc as functions

THROTTLED = "Lambda.TooManyRequestsException"
DIED = "Runtime.ExitError"
_SAYING_SO = "Worker process died"


def apply() -> None:
    """Name them, and let those die that shall."""
    deaths = Counter(_wanted(os.environ.get("RETAKE_DEATHS", "")))
    guard = threading.Lock()
    execute, invoke = (
        functions._execute_function_with_config_scope,
        functions._execute_function_warm,
    )

    def execute_with_names(*given: Any, **named: Any) -> dict[str, Any]:
        result: dict[str, Any] = execute(*given, **named)
        if result.get("throttle"):
            result["body"] |= {"errorType": THROTTLED, "errorMessage": result["body"]["message"]}
        return result

    def invoke_or_die(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = invoke(func, event, request_id)
        name = (func.get("config") or func).get("FunctionName", "")
        with guard:
            doomed = next((each for each in deaths if each in name and deaths[each] > 0), None)
            if doomed is not None:
                deaths[doomed] -= 1
        body = result.get("body")
        died = isinstance(body, dict) and _SAYING_SO in str(body.get("errorMessage", ""))
        return _death(request_id) if doomed is not None or died else result

    functions._execute_function_with_config_scope = execute_with_names
    functions._execute_function_warm = invoke_or_die


def _wanted(text: str) -> dict[str, int]:
    pairs = (each.partition("=") for each in text.split(",") if each)
    return {name: int(times or 1) for name, _, times in pairs}


def _death(request_id: str) -> dict[str, Any]:
    message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    return {"body": {"errorType": DIED, "errorMessage": message}, "error": True, "log": message}

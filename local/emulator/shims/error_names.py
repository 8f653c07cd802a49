"""A Python exception's class name reaches the state machine as the error's name.

AWS reports a failed Lambda task under the function's `errorType`, for Python the class name of
the exception, so that `Retry` and `Catch` can name it (Step Functions developer guide, "Handling
error conditions"; Lambda developer guide, "Lambda function errors in Python"). ministack calls
every exception `Runtime.HandlerError`, and logs nothing when a function cannot even be imported.
"""

import threading
from typing import Any

import ministack.core.lambda_runtime as runtime
import ministack.services.lambda_svc as functions

_REPORT = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_NAMED = '{"status": "error", "error": str(e), "error_type": type(e).__name__, "trace": traceback.format_exc()}'  # noqa: E501


def apply() -> None:
    """Let the worker name the class, and put that name into the invocation's answer."""
    if runtime._PYTHON_WORKER_SCRIPT.count(_REPORT) != 1:
        raise RuntimeError("ministack's Python worker has changed; shims/error_names.py must too.")
    runtime._PYTHON_WORKER_SCRIPT = runtime._PYTHON_WORKER_SCRIPT.replace(_REPORT, _NAMED)

    answer = threading.local()  # a worker is invoked in the thread that asked for it
    invoke, execute = runtime.Worker.invoke, functions._execute_function_warm

    def invoke_and_remember(worker: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        answer.last = invoke(worker, *args, **kwargs)
        return dict(answer.last)

    def execute_with_name(func: Any, event: Any, request_id: str) -> dict[str, Any]:
        answer.last = {}
        result: dict[str, Any] = execute(func, event, request_id)
        name = answer.last.get("error_type")
        if result.get("error") and name:
            result["body"] |= {"errorType": name, "requestId": request_id, "stackTrace": []}
        elif result.get("error") and not result.get("log"):  # died before the handler was called
            result["log"] = result["body"]["errorMessage"]
        return result

    runtime.Worker.invoke = invoke_and_remember
    functions._execute_function_warm = execute_with_name

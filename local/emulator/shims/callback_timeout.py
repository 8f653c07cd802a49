"""`TimeoutSeconds` of a task may be a JSONata expression, and follows the clock of the waits.

AWS evaluates it when the state is entered (Amazon States Language, "Task State"). ministack
compares the unevaluated text with a number. While a task token is waited for, the timeout is a
wait like that of a Wait state, so SFN_WAIT_SCALE shortens it in the same way.
"""

from typing import Any

import ministack.services.stepfunctions as workflow


def apply() -> None:
    """Evaluate, and for a task token scale, the timeout before the task runs."""
    execute = workflow._execute_task

    def execute_with_timeout(state: dict[str, Any], given: Any, execution: Any, ctx: Any) -> Any:
        if "TimeoutSeconds" in state:
            seconds = workflow._jsonata_state_field(state, "TimeoutSeconds", "number", given, ctx)
            if ".waitForTaskToken" in state.get("Resource", ""):
                seconds *= workflow._SFN_WAIT_SCALE
            state = state | {"TimeoutSeconds": seconds}
        return execute(state, given, execution, ctx)

    workflow._execute_task = execute_with_timeout

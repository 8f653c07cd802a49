"""Starting executions of the state machine, waking one that waits, queueing for a start, and
handing an errand to a function.
"""

import json
from typing import Any

from retake.aws.errors import translated
from retake.domain.errors import Misconfigured

SETTLED = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
_OWNERS = frozenset({"StateMachineDoesNotExist", "InvalidArn", "AccessDeniedException"})


class Workflow:
    """The state machine of the stack."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def wake(self, token: str) -> bool:
        """End the wait of a state early; whether there was one to end. Raises Unavailable.

        A token that is used up, timed out or unknown belongs to a wait that is over: settled.
        """
        with translated("Step Functions", settled=SETTLED):
            self._client.send_task_success(taskToken=token, output="{}")
            return True
        return False

    def standing(self, name: str) -> str:
        """How the execution of this name stands, in Step Functions' words; NONE if there is none.

        Raises Unavailable.
        """
        arn = self._arn.replace(":stateMachine:", ":execution:")
        with translated("Step Functions", settled={"ExecutionDoesNotExist"}):
            return str(self._client.describe_execution(executionArn=f"{arn}:{name}")["status"])
        return "NONE"

    def start(self, edit_id: str, name: str | None = None) -> None:
        """Start an execution of an edit, by default named after it.

        Raises Misconfigured, Unavailable.

        A name can be used once in 90 days; 'already exists' therefore means that it was started.
        """
        if not self._arn:
            raise Misconfigured("The environment variable STATE_MACHINE_ARN is empty.")
        with translated(
            "Step Functions",
            settled={"ExecutionAlreadyExists"},
            owners=_OWNERS,
            owners_sentence="The state machine cannot be started",
        ):
            self._client.start_execution(
                stateMachineArn=self._arn,
                name=name or edit_id,
                input=json.dumps({"edit_id": edit_id}),
            )

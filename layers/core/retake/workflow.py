"""Starting executions of the state machine."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from retake.errors import Misconfigured, Unavailable

SETTLED = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
_OWNERS = frozenset({"StateMachineDoesNotExist", "InvalidArn", "AccessDeniedException"})


class Workflow:
    """The state machine of the stack."""

    def __init__(self, client: Any, state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def wake(self, token: str) -> None:
        """End the wait of a state early. Raises Unavailable.

        A token that is used up, timed out or unknown belongs to a wait that is over: settled.
        """
        try:
            self._client.send_task_success(taskToken=token, output="{}")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in SETTLED:
                raise Unavailable(f"Step Functions cannot answer now ({code}).") from None
        except BotoCoreError as error:
            raise Unavailable(
                f"Step Functions cannot answer now ({type(error).__name__})."
            ) from None

    def start(self, edit_id: str) -> None:
        """Start the execution of an edit, named after it. Raises Misconfigured, Unavailable.

        A name can be used once in 90 days; 'already exists' therefore means that it was started.
        """
        if not self._arn:
            raise Misconfigured("The environment variable STATE_MACHINE_ARN is empty.")
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=edit_id, input=json.dumps({"edit_id": edit_id})
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ExecutionAlreadyExists":
                return
            if code in _OWNERS:
                raise Misconfigured(f"The state machine cannot be started ({code}).") from None
            raise Unavailable(f"Step Functions cannot answer now ({code}).") from None
        except BotoCoreError as error:
            raise Unavailable(
                f"Step Functions cannot answer now ({type(error).__name__})."
            ) from None

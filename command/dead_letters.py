"""Uploads that could not be taken in, and their way back."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from command.door import Door
from local.errors import UserError


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The queue they lie in, and the one they go back to. Reading them out of the first one by
    hand would make them invisible; SQS moves them by itself."""

    queues: Any
    source: str
    destination: str

    @classmethod
    def of(cls, door: Door) -> "DeadLetters":
        """Raises UserError for a stack that does not say where they lie."""
        outputs = door.outputs
        try:
            urls = outputs["IntakeDeadLetterQueueUrl"], outputs["IntakeQueueUrl"]
        except KeyError:
            raise UserError(f"{door.name} does not say where its dead letters lie.") from None
        return cls(door.client("sqs"), *urls)

    def count(self) -> int:
        """About how many there are."""
        said = self._attributes(self.source, "ApproximateNumberOfMessages")
        return int(said["ApproximateNumberOfMessages"])

    def move(self) -> None:
        """Begin to send all of them back. Raises UserError."""
        try:
            # The destination is named: some came from EventBridge and never were in that queue.
            self.queues.start_message_move_task(
                SourceArn=self._arn(self.source), DestinationArn=self._arn(self.destination)
            )
        except ClientError as error:
            said = error.response["Error"].get("Message", str(error))
            raise UserError(f"They cannot be sent back: {said}") from None

    def _arn(self, url: str) -> str:
        return str(self._attributes(url, "QueueArn")["QueueArn"])

    def _attributes(self, url: str, name: str) -> dict[str, str]:
        answer = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return dict(answer["Attributes"])

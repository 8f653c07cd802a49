"""S3's side of a conversation, as a test writes it."""

from typing import Any

from botocore.exceptions import ClientError
from retake.domain.source import Source

SOURCE = Source(bucket="inbox", key="clip.mp4", version_id="v1")


class Answering:
    """An S3 client whose verbs give, or raise, what the test says; it notes what was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, verb: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.asked.append((verb, named))
            answer = self.answers[verb]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "AWS's own words"}}, "Anything")

"""A sweep over a scene: a state machine that remembers, a topic, and an inbox."""

from typing import Any

from retake.aws.s3 import InboxObject
from retake.domain.edit import Conclusion
from retake.domain.errors import Unavailable
from retake.domain.source import Source
from retake.domain.vocabulary import Status
from retake.steps.missed_uploads import MissedUploads
from retake.steps.sweep import STALE, Sweeper

from virtual.scene import Scene, result_at

DONE = Conclusion(status=Status.SUCCEEDED, message="ready")
RESULT = result_at("edited/clip")


class Broom(Scene):
    """A scene with a state machine that remembers, and a topic."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.standings: dict[str, str] = {}
        self.started: list[str] = []
        self.published: list[str] = []
        self.topic_is_down = False
        self.inbox: list[InboxObject] = []
        self.erased: list[str] = []
        self.announced: list[Any] = []
        self.sweeper = Sweeper(
            records=self.records,
            workflow=self,
            publish=self._publish,
            missed_uploads=MissedUploads(
                self.records,
                lambda place: (self.inbox, None),
                self.sidecar_matcher(self.start),
                self.report,
            ),
            erase=self.erased.append,
            report=self.report,
            waiting_for_money=self.budget_lines(),
            announce=lambda edit, message_id: self.announced.append(message_id),
        )

    def standing(self, name: str) -> str:
        return self.standings.get(name, "NONE")

    def start(self, edit_id: str, name: str | None = None) -> None:
        self.started.append(name or edit_id)
        self.standings[name or edit_id] = "RUNNING"

    def _publish(self, notification: Any) -> None:
        if self.topic_is_down:
            raise Unavailable
        self.published.append(notification["notification_id"])

    def later(self) -> Any:
        self.clock.advance(STALE.total_seconds() + 1)
        return self.sweeper.run()


def lost(broom: Broom, key: str, body: bytes = b"clip") -> Source:
    """An object of the inbox whose event never came."""
    broom.storage.objects["inbox", key] = body
    source = Source(bucket="inbox", key=key, version_id="v1", size_bytes=len(body))
    broom.inbox.append(InboxObject(source, broom.clock.now()))
    return source

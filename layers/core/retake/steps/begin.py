"""An upload becomes one record and one execution, however often it is announced."""

from collections.abc import Callable

from retake.domain.conclusions import rejection
from retake.domain.edit import Edit
from retake.domain.errors import Refused
from retake.domain.source import Source, companion, upload_id
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason
from retake.records.store import Records


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of one message: the edit it belongs to, or why it starts none."""

    edit_id: str | None
    is_new: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """What puts an upload on record and starts its edit; `start` starts a name only once."""

    records: Records
    start: Callable[[str], None]

    def record_and_start(self, upload: Source, **facts: object) -> tuple[Edit, bool]:
        """The edit of an upload, on record and begun, and whether it is new."""
        edit, is_new = self.records.receive(upload_id(upload), upload, **facts)
        if was_not_begun(edit):
            self.start(edit.edit_id)
        return edit, is_new


def take_in(upload: Source, starter: Starter) -> tuple[Edit, bool]:
    """The edit that an upload starts, or its refusal where it is only a companion of one."""
    if what := companion(upload.key):
        return starter.record_and_start(upload, conclusion=rejection(_companion(upload.key, what)))
    return starter.record_and_start(upload, source=None if upload.is_request_file else upload)


def _companion(key: str, what: str) -> Refused:
    return Refused(
        Reason.COMPANION_FILE,
        f"{key} is {what}; it starts no edit. A video of that name can be named as the source of "
        "a request.",
        field="upload",
        found=what,
        allowed="a clip",
    )


def was_not_begun(edit: Edit) -> bool:
    """Whether the worker that made the record may have died before it could start the edit."""
    return edit.version == 0 and not edit.is_finished

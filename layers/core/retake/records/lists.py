"""Lists of edits that are few among many, so that finding them costs what is found.

An edit is in the list of all by its day. Beside that it has a small item for each of its tags, for
its model if that is not the stack's usual one, and for how it ended if that was not well: each is
an entry of the same index, under the name of a list instead of a day. What is usual has none:
whoever walks the list of all meets it at once.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from retake.aws.dynamodb import Table
from retake.aws.dynamodb_changes import Change
from retake.domain.edit import Edit
from retake.domain.source import Source
from retake.domain.stored import moment, timestamp
from retake.domain.values import dataclass
from retake.domain.vocabulary import Status
from retake.records.keys import LISTS_KEY, list_entry_key, listing_key

EXCEPTIONS = frozenset({Status.FAILED, Status.REJECTED, Status.CANCELLED})
# Until all functions of a new deployment make entries; and how long nobody looks before it must be
# supposed that an older version ran meanwhile, which makes none.
DEPLOYING = timedelta(minutes=30)
ABSENCE = timedelta(hours=1)


def of_status(status: Status) -> str | None:
    return f"status#{status}" if status in EXCEPTIONS else None


def of_model(model: str) -> str:
    return f"model#{model}"


def of_tag(tag: str) -> str:
    return f"tag#{tag}"


def of_clip(bucket: str, key: str) -> str:
    """Of the edits that name a clip which was not dropped for them; without its name."""
    return "clip#" + sha256(f"{bucket}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists beside that of all edits. All raise Unavailable."""

    table: Table
    now: Callable[[], datetime]
    usual_model: str = ""

    def enter(self, edit: Edit) -> None:
        """The entries of an edit of which it is known what is asked for."""
        for part, name in self._named(edit):
            self._put(edit, part, name)

    def enter_clip(self, edit: Edit) -> None:
        """That an edit needs a clip: known before there is a record, so that none goes unseen.

        Nothing is written for one that was dropped for it: its own name leads to its edits.
        """
        named = edit.source
        if named is None and edit.request is not None and edit.request.source is not None:
            named = Source(bucket=edit.bucket, key=edit.request.source)
        if named is not None and (edit.upload is None or named.key != edit.upload.key):
            self._put(edit, "clip", of_clip(named.bucket, named.key))

    def enter_ended(self, edit: Edit) -> None:
        """The entry that says how an edit has ended; all of them where it never came so far.

        Made before it is told of, so that whoever tells, however late, has made it.
        """
        models = {each.get("model") for each in edit.attempts} | {edit.model}
        if edit.validated_at is None or len(models) > 1:
            self.enter(edit)
        if edit.status in EXCEPTIONS or edit.late:
            self._put(edit, "status", of_status(edit.status))

    def forget(self, edit: Edit) -> None:
        """An edit that is erased has no tags any more."""
        for part, _ in self._named(edit):
            if part.startswith("tag"):
                self._put(edit, part, None)
        self._put(edit, "clip", None)

    def whole_since(self, name: str) -> str:
        """Since when a list names every edit that belongs there; older ones are walked to."""
        known = self.table.get(LISTS_KEY) or {}
        usual = str(known.get("usual", {}).get(name.removeprefix("model#"), ""))
        return max(str(known.get("whole_since") or timestamp(self.now())), usual)

    def note_alive(self) -> None:
        """This version runs; the sweep says so in each of its runs."""
        now = self.now()
        known = self.table.get(LISTS_KEY) or {}
        seen = known.get("seen_at")
        was_away = seen is None or now - moment(seen) > ABSENCE
        facts: dict[str, Any] = {
            "seen_at": timestamp(now),
        }
        if self.usual_model:
            facts["usual"] = {**known.get("usual", {}), self.usual_model: timestamp(now)}
        if was_away:
            facts["whole_since"] = timestamp(now + DEPLOYING)
        self.table.write(Change(key=LISTS_KEY, set=facts))

    def _named(self, edit: Edit) -> Iterator[tuple[str, str | None]]:
        for number, tag in enumerate(edit.tags):
            yield f"tag{number}", of_tag(tag)
        if edit.model and (edit.model != self.usual_model or edit.attempts):
            yield "model", None if edit.model == self.usual_model else of_model(edit.model)

    def _put(self, edit: Edit, part: str, name: str | None) -> None:
        entry = {
            "listing_day": name,
            "listing_key": listing_key(edit.created_at, edit.edit_id) if name else None,
            "expires_at": edit.expires_at,
        }
        self.table.write(Change(key=list_entry_key(edit.edit_id, part), set=entry))

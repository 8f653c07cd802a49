"""Uploads whose event never came: the inbox itself is read, and what has no record is started.

A lap goes through the whole inbox, some pages in each run, so that it ends within half a day
however much is kept; it begins an hour after the one before at the earliest. The table is asked
only about what came since the lap before began.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from retake.aws.s3 import InboxObject
from retake.domain.errors import LostRace, RetakeError, Unavailable
from retake.domain.hold import Hold
from retake.domain.source import Source, clip_of, is_material, upload_id
from retake.domain.values import dataclass
from retake.records.reading import Report
from retake.records.store import Records
from retake.steps.begin import take_in
from retake.steps.measures import OVERDUE
from retake.steps.sidecars import SidecarMatcher, attach, is_accounted_for

YOUNG = timedelta(minutes=15)  # an upload's own event may still be on its way
# S3 dates an upload in parts by its beginning (S3 User Guide, "Multipart upload"), and the
# inbox forgets one that is not finished after two days.
IN_PARTS = timedelta(days=2)
UPLOADS = 50  # looked up at once
READING = timedelta(minutes=1)  # of one run


@dataclass(frozen=True, slots=True)
class MissedUploads:
    """The look into the inbox and what it works with.

    `uploads` gives a page of what is there now and where the next one begins; `report` takes what
    nobody foresaw, by the key it is about.
    """

    records: Records
    uploads: Callable[[str | None], tuple[list[InboxObject], str | None]]
    sidecar_matcher: SidecarMatcher
    report: Report
    prefix: str = ""
    hold: Hold | None = None

    def run(self) -> Counter[str]:
        """The next pages of the inbox; what was done, counted."""
        done: Counter[str] = Counter()
        now = self.records.now
        lap = self.records.inbox_laps.current()
        if lap is None:
            return done
        begun = now()
        for _ in range(lap.pages_now(begun)):
            try:
                dropped, place = self.uploads(lap.place)
                page = Counter(self._start_missed(dropped, lap.since - IN_PARTS))
            except Unavailable:
                done["inbox put off"] += 1
                break
            done.update(page)
            lap = lap.read_on(place, is_whole=not page["upload put off"])
            if place is None or now() - begun > READING:
                break
        self.records.inbox_laps.keep(lap)
        if lap.is_overdue(now()):
            done[OVERDUE] = 1
        return done

    def _start_missed(self, dropped: Sequence[InboxObject], oldest: datetime) -> Iterator[str]:
        young = self.records.now() - YOUNG
        current = {each.source.key: each.source for each in dropped}
        due = [
            each.source
            for each in dropped
            if oldest <= each.at < young
            and not is_material(each.source, self.prefix)
            and not (self.hold and self.hold.covers(each.at))
        ]
        for start in range(0, len(due), UPLOADS):
            uploads = due[start : start + UPLOADS]
            known = self.records.there([upload_id(each) for each in uploads])
            missed = [each for each in uploads if upload_id(each) not in known]
            clips = {
                each.key: clip
                for each in missed
                if (clip := current.get(clip_of(each.key) or "")) is not None
            }
            ids = {upload_id(clip) for clip in clips.values()}
            edits = self.records.get_many(sorted(ids)) if ids else {}
            for upload in missed:
                clip = clips.get(upload.key)
                edit = edits.get(upload_id(clip)) if clip else None
                if edit is None or not is_accounted_for(upload, edit):
                    yield from self._started(upload)

    def _started(self, upload: Source) -> Iterable[str]:
        """One that cannot be started keeps nobody behind it from being."""
        try:
            yield from self._start(upload)
        except RetakeError:
            yield "upload put off"
        except Exception as error:
            self.report(upload_id(upload), error)
            yield "upload put off"

    def _start(self, upload: Source) -> Iterable[str]:
        if upload.is_sidecar:
            # Older than settings ever wait for their clip, so that they are not put back.
            age = YOUNG.total_seconds()
            is_new = False
            with suppress(LostRace):  # the next lap finds it again
                taken = attach(
                    upload, age_seconds=age, sidecar_matcher=self.sidecar_matcher, put_back=_never
                )
                is_new = taken.is_new
        else:
            is_new = take_in(upload, self.sidecar_matcher)[1]
        if is_new:
            yield "started"


def _never(seconds: int) -> None:
    raise AssertionError("Settings wait for their clip no longer than an edit may rest.")

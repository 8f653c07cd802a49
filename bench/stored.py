"""What looking after all edits takes with a thousand to a million on record: counted, not timed.

The real sweep, lists, laps and erasures, over a table that makes its items when they are asked for.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from retake.api.list_edits import Filter, page
from retake.aws.dynamodb import Newest
from retake.aws.dynamodb_values import to_attribute
from retake.aws.s3 import InboxObject
from retake.domain.edit import Conclusion
from retake.domain.source import Source, upload_id
from retake.domain.stored import required, timestamp
from retake.domain.vocabulary import Reason, Status
from retake.presentation.board_tiles import recent
from retake.providers.contract import DeletionOutcome, Task
from retake.records.keys import edit_id_in, edit_key
from retake.records.lists import of_status, of_tag
from retake.records.store import Records
from retake.steps.erase import Eraser
from retake.steps.sweep import Sweeper

from bench.counting import CountingTable
from bench.figures import Goal, Row
from virtual.scene import Scene
from virtual.sweep_scene import Broom

SIZES = (1_000, 10_000, 100_000, 1_000_000)
DAYS = 90
RARE = 5  # of all records: they have a tag, and failed
OPEN = 100  # one record of so many is open
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class StoredTable(CountingTable):
    """So many finished edits, over all days that records are kept; RARE of them stand out."""

    def __init__(self, many: int) -> None:
        super().__init__()
        self.many = many
        self.step = timedelta(days=DAYS) / many
        self.rare = [many * (2 * number + 1) // (2 * RARE) for number in range(RARE)]

    def newest(self, asked: Newest) -> list[dict[str, Any]]:
        name, value = asked.hash
        if name != "listing_day":
            return super().newest(asked)
        if value in (of_status(Status.FAILED), of_tag("rare")):
            numbers: Iterator[int] = reversed(self.rare)
        else:
            numbers = self._of_day(value, asked.before)
        found = []
        for number in numbers:
            key = self._key(number)
            if (asked.before is None or key < asked.before) and key >= (asked.since or ""):
                found.append({"pk": edit_key(_id(number)), name: value, asked.range: key})
            if len(found) == asked.limit:
                break
        self.count_query(found)
        return found

    def _of_day(self, day: str, before: str | None) -> Iterator[int]:
        begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
        end = begin + timedelta(days=1)
        if before is not None and before[:10] == day:
            end = min(end, datetime.fromisoformat(before[:24]) + timedelta(milliseconds=1))
        first, last = ((at - self._born(0)) / self.step for at in (begin, end))
        return iter(range(min(self.many - 1, int(last)), max(-1, int(first)), -1))

    def _born(self, number: int) -> datetime:
        return NOW - timedelta(days=DAYS) + number * self.step

    def _key(self, number: int) -> str:
        return f"{timestamp(self._born(number))}#{_id(number)}"

    def item(self, key: str) -> dict[str, Any]:
        known = super().item(key)
        number = _number(key)
        if known or number is None or not 0 <= number < self.many:
            return known
        is_rare, at = number in self.rare, timestamp(self._born(number))
        made = {
            "pk": key,
            "edit_id": edit_id_in(key),
            "status": "FAILED" if is_rare else "SUCCEEDED",
            "created_at": at,
            "updated_at": at,
            "tags": ["rare"] if is_rare else [],
            "message": "x" * 1800,  # about as large as records are
        }
        return {name: to_attribute(value) for name, value in made.items()}


def _id(number: int) -> str:
    return f"e-{number:020d}"


def _number(key: str) -> int | None:
    digits = key.removeprefix("edit#e-")
    return int(digits) if len(digits) == 20 and digits.isdigit() else None


def at_sizes(sizes: Sequence[int] = SIZES) -> list[Row]:
    """One row for each question at each size, held against the smallest."""
    rows: list[Row] = []
    for what, ask, bound in QUESTIONS:
        first: float | None = None
        for many in sizes:
            figures = ask(many)
            asked = float(figures["requests"])
            first = first if first is not None else max(1.0, asked)
            is_met = asked <= bound(first, many)
            rows.append(
                Row(f"{what}, {many:,} records", figures, asked / first, Goal(_says(bound), is_met))
            )
    return rows


def _counted(table: CountingTable, **more: float) -> dict[str, Any]:
    asked = sum(table.counts[verb] for verb in ("get", "get_many", "newest", "write"))
    units = {"read units": table.counts["read"], "write units": table.counts["written"]}
    return {"requests": asked, **units, **more}


def _list(wanted: Filter) -> Any:
    def ask(many: int) -> dict[str, Any]:
        table = StoredTable(many)
        records = Records(table, now=lambda: NOW)
        table.items["lists"] = {"whole_since": to_attribute(timestamp(NOW - timedelta(days=DAYS)))}
        cursor, found = None, 0
        for pages in count(1):
            got = page(records, wanted, limit=20, cursor=cursor, record_days=DAYS)
            cursor, found = got.cursor, found + len(got.edits)
            if cursor is None or found >= 20:
                return _counted(table, pages=pages, found=found)
        raise AssertionError("unreachable")

    return ask


def _opened(scene: Broom, many: int) -> None:
    for number in range(many):
        edit, _ = scene.records.receive(
            _id(10**12 + number), Source(bucket="inbox", key=f"{number}.mp4")
        )
        scene.standings[edit.edit_id] = "RUNNING"


def _sweep(many: int) -> dict[str, Any]:
    """One run over the open ones, and how many runs it takes to look at each."""
    table = CountingTable()
    broom = Broom(table=table)
    _opened(broom, many // OPEN)
    table.counts.clear()
    looked = broom.later().total()
    figures = _counted(table, found=looked)
    runs = -(-(many // OPEN) // max(1, looked))
    return {**figures, "pages": runs}


def _poisoned(many: int) -> dict[str, Any]:
    """A run in which every hundredth open record cannot be read; the others are looked at."""
    table = CountingTable()
    broom = Broom(table=table)
    _opened(broom, many // OPEN)
    keys = [key for key in table.items if key.startswith("edit#")]
    for key in keys[::100]:
        table.items[key] = table.items[key] | {"upload": to_attribute(7)}
    table.counts.clear()
    done = broom.later()
    return _counted(table, found=done["left running"], pages=done["unreadable"])


def _lap(many: int) -> dict[str, Any]:
    """A day of runs over an inbox that keeps as many versions, a thousand of them new."""
    table = CountingTable()
    broom = Broom(table=table)
    start = broom.clock.now()
    new = min(1000, many)
    pages = [0]

    def listed(place: str | None) -> tuple[list[InboxObject], str | None]:
        pages[0] += 1
        number = int(place or 0)
        at = [start if number * 1000 + n < new else start - timedelta(days=60) for n in range(1000)]
        found = [
            InboxObject(Source(bucket="inbox", key=f"{number}.{n}.mp4", version_id="v"), each)
            for n, each in enumerate(at)
            if each == start
        ]
        return found, str(number + 1) if (number + 1) * 1000 < many else None

    missed = broom.sweeper.missed_uploads
    swept = Sweeper(
        broom.records,
        broom,
        broom._publish,
        type(missed)(broom.records, listed, missed.sidecar_matcher, broom.report),
        broom.erased.append,
        broom.report,
        broom.budget_lines(),
        lambda edit, message_id: None,
    )
    _known(broom, new)
    broom.clock.advance(1800)
    table.counts.clear()
    for _ in range(288):
        swept.missed_uploads.run()
        broom.clock.advance(300)
    return _counted(table, pages=pages[0])


def _known(broom: Broom, many: int) -> None:
    for number in range(many):
        source = Source(bucket="inbox", key=f"{number // 1000}.{number % 1000}.mp4", version_id="v")
        broom.records.receive(upload_id(source), source)


class _Nowhere:
    """Shreds and forgets nothing; only what is asked of the table counts."""

    keeps = ""

    def one(self, source: Source) -> None:
        """Deleted."""

    def all(self, bucket: str, prefix: str, *, is_whole_key: bool = False) -> None:
        """All deleted."""

    def forget(self, task: Task) -> DeletionOutcome:
        return DeletionOutcome.FORGOTTEN


def _erasure(many: int) -> dict[str, Any]:
    """Who still uses a clip, while one record of a hundred is open."""
    table, nowhere = CountingTable(), _Nowhere()
    scene = Scene(table=table)
    scene.records.lists.note_alive()
    scene.clock.advance(7 * 86_400)
    for number in range(many // OPEN):
        scene.records.receive(_id(number), Source(bucket="inbox", key=f"{number}.mp4"))
    edit = scene.running("wanted.mp4")
    failed = Conclusion(status=Status.FAILED, reason=Reason.PROVIDER_FAILED)
    scene.records.close(scene.now(edit), failed)
    scene.records.mark_notified(edit.edit_id)
    edit = scene.records.erasure.ask(scene.now(edit))
    table.counts.clear()
    eraser = Eraser(
        scene.records,
        nowhere,  # type: ignore[arg-type]  # stands in for the VersionDeleter
        lambda name: nowhere,  # type: ignore[arg-type, return-value]  # and for the provider
        lambda bucket, key: [required(edit.upload)],
        "results",
    )
    eraser.erase(edit)
    return _counted(table)


def _boards(many: int) -> dict[str, Any]:
    """One answer for the boards, which all of them are given for two seconds."""
    table = StoredTable(many)
    shown = recent(Records(table, now=lambda: NOW))
    return _counted(table, found=len(shown))


def _flat(first: float, many: int) -> float:
    return 1.1 * first + 5


def _bounded(first: float, many: int) -> float:
    return 7000.0


def _says(bound: Any) -> str:
    return "flat" if bound is _flat else "bounded"


QUESTIONS = (
    ("one run of the sweep, one record of a hundred open", _sweep, _bounded),
    ("the same, one of a hundred unreadable", _poisoned, _bounded),
    ("a day of laps through the inbox, 1,000 uploads new", _lap, _bounded),
    ("who still uses a clip", _erasure, _flat),
    ("GET /edits?status=FAILED, to its end", _list(Filter(status=Status.FAILED)), _flat),
    ("GET /edits?tag=rare, to its end", _list(Filter(tag="rare")), _flat),
    ("GET /edits, one page", _list(Filter()), _flat),
    ("one answer for all boards", _boards, _flat),
)

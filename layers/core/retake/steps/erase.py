"""Erasing an edit: its files, what its provider holds, and what its record says.

Every act may be repeated, and the record goes last: whoever is killed half way, or finds S3 or the
provider out of reach, is asked again by Lambda and then by the sweep.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from retake.aws.s3_purge import VersionDeleter
from retake.domain.edit import Edit
from retake.domain.errors import Misconfigured, RetakeError, Unavailable
from retake.domain.folders import Walls
from retake.domain.source import Source, fitted_key, upload_id
from retake.domain.stored import moment
from retake.domain.values import dataclass
from retake.providers.base import Provider
from retake.providers.contract import DeletionOutcome, Task
from retake.records.batches import UnknownBatch
from retake.records.lists import of_clip
from retake.records.open_index import MOST
from retake.records.ownership import is_fetched_for, is_own, named_objects
from retake.records.store import Records
from retake.steps.pieces import all_edit_ids
from retake.steps.receipt import Fate, Line, elsewhere, line

PATIENCE = timedelta(hours=24)  # after it the receipt says what could not be reached
LONGEST = timedelta(days=6)  # that an edit is open
BATCH = 100
VERSIONS = 100  # of an object that is uploaded over and over, the newest
NAMED = 1000  # that name the same clip, the newest; one that is open is among them
INBOX, RESULTS, TABLE = "inbox", "results", "table"


NOT_OWN = (
    "The edit named it and never came to use it, or it is material that edits share, or it lies in "
    "another folder; delete it in the inbox if nobody needs it."
)
EVERYWHERE = Walls()  # of a stack without a prefix and without shared folders
SHARED = "Other edits of the same clip keep their results; none of them can be tried again."


class StillNeeded(RetakeError):
    """Whether an open edit still needs the clip cannot be known now; the erasure waits for that."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """What erasing needs. `provider` raises Misconfigured, as its verbs do; `versions` gives those
    of one object, the newest first. All raise Unavailable."""

    records: Records
    shredder: VersionDeleter
    provider: Callable[[str], Provider]
    versions: Callable[[str, str], Sequence[Source]]
    results_bucket: str
    walls: Walls = EVERYWHERE

    def erase(self, edit: Edit) -> Edit:
        """The edit as it is afterwards; unchanged if nobody asked, or if it is done already.

        While an open edit still works on the same version of the clip it only waits, and says for
        which. Raises StillNeeded, and Unavailable while something cannot be reached; LostRace.
        """
        if edit.erase_asked_at is None or edit.erased_at is not None:
            return edit
        holder = self._holder(edit)
        if holder is not None:
            return self.records.erasure.hold(edit, holder)
        pieces = self._pieces(edit)
        lines = [*self._files(edit), self._provider_copy(edit)]
        for piece in pieces:
            lines += [*self._piece_files(piece), self._provider_copy(piece)]
        waiting = [each for each in lines if each["fate"] is Fate.WAITING]
        if waiting and self.records.now() - moment(edit.erase_asked_at) < PATIENCE:
            raise Unavailable("; ".join(str(each["message"]) for each in waiting))
        done = [{**each, "fate": Fate.FAILED} if each in waiting else each for each in lines]
        for piece in pieces:  # each is named by the film alone, so they go before it
            if piece.erased_at is None:
                self.records.erasure.carry_out(piece, [])
        record = line(
            "record",
            TABLE,
            Fate.ERASED,
            "What is left is its id, by which the same upload is known again, and what was "
            "bought, when and for how much.",
        )
        self.records.lists.forget(edit)
        return self.records.erasure.carry_out(edit, [*done, record, *elsewhere(edit)])

    def _files(self, edit: Edit) -> Iterator[Line]:
        for what, source in named_objects(edit):
            if is_fetched_for(edit, source.key):
                act = partial(self.shredder.all, source.bucket, source.key, is_whole_key=True)
            elif is_own(source, edit, self.walls):
                act = partial(self.shredder.one, source)
            else:
                yield line(what, INBOX, Fate.KEPT, NOT_OWN, source.key)
                continue
            yield self._shredded(what, INBOX, source.key, act)
        # Everything an edit leaves among the results carries its id, and so does what a copy left
        # there that was taken back.
        folder = _result_prefix(edit)
        for what in _results(edit):
            act = partial(self.shredder.all, self.results_bucket, folder)
            yield self._shredded(what, RESULTS, folder, act)
        if edit.fit_planned_at is not None:  # Fit stores the copy before the record names it
            fitted = fitted_key(edit.edit_id)
            act = partial(self.shredder.all, self.results_bucket, fitted, is_whole_key=True)
            yield self._shredded("repaired clip", RESULTS, fitted, act)
            if edit.film is not None:  # put together, and the picture that anchors its pieces
                beside = fitted.removesuffix("mp4")
                act = partial(self.shredder.all, self.results_bucket, beside)
                yield self._shredded("film that was put together", RESULTS, beside, act)

    def _pieces(self, edit: Edit) -> list[Edit]:
        """The edits that a film was made of."""
        keys = all_edit_ids(edit, edit.film) if edit.film is not None else []
        return list(self.records.get_many(keys).values())

    def _piece_files(self, piece: Edit) -> Iterator[Line]:
        """A piece as it was sent and as it came back."""
        sent, made = fitted_key(piece.edit_id), _result_prefix(piece)
        for what, start in (("piece that was sent", sent), ("edited piece", made)):
            act = partial(self.shredder.all, self.results_bucket, start)
            yield self._shredded(what, RESULTS, start, act)

    def _shredded(self, what: str, where: str, key: str, act: Callable[[], None]) -> Line:
        try:
            act()
        except Unavailable as error:
            return line(what, where, Fate.WAITING, str(error), key)
        return line(what, where, Fate.ERASED, SHARED if what == "clip" else "")

    def _provider_copy(self, edit: Edit) -> Line:
        what, where = "provider's copy", edit.provider or "no provider"
        if edit.submit_started_at is None or edit.provider is None:
            return line(what, where, Fate.ERASED, "Nothing was sent to a provider.")
        if edit.provider_task_id is None:
            if edit.at_risk_usd is None:
                return line(what, where, Fate.ERASED, "The provider did not take it.")
            said = "Whether the provider took it was never learnt; there is no id to delete it by."
            return line(what, where, Fate.KEPT, said)
        task = Task(task_id=edit.provider_task_id, urls=edit.provider_urls)
        try:
            adapter = self.provider(edit.provider_key)
            answer = adapter.forget(task)
        except (Misconfigured, Unavailable) as error:
            return line(what, where, Fate.WAITING, str(error), task.task_id)
        fate, said = ANSWERS[answer]
        if fate is Fate.ERASED:
            return line(what, where, fate, said)
        return line(what, where, fate, f"{said} {adapter.keeps}", task.task_id)

    def _holder(self, edit: Edit) -> Edit | None:
        """An open edit that still needs what would go: a clip that goes while a provider still has
        to fetch it is an edit paid for nothing."""
        going = [each for _, each in named_objects(edit) if self._goes(each, edit)]
        versions = {
            (each.bucket, each.key): self.versions(each.bucket, each.key)[:VERSIONS]
            for each in going
        }
        for other in self._others(edit, versions):
            if not other.is_finished and any(
                _is_needed(each, versions[each.bucket, each.key], other) for each in going
            ):
                return other
        return None

    def _goes(self, source: Source, edit: Edit) -> bool:
        return is_fetched_for(edit, source.key) or is_own(source, edit, self.walls)

    def _others(
        self, edit: Edit, versions: Mapping[tuple[str, str], Sequence[Source]]
    ) -> Iterator[Edit]:
        """Whoever may use one of these objects: by the versions of each name, which are edits, by
        the list of those that name it, and with the batch of each."""
        ids: set[str] = set()
        for (bucket, key), stored in sorted(versions.items()):
            ids |= {upload_id(each) for each in stored}
            listed = self.records.listed(of_clip(bucket, key), limit=NAMED)
            ids |= {each.rpartition("#")[2] for each in listed}
        ids |= self._from_before()
        found = self._read(ids - {edit.edit_id})
        batches = {each.batch_id for each in (edit, *found) if each.batch_id is not None}
        with_them: set[str] = set()
        for batch_id in batches:
            with suppress(UnknownBatch):
                with_them |= {*self.records.batches.get(batch_id).edit_ids}
        yield from found
        yield from self._read(with_them - ids - {edit.edit_id})

    def _read(self, ids: Iterable[str]) -> list[Edit]:
        asked = sorted(ids)
        found: list[Edit] = []
        for start in range(0, len(asked), BATCH):
            chunk = asked[start : start + BATCH]
            edits = self.records.get_many(chunk)
            if unreadable := self.records.there(chunk) - edits.keys():
                raise StillNeeded(f"Whether {min(unreadable)} needs it cannot be read.")
            found += edits.values()
        return found

    def _from_before(self) -> set[str]:
        """Open edits that an older version has made, which kept no list of who names a clip."""
        now = self.records.now()
        if moment(self.records.lists.whole_since(of_clip("", ""))) < now - LONGEST:
            return set()
        ids = self.records.open.ids()
        if len(ids) == MOST:
            raise StillNeeded("There are too many open edits to know whether one needs it.")
        return {*ids}


ANSWERS = {
    DeletionOutcome.FORGOTTEN: (
        Fate.ERASED,
        "The provider says that request and files are deleted.",
    ),
    DeletionOutcome.UNKNOWN_TASK: (Fate.ERASED, "The provider knows no such request any more."),
    DeletionOutcome.NOT_OFFERED: (Fate.KEPT, "The provider documents no way to delete a request."),
    DeletionOutcome.PARTLY: (
        Fate.FAILED,
        "The provider could not delete all files of the request.",
    ),
    DeletionOutcome.REFUSED: (
        Fate.FAILED,
        "The provider refused to delete it: the stack's key may not (fal wants one of the scope "
        "ADMIN). Delete it there by hand.",
    ),
    DeletionOutcome.UNANSWERED: (Fate.WAITING, "The provider did not answer."),
}


def _is_needed(going: Source, versions: Sequence[Source], other: Edit) -> bool:
    """Whether an edit still needs this version. One that has only said the name will be given the
    newest there is."""
    newest = versions[0].version_id if versions else going.version_id
    named = [each for _, each in named_objects(other)]
    return any(
        (each.bucket, each.key) == (going.bucket, going.key)
        and going.version_id in (each.version_id or newest, None)
        for each in (*named, *((other.upload,) if other.upload else ()))
    )


def _results(edit: Edit) -> list[str]:
    """What the record says lies among the results."""
    if edit.result is None:
        return ["result"]  # there may be a copy that was taken back, and its versions
    stored = edit.result.to_mapping()
    others = [name.removesuffix("_key") for name in stored if name.endswith("_key")]
    return ["result", *others]


def _result_prefix(edit: Edit) -> str:
    """`edited/<folder>/<stem>.<edit id>.`"""
    if edit.result is not None:
        return edit.result.key.partition(f".{edit.edit_id}.")[0] + f".{edit.edit_id}."
    from retake.domain.result_keys import result_keys

    return result_keys(edit)[0].removesuffix("mp4")

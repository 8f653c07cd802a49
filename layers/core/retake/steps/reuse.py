"""The same thing is not bought twice: equal bytes, words, model, options and pictures.

Only where the stack or the request says so. An edit is equal to another of the same folder only:
who may not see a result must not be given it.
"""

import hashlib
import json
from collections.abc import Sequence

from retake.aws.dynamodb_changes import Change
from retake.aws.s3 import Storage
from retake.domain.edit import Edit
from retake.domain.errors import Refused
from retake.domain.folders import Walls, folder_of_edit
from retake.domain.source import Source
from retake.domain.stored import required
from retake.domain.values import dataclass
from retake.records.equal_edits import is_reusable, line_of
from retake.records.store import Records
from retake.steps.outcome import Step, closing, in_line

# What a request says about the way to its result, and not about the result.
_NO_MATTER = frozenset({"source", "images", "approve", "reuse", "priority", "model"})
LOOK_SECONDS = 6 * 3600  # longer than an edit takes; who pays wakes who waits


@dataclass(frozen=True, slots=True)
class Bought:
    """An edit that is to be bought, and what its intent writes beside itself."""

    edit: Edit
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class Reuse:
    """What is asked before an edit is bought."""

    records: Records
    storage: Storage
    walls: Walls

    def instead(self, edit: Edit) -> "Step | Bought":
        """The edit's way to a copy of what was bought already, or into the wait for it; else what
        the intent writes beside itself, so that others find it.

        Raises Unavailable; LostRace when another worker has changed the record.
        """
        try:
            fingerprint = edit.fingerprint or self._fingerprint(edit)
        except Refused:
            return Bought(edit)  # the clip is gone: whoever looks for it next says so
        if edit.fingerprint is None:
            edit = self.records.equal.note(edit, fingerprint)
        claimed_by = self.records.equal.claimed_by(fingerprint)
        payer = self.records.equal.payer(claimed_by)
        other = payer if payer is not None and payer.edit_id != edit.edit_id else None
        if other is not None and is_reusable(other) and self._is_there(other):
            return closing(self.records.equal.reuse(edit, other))
        if other is None or other.is_finished:
            claim = self.records.equal.claim(edit, fingerprint, before=claimed_by)
            return Bought(edit, (claim,))
        self.records.spending.note_line(line_of(fingerprint), self.records.now())
        return in_line(self.records.equal.wait(edit, fingerprint), LOOK_SECONDS)

    def _is_there(self, payer: Edit) -> bool:
        result = required(payer.result)
        return self.storage.size_of(result.bucket, result.key) == result.size_bytes

    def _fingerprint(self, edit: Edit) -> str:
        """Raises Refused for what cannot be read, Unavailable."""
        request = required(edit.request)
        options = {k: v for k, v in request.to_mapping().items() if k not in _NO_MATTER}
        said = {
            "folder": folder_of_edit(edit, self.walls),
            "model": edit.model,
            "options": options,
            "clip": self._digest(edit.source) if edit.source else None,
            "images": [(key, edit.pictures.get(key)) for key in request.images],
            "pictures": sorted(edit.pictures.items()),
        }
        text = json.dumps(said, sort_keys=True, ensure_ascii=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _digest(self, clip: Source) -> str:
        """The SHA-256 of the clip: S3's own where the upload brought one, else read through."""
        known = self.storage.sha256_of(clip)
        if known is not None:
            return known
        digest = hashlib.sha256()
        for chunk in self.storage.stream(clip):
            digest.update(chunk)
        return digest.hexdigest()

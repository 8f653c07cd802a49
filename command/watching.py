"""A folder whose clips are edited as they come."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from command import wording
from command.clips import FileClip, in_folder
from command.door import Door
from command.editing import price_of_one
from command.following import ENDED, fetch, place_for
from command.refusals import ApiRefusal, CommandRefused, NoConsent
from command.starting import Consent, Priced, Started, remembered, start
from command.terminal import say
from command.wishes import Wish
from local.errors import OutOfReach

LOOK_SECONDS = 2.0


@dataclass
class Watcher:
    """Starts an edit for each clip that has stopped growing, and saves what comes of it.

    `consent` holds for all of them together: what was spent counts against `most_usd`. `tell` hears
    of every edit that was made or has ended.
    """

    door: Door
    folder: Path
    wish: Wish
    consent: Consent
    out: Path
    tell: Callable[[Started, Path | None], None]
    spent_usd: float = 0.0
    _sizes: dict[Path, tuple[int, float]] = field(default_factory=dict)
    _done: set[tuple[Path, int, float]] = field(default_factory=set)
    _open: dict[str, Started] = field(default_factory=dict)

    def look(self) -> None:
        """Once: take what is new, and see what has ended. Raises NoConsent at the limit."""
        for path in self._ready():
            self._take(FileClip(path))
        for started in list(self._open.values()):
            self._follow(started)

    @property
    def is_waiting(self) -> bool:
        """Whether an edit has not ended yet."""
        return bool(self._open)

    def _ready(self) -> list[Path]:
        """New clips that were as large at the last look as they are now."""
        found = []
        for path in in_folder(self.folder):
            stat = path.stat()
            now = (stat.st_size, stat.st_mtime)
            if (path, *now) in self._done:
                continue
            if self._sizes.get(path) == now and stat.st_size > 0:
                found.append(path)
                self._done.add((path, *now))
            self._sizes[path] = now
        return found

    def _take(self, clip: FileClip) -> None:
        priced = price_of_one(self.door, clip, self.wish, alone=False)
        if priced.refusal is not None:
            say(f"{clip.name}: not taken: {priced.refusal}")
            return
        if remembered(self.door, clip, self.wish) is None:
            self._pay(priced)
        try:
            started = start(self.door, priced, self.wish)
        except (ApiRefusal, CommandRefused) as refusal:
            say(f"{clip.name}: not taken: {refusal}")
            return
        self._open[started.edit["edit_id"]] = started
        edit_id = started.edit["edit_id"]
        say(f"{clip.name}: {edit_id}  {wording.usd_of(priced.usd)}  {priced.model}")
        self.tell(started, None)

    def _pay(self, priced: Priced) -> None:
        left = self.consent.most_usd
        if left is not None:
            left = round(left - self.spent_usd, 4)
        try:
            replace(self.consent, most_usd=left).obtain([priced], self.door)
        except NoConsent as refusal:
            raise NoConsent(f"{priced.clip.name}: {refusal}") from None
        self.spent_usd += priced.usd or 0.0

    def _follow(self, started: Started) -> None:
        edit_id = started.edit["edit_id"]
        try:
            edit = self.door.edit(edit_id)
        except (OutOfReach, ApiRefusal) as error:
            if getattr(error, "status", 503) in (404, 410):
                del self._open[edit_id]
            return  # it is asked again at the next look
        if edit["status"] not in ENDED:
            return
        del self._open[edit_id]
        ended = replace(started, edit=edit)
        saved = None
        if edit["status"] == "SUCCEEDED":
            path = place_for(edit, started.clip.stem, self.out, is_folder=True)
            saved = fetch(self.door, edit, path)
            say(f"{started.clip.name}: saved as {wording.short(saved)}")
        else:
            say(f"{started.clip.name}: {wording.refusal(edit)}")
        self.tell(ended, saved)

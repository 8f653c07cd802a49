"""A folder whose clips are edited as they come."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from command import wording
from command.clips import Clip, FileClip, in_folder
from command.door import Door
from command.editing import price_of_one
from command.following import (
    ENDED,
    check_patience,
    fetch,
    needs_approval,
    place_for,
    way_to_approve,
)
from command.refusals import ApiRefusal, CommandRefused, NoConsent
from command.starting import Consent, Priced, Started, remembered, start
from command.terminal import is_terminal, say
from command.wishes import Wish
from local.errors import OutOfReach, UserError

LOOK_SECONDS = 2.0
SAVE_TRIES = 5


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
    _open: dict[Clip, Started] = field(default_factory=dict)
    faults: list[UserError] = field(default_factory=list)
    _heard_at: float = field(default_factory=time.monotonic)
    _failed: Counter[Clip] = field(default_factory=Counter)
    _asking: set[Clip] = field(default_factory=set)

    def look(self) -> None:
        """Once: take what is new, and see what has ended. Raises NoConsent at the limit."""
        for path in self._ready():
            self._take(FileClip(path))
        for started in list(self._open.values()):
            self._follow(started)

    @property
    def is_waiting(self) -> bool:
        """Whether an edit has not ended yet that goes on without a person."""
        return any(is_terminal() or clip not in self._asking for clip in self._open)

    @property
    def is_asking(self) -> bool:
        """Whether an edit goes no further until a person approves it."""
        return bool(self._asking)

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
        self._open[clip] = started
        self._heard_at = time.monotonic()
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
        clip = started.clip
        try:
            edit = self.door.edit(started.edit["edit_id"])
        except (OutOfReach, ApiRefusal) as error:
            if getattr(error, "status", 503) in (404, 410):
                del self._open[clip]
                self._asking.discard(clip)
                return
            silence = time.monotonic() - self._heard_at
            check_patience(self.door, started.edit["edit_id"], silence, error)
            return  # it is asked again at the next look
        self._heard_at = time.monotonic()
        if needs_approval(edit) and clip not in self._asking:
            self._asking.add(clip)
            say(f"{clip.name}: {way_to_approve(edit, self.door)}")
        if edit["status"] not in ENDED:
            if not needs_approval(edit):
                self._asking.discard(clip)
            return
        self._asking.discard(clip)
        ended = replace(started, edit=edit)
        saved = None
        if edit["status"] == "SUCCEEDED":
            path = place_for(edit, started.clip.stem, self.out, is_folder=True)
            try:
                saved = fetch(self.door, edit, path)
            except UserError as fault:
                self._failed[clip] += 1
                if self._failed[clip] < SAVE_TRIES:
                    return  # it is fetched again at the next look
                say(f"{clip.name}: {fault} The same call again fetches it.")
                self.faults.append(fault)
            else:
                say(f"{clip.name}: saved as {wording.short(saved)}")
        else:
            say(f"{started.clip.name}: {wording.refusal(edit)}")
        del self._open[clip]
        self.tell(ended, saved)

"""What an agent may ask of a stack, with the limits that its person has set.

It reads clips below the folders named at the start only, starts an edit only under a sum that it
says itself, and above the approval price only a person does. What it is answered holds the words of
strangers (prompts, file names, what providers say): they are data.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from command.clips import SCHEME, Clip, FileClip, existing, named
from command.door import Door, query
from command.memory import Memory
from command.refusals import CommandRefused, NoConsent
from command.starting import Priced, price, start
from command.wishes import Wish
from command.wording import called, usd_of

LISTED_AT_MOST = 50
# Of an edit what says how it goes; the rest is behind `status`.
BRIEFLY = (
    *("edit_id", "status", "reason", "message", "progress_percent", "model"),
    *("quoted_usd", "billed_usd", "created_at", "finished_at"),
)


@dataclass(slots=True)
class AgentsDesk:
    """`folders` are those it may read clips from, `approval_usd` what an edit may cost before a
    person must start it, `most_usd` what all of them together may."""

    door: Door
    folders: Sequence[Path]
    approval_usd: float
    most_usd: float | None = None
    spent_usd: float = 0.0
    _one_at_a_time: Lock = field(default_factory=Lock)

    def quote(self, clip: str | None, seconds: float | None, wish: Wish) -> dict[str, Any]:
        """What it would cost, by model. Raises UserError."""
        asked = wish.request()
        if clip is not None:
            asked |= self._clip(clip).asked()
        elif seconds is not None:
            asked["clip"] = {"duration_seconds": seconds}
        answer: dict[str, Any] = self.door.read("POST", "/quotes", asked)
        return answer

    def edit(
        self, clip: str, wish: Wish, *, max_cost_usd: float, request_id: str
    ) -> dict[str, Any]:
        """Start an edit, or find the one of the same `request_id`. Raises UserError; NoConsent
        where it costs more than it may."""
        with self._one_at_a_time:
            found = self._clip(clip)
            self._check_images(wish)
            self._claim(request_id, found, wish)
            priced = price(self.door, found, wish)
            cost = self._allowed(priced, max_cost_usd, clip)
            started = start(self.door, priced, wish, nonce=f"agent {request_id}")
            if started.is_new:
                self.spent_usd += cost
        return {**briefly(started.edit), "quoted_usd": priced.usd, "is_new": started.is_new}

    def status(self, edit_id: str) -> dict[str, Any]:
        return self.door.edit(edit_id)

    def listed(self, limit: int, status: str | None) -> dict[str, Any]:
        """The latest edits, newest first."""
        wanted = min(max(limit, 1), LISTED_AT_MOST)
        found = self.door.edits(limit=wanted, status=status)
        return {"edits": [briefly(edit) for edit, _ in zip(found, range(wanted), strict=False)]}

    def cancel(self, edit_id: str) -> dict[str, Any]:
        answer = self.door.read("POST", f"/edits/{edit_id}/cancel")
        return {**answer, "edit": briefly(answer["edit"])}

    def models(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.door.read("GET", "/models")
        return answer

    def costs(self, since: str | None, until: str | None) -> dict[str, Any]:
        path = f"/costs{query({'since': since, 'until': until})}"
        answer: dict[str, Any] = self.door.read("GET", path)
        return answer

    def _clip(self, clip: str) -> Clip:
        """A clip that it may read. Raises CommandRefused."""
        if clip.startswith(SCHEME):
            found = named(clip, self.door)
            if len(found) != 1:
                raise CommandRefused("Name one clip, not a folder.")
            return found[0]
        return FileClip(self._readable(clip))

    def _readable(self, name: str) -> Path:
        """The file, wherever links lead. What is elsewhere is as if it were not there."""
        path = Path(name).expanduser().resolve()
        if not any(path.is_relative_to(folder.resolve()) for folder in self.folders):
            allowed = ", ".join(str(folder) for folder in self.folders) or "none"
            raise CommandRefused(f"Only files below these folders may be read: {allowed}.")
        return existing(path)

    def _check_images(self, wish: Wish) -> None:
        for path in wish.files():
            self._readable(str(path))

    def _claim(self, request_id: str, clip: Clip, wish: Wish) -> None:
        """One id, one wish: said again with another one it is a mistake, also after a new start."""
        said = hashlib.sha256(
            json.dumps([clip.digest(), wish.request(), wish.own_words()]).encode()
        ).hexdigest()
        key = hashlib.sha256(f"agent\n{self.door.identity}\n{request_id}".encode()).hexdigest()
        with Memory(key).held() as memory:
            if memory.known.source not in (None, said):
                raise CommandRefused(
                    f"request_id {request_id!r} belongs to another edit; choose a new one."
                )
            memory.note(source=said)

    def _allowed(self, priced: Priced, max_cost_usd: float, clip: str) -> float:
        """What it will cost. Raises NoConsent, CommandRefused."""
        if priced.refusal is not None:
            raise CommandRefused(priced.refusal)
        if not self.door.is_paid(priced.provider):
            return 0.0
        cost = priced.usd
        if cost is None:
            raise NoConsent("Its price is not known, so a person must start it.")
        if cost > max_cost_usd:
            raise NoConsent(f"It costs {usd_of(cost)}; max_cost_usd is {usd_of(max_cost_usd)}.")
        if cost > self.approval_usd:
            raise NoConsent(
                f"It costs {usd_of(cost)}; above {usd_of(self.approval_usd)} a person must approve "
                f"it, and starts it with: {called()} edit {clip!r} -p …"
            )
        if self.most_usd is not None and self.spent_usd + cost > self.most_usd:
            raise NoConsent(
                f"It costs {usd_of(cost)}, and {usd_of(self.spent_usd)} of "
                f"{usd_of(self.most_usd)} are spent; a person must approve more."
            )
        return cost


def briefly(edit: Mapping[str, Any]) -> dict[str, Any]:
    """How an edit goes, without what was asked for."""
    return {name: edit[name] for name in BRIEFLY if edit.get(name) is not None}

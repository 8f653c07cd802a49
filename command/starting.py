"""From a clip and a wish to an edit: its price, consent, and the one call that starts it."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command.clips import PICTURES, Clip, FileClip
from command.door import Door
from command.memory import Memory, fingerprint
from command.refusals import ApiRefusal, CommandRefused, NoConsent, as_typed
from command.uploading import upload
from command.wishes import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A clip with what one edit of it would cost; `refusal` says why it would not be taken.

    Of a clip that is edited in pieces: how many, the seconds that are billed, and what else is to
    be known before somebody agrees.
    """

    clip: Clip
    model: str
    provider: str
    usd: float | None
    refusal: str | None = None
    code: str | None = None
    pieces: int = 0
    billed_seconds: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def said_of_pieces(self) -> str:
        if not self.pieces:
            return ""
        return f"in {self.pieces} pieces, {self.billed_seconds or 0:.2f} s billed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Who agrees to what it costs: `is_given` by option, up to `most_usd`, or whoever is asked."""

    is_given: bool = False
    most_usd: float | None = None
    ask: Callable[[str], bool] | None = None

    def obtain(self, priced: Sequence[Priced], door: Door) -> None:
        """Raises NoConsent. Where nobody pays, nobody is asked; a cap binds there, too."""
        paid = [each for each in priced if door.is_paid(each.provider)]
        total = sum(each.usd or 0.0 for each in paid)
        price = f"${total:.2f}" if all(each.usd is not None for each in paid) else "an unknown sum"
        capped = round(sum(each.usd or 0.0 for each in priced), 4)
        if self.most_usd is not None and capped > self.most_usd:
            raise NoConsent(
                f"It would cost ${capped:.2f}; ${self.most_usd:.2f} is the most you allow."
            )
        if not paid or self.is_given or self.most_usd is not None:
            return
        what = "One edit" if len(paid) == 1 else f"{len(paid)} edits"
        if len(paid) == 1 and paid[0].pieces:
            what = f"{what} {paid[0].said_of_pieces},"
        by = ", ".join(dict.fromkeys(each.model for each in paid))
        question = f"{what} by {by} will cost about {price}. Go on?"
        if self.ask is None:
            raise NoConsent(f"{question} Say so with --yes, or up to what sum with --max-usd.")
        if not self.ask(question):
            raise NoConsent("Nothing was sent.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An edit as the API shows it, and whether this call has made it."""

    clip: Clip
    edit: dict[str, Any]
    is_new: bool


def price(door: Door, clip: Clip, wish: Wish) -> Priced:
    """What one edit would cost, without sending the clip anywhere.

    Raises CommandRefused for what is no video, and ApiRefusal for a request that no model takes.
    """
    quotes = door.read("POST", "/quotes", wish.request() | clip.asked())["quotes"]
    # What takes a clip whole stands before the model that is taken unless told otherwise.
    quote = meant(quotes)
    refusal, pieces = quote.get("refusal") or {}, quote.get("pieces") or []
    why = refusal.get("detail")
    return Priced(
        clip=clip,
        model=quote["model"],
        provider=quote["provider"],
        usd=quote.get("quoted_usd"),
        refusal=None if why is None else as_typed(why),
        code=refusal.get("code"),
        pieces=len(pieces),
        billed_seconds=quote.get("billed_seconds"),
        notes=(*quote.get("notes", ()), *(_whole(quotes) if pieces else ())),
    )


def _whole(quotes: Sequence[dict[str, Any]]) -> list[str]:
    """What would take a clip in one piece, the cheapest of it, where another is split."""
    taken = [each for each in quotes if each["is_accepted"] and not each.get("pieces")]
    best = min(taken, key=lambda each: float(each["quoted_usd"]), default=None)
    if best is None:
        return []
    return [f"{best['model']} takes it in one piece, for ${best['quoted_usd']:.2f} (--model)."]


def meant(quotes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The quote of the model that will be taken: of several the stack's own choice."""
    return next((each for each in quotes if each.get("role") == "default"), quotes[0])


def remembered(door: Door, clip: Clip, wish: Wish) -> dict[str, Any] | None:
    """The edit that this very call made before, where there is one."""
    with Memory(_name(door, clip, wish)).held() as memory:
        known = memory.known.edit_id
        return None if known is None else _still_there(door, known)


def start(door: Door, priced: Priced, wish: Wish, *, nonce: str = "") -> Started:
    """Make the edit, or find the one that this very call made before; with another `nonce` it is
    another call.

    Raises CommandRefused, ApiRefusal, OutOfReach.
    """
    clip = priced.clip
    if priced.refusal is not None:
        raise CommandRefused(f"{clip.name}: {priced.refusal}")
    name = _name(door, clip, wish, nonce)
    with Memory(name).held() as memory:
        known = memory.known.edit_id
        if known is not None:
            edit = _still_there(door, known)
            if edit is not None:
                return Started(clip=clip, edit=edit, is_new=False)
            memory.forget()
        if door.bring is not None and isinstance(clip, FileClip):
            door.bring(clip.path)
        source = memory.known.source or _placed(door, clip)
        memory.note(source=source)
        pictures = {
            str(path): memory.known.pictures.get(str(path)) or picture(door, path)
            for path in wish.files()
        }
        memory.note(pictures=pictures)
        body = {
            **wish.request(lambda name: pictures.get(str(Path(name)), name)),
            **wish.own_words(),
        }
        body["source"] = source
        key = hashlib.sha256(f"{name}\n{source}".encode()).hexdigest()
        answer = door.ask("POST", "/edits", body, {"idempotency-key": key})
        edit = answer.json
        memory.note(edit_id=edit["edit_id"])
        return Started(clip=clip, edit=edit, is_new=answer.status == 202)


def _name(door: Door, clip: Clip, wish: Wish, nonce: str = "") -> str:
    said = {**wish.request(_digest), **wish.own_words()}
    return fingerprint(door.identity, clip.digest(), said, nonce)


def _still_there(door: Door, edit_id: str) -> dict[str, Any] | None:
    """The edit of an earlier call; None where it says nothing about this one."""
    try:
        edit = door.edit(edit_id)
    except ApiRefusal as refusal:
        if refusal.status == 404:  # its record has expired
            return None
        raise
    # Nothing was sent for it, and the clip it names is gone: another upload may do.
    is_lost = edit.get("reason") == "INPUT_GONE" or edit.get("erased_at") is not None
    return None if is_lost else edit


def _placed(door: Door, clip: Clip) -> str:
    if not isinstance(clip, FileClip):
        return clip.key
    return upload(door, clip.path, clip.content_type, _told(clip.name))


def _told(name: str) -> Callable[[int, int], None] | None:
    """Uploads of some size show how far they are, where somebody watches."""
    from command.terminal import is_lively

    if not is_lively(sys.stderr):
        return None

    def show(done: int, size: int) -> None:
        end = "\r\x1b[2K" if done == size else ""
        sys.stderr.write(f"\r\x1b[2K  uploading {done * 100 // size:3d} %{end}")
        sys.stderr.flush()

    return show


def picture(door: Door, path: Path) -> str:
    """Put a reference picture into the inbox, and give its key."""
    return upload(door, path, _kind_of(path))


def check_pictures(wish: Wish) -> None:
    """Before anything is priced. Raises CommandRefused for a file that is no picture."""
    for path in wish.files():
        _kind_of(path)


def _kind_of(path: Path) -> str:
    kind = PICTURES.get(path.suffix.lower())
    if kind is None:
        raise CommandRefused(f"{path} is no picture; pictures end in {', '.join(PICTURES)}.")
    return kind


def distinct(priced: Sequence[Priced]) -> list[Priced]:
    """Clips with the same bytes once: they are one edit, and one bill."""
    return list({each.clip.digest(): each for each in priced}.values())


def _digest(key_or_file: str) -> str:
    """Of a file its bytes, whatever it is called; a key stands for itself."""
    path = Path(key_or_file)
    return FileClip(path).digest() if path.is_file() else key_or_file

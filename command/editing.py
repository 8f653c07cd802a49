"""One call that asks for edits: prices, consent, the edits themselves, and what came of them."""

import sys
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from command import clips as clipping
from command import listings, wording
from command.door import Door
from command.exits import Exit
from command.following import (
    ENDED,
    at_stack,
    check_place,
    fetch,
    follow,
    needs_approval,
    place_for,
)
from command.refusals import ApiRefusal, CommandRefused
from command.starting import (
    Consent,
    Priced,
    Started,
    check_pictures,
    distinct,
    price,
    remembered,
    start,
)
from command.terminal import print_json, say
from command.wishes import Wish
from local.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How an edit is asked for, beside what it shall be. `width` is that of what is printed."""

    out: Path | None = None
    is_json: bool = False
    is_detached: bool = False
    is_dry: bool = False
    again: bool = False
    width: int | None = None


class OpenDoor(Protocol):
    """Whatever leads to a stack."""

    def open(self) -> Door: ...


def edit_all(place: OpenDoor, what: str, wish: Wish, consent: Consent, ways: Ways) -> int:
    """Everything that `what` names, from its price to its result. The answer is an exit code."""
    is_file = not what.startswith(clipping.SCHEME) and not Path(what).is_dir()
    if is_file:
        clipping.existing(Path(what))
    check_place(ways.out, is_folder=not is_file)
    check_pictures(wish)
    door = place.open()
    clips = clipping.named(what, door)
    priced = [price_of_one(door, each, wish, alone=len(clips) == 1) for each in clips]
    if ways.is_dry:
        return _tell_prices(priced, ways)
    taken = [each for each in priced if each.refusal is None]
    if not taken:
        raise CommandRefused(f"{priced[0].clip.name}: {priced[0].refusal}", code=priced[0].code)
    # What the same call made before costs nothing more.
    fresh = [it for it in taken if ways.again or remembered(door, it.clip, wish) is None]
    for note in dict.fromkeys(note for each in fresh for note in each.notes):
        say(note)
    consent.obtain(fresh if ways.again else distinct(fresh), door)
    return _begin(door, priced, wish, ways)


def price_of_one(door: Door, clip: Any, wish: Wish, *, alone: bool) -> Priced:
    """Among several clips one that is no video stops none of the others."""
    try:
        return price(door, clip, wish)
    except CommandRefused as refusal:
        said = str(refusal).removeprefix(f"{clip.name}: ")
        return Priced(clip=clip, model="", provider="", usd=None, refusal=said, code=refusal.code)
    except ApiRefusal as refusal:
        if alone or refusal.status != 422:
            raise
        return Priced(
            clip=clip, model="", provider="", usd=None, refusal=str(refusal), code=refusal.code
        )


def _begin(door: Door, priced: list[Priced], wish: Wish, ways: Ways) -> int:
    started: list[Started] = []
    refused: list[Priced] = []
    for each in priced:
        try:
            made = start(door, each, wish, nonce=uuid.uuid4().hex if ways.again else "")
        except (ApiRefusal, CommandRefused) as refusal:
            if len(priced) == 1:
                raise
            say(f"{each.clip.name}: not taken: {each.refusal or refusal}")
            refused.append(replace(each, refusal=each.refusal or str(refusal)))
            continue
        note = "" if made.is_new else "  (made by the same call before)"
        edit_id, model = made.edit["edit_id"], made.edit.get("model") or each.model
        which = f"{each.clip.name}  " if len(priced) > 1 else ""
        say(f"{which}{edit_id}  {wording.usd_of(each.usd)}  {model}{note}")
        started.append(made)
    if ways.is_detached:
        _tell_where([each.edit["edit_id"] for each in started], door)
        return _ended(door, started, refused, ways, saved={})
    try:
        return _wait(door, started, refused, ways)
    except KeyboardInterrupt:
        say()
        say("It goes on without you.")
        _tell_where([each.edit["edit_id"] for each in started], door)
        raise


def _wait(door: Door, started: list[Started], refused: list[Priced], ways: Ways) -> int:
    """Save each result as soon as it is there; what cannot be saved keeps back no other."""
    saved: dict[clipping.Clip, Path] = {}
    faults: list[UserError] = []
    is_folder = len(started) + len(refused) > 1

    def save(edit: dict[str, Any]) -> None:
        # Clips with the same bytes are one edit, and each has its result beside it.
        for each in started if edit["status"] == "SUCCEEDED" else ():
            if each.edit["edit_id"] != edit["edit_id"]:
                continue
            try:
                path = place_for(edit, each.clip.stem, ways.out, is_folder=is_folder)
                saved[each.clip] = fetch(door, edit, path)
            except UserError as fault:
                say(f"{each.clip.name}: {fault} The same call again fetches it.")
                faults.append(fault)

    ended = follow(door, [each.edit for each in started], save)
    done = [replace(it, edit=edit) for it, edit in zip(started, ended, strict=True)]
    code = _ended(door, done, refused, ways, saved=saved)
    if faults and code in (Exit.DONE, Exit.REFUSED):
        return faults[0].exit_code
    return code


def _ended(
    door: Door,
    started: list[Started],
    refused: list[Priced],
    ways: Ways,
    saved: dict[clipping.Clip, Path],
) -> int:
    """Tell what came of each; the exit code says whether all of it went well."""
    if ways.is_json:
        told = [as_made(each, saved.get(each.clip)) for each in started]
        print_json({"edits": told, "refused": [_as_told(each) for each in refused]})
    for each in started:
        edit = each.edit
        if edit["status"] == "SUCCEEDED" and not ways.is_json:
            is_paid = door.is_paid(str(edit.get("provider")))
            path = saved.get(each.clip)
            print(wording.of_end(edit, is_paid=is_paid, saved=path, width=ways.width))
        elif edit["status"] in ENDED and edit["status"] != "SUCCEEDED":
            print(f"retake: {edit['edit_id']} {wording.refusal(edit)}", file=sys.stderr)
            if not each.is_new:
                hint = f"retake: `{wording.called()} retry {edit['edit_id']}` tries it again."
                print(hint, file=sys.stderr)
    went_wrong = any(
        each.edit["status"] in ENDED and each.edit["status"] != "SUCCEEDED" for each in started
    )
    if went_wrong:
        return Exit.NOT_DONE
    if not ways.is_detached and any(needs_approval(each.edit) for each in started):
        return Exit.NEEDS_CONSENT
    return Exit.REFUSED if refused else Exit.DONE


def _tell_where(edit_ids: list[str], door: Door) -> None:
    """How to come back to what goes on."""
    if door.is_passing:
        say("The same call again fetches its result, and pays nothing more.")
        return
    stack = at_stack(door)
    edit_ids = list(dict.fromkeys(edit_ids))
    for edit_id in edit_ids[:3]:
        say(f"{wording.called()} show {edit_id} --wait{stack}")
    if len(edit_ids) > 3:
        say(f"{wording.called()} list{stack}")


def as_made(started: Started, saved: Path | None) -> dict[str, Any]:
    """One edit as --json tells it."""
    return {
        "clip": started.clip.name,
        "is_new": started.is_new,
        "saved_as": None if saved is None else str(saved),
        "edit": started.edit,
    }


def _as_told(priced: Priced) -> dict[str, Any]:
    return {
        "clip": priced.clip.name,
        "model": priced.model or None,
        "quoted_usd": priced.usd,
        "pieces": priced.pieces or None,
        "billed_seconds": priced.billed_seconds,
        "notes": list(priced.notes) or None,
        "refusal": priced.refusal,
        "code": priced.code,
    }


def _tell_prices(priced: list[Priced], ways: Ways) -> int:
    taken = [each for each in priced if each.refusal is None]
    bought = taken if ways.again else distinct(taken)
    if ways.is_json:
        total = round(sum(each.usd or 0.0 for each in bought), 4)
        print_json({"prices": [_as_told(each) for each in priced], "total_usd": total})
    else:
        told = [(each.clip.name, each.usd, each.model, each.refusal or "") for each in priced]
        total = sum(each.usd or 0.0 for each in bought)
        print(listings.of_prices(told, total, ways.width))
        for each in taken:
            if each.pieces:
                print(f"  {each.clip.name}: {each.said_of_pieces}")
                print("".join(f"  {note}\n" for note in each.notes), end="")
    return Exit.DONE if len(taken) == len(priced) else Exit.REFUSED

"""cancel, retry, recover, approve, reject and erase: one call each, and what came of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from command.main import Verb
from command.options import an_edit, as_json, asks, at_a_stack
from command.terminal import print_json

if TYPE_CHECKING:
    from command.door import StackChoice

# So often, and so far apart, is looked whether an erasure is done or held up.
ERASING_LOOKS, ERASING_SECONDS = 10, 1.0

Sentence = Callable[[int, dict[str, Any]], str]


def _one(name: str, help_text: str, sentence: Sentence) -> click.Command:
    """A verb that is one call about one edit, of the same name."""

    @click.command(name, cls=Verb, help=help_text)
    @an_edit
    @as_json
    @at_a_stack
    def verb(place: "StackChoice", edit_id: str, is_json: bool) -> int:
        answer = place.open().ask("POST", f"/edits/{edit_id}/{name}")
        if is_json:
            print_json(answer.json)
        else:
            print(f"  {sentence(answer.status, answer.json)}")
        return 0

    return verb


def _cancelled(_: int, said: dict[str, Any]) -> str:
    return f"{said['outcome']}: {said['message']}"


def _retried(status: int, said: dict[str, Any]) -> str:
    when = "now" if status == 202 else "since an earlier call"
    return f"{said['edit_id']} tries {said.get('retry_of')} again, {when}."


def _recovered(status: int, said: dict[str, Any]) -> str:
    if status == 200:
        return f"{said['edit_id']} has its result."
    return (
        f"The result of {said['edit_id']} is looked for: `retake show` says within minutes what "
        "came of it, and a message tells of a result."
    )


cancel = _one(
    "cancel",
    "Stop an edit as far as that is possible. What a provider has begun may be billed; the answer "
    "says what is.",
    _cancelled,
)
retry = _one(
    "retry",
    "Try a failed edit again, as a new edit. Called twice, it is the same new one.",
    _retried,
)
recover = _one(
    "recover",
    "Fetch the result of an edit that was sent and ended without it. Nothing new is billed.",
    _recovered,
)


def _answer(name: str, word: str, told: str, help_text: str) -> click.Command:
    """A verb that answers an edit which asks about its price: for the amount that was read."""

    @click.command(name, cls=Verb, help=help_text)
    @an_edit
    @click.option("--yes", is_flag=True, help="do not ask")
    @as_json
    @at_a_stack
    def verb(place: "StackChoice", edit_id: str, yes: bool, is_json: bool) -> int:
        from command.exits import Exit
        from command.refusals import CommandRefused, NoConsent
        from command.wording import usd_of

        door = place.open()
        asked = door.edit(edit_id).get("approval") or {}
        amount = asked.get("quoted_usd")
        if amount is None:
            raise CommandRefused(f"{edit_id} does not ask for anybody's approval.")
        question = f"{name.capitalize()} {usd_of(amount)} for {edit_id}?"
        ask = None if is_json else asks()
        if not yes and not (ask and ask(question)):
            raise NoConsent(
                f"{question} Say so with --yes." if ask is None else "Nothing was said."
            )
        said = door.read(
            "POST", f"/edits/{edit_id}/approval", {"answer": word, "quoted_usd": amount}
        )
        if is_json:
            print_json(said)
        else:
            print(f"  {said['edit_id']}: {told.format(usd=usd_of(amount))}.")
        return Exit.DONE

    return verb


approve = _answer(
    "approve",
    "yes",
    "approved, {usd}",
    "Agree to what an edit costs that waits for somebody to do so.",
)
reject = _answer(
    "reject",
    "no",
    "refused, nothing is billed",
    "Refuse what an edit would cost; it ends, and nothing is billed.",
)


@click.command(cls=Verb)
@an_edit
@click.option("--yes", is_flag=True, help="do not ask")
@as_json
@at_a_stack
def erase(place: "StackChoice", edit_id: str, yes: bool, is_json: bool) -> int:
    """Erase an edit that has ended: its clip in the version that was edited, its result, and the
    provider's copy where the provider documents how. What was bought, when and for how much stays
    on record."""
    from command.refusals import NoConsent

    question = f"Erase {edit_id} for good?"
    ask = None if is_json else asks()
    if not yes and not (ask and ask(question)):
        raise NoConsent(f"{question} Say so with --yes." if ask is None else "Nothing was erased.")
    door = place.open()
    said = door.ask("DELETE", f"/edits/{edit_id}").json
    for _ in range(ERASING_LOOKS):
        erasure = said.get("erasure") or {}
        if said.get("erased_at") or erasure.get("waits_for"):
            break
        door.pause(ERASING_SECONDS)
        said = door.edit(edit_id)
    if is_json:
        print_json(said)
    else:
        print(f"  {_erased(said)}")
    return 0


def _erased(said: dict[str, Any]) -> str:
    waits = (said.get("erasure") or {}).get("message")
    if not said.get("erased_at"):
        told = waits or "`retake show` has the receipt within minutes."
        return f"{said['edit_id']} is being erased; {told}"
    lines = [f"{said['edit_id']} was erased."]
    for line in (said.get("erasure") or {}).get("receipt") or []:
        told = f"  {line['fate']:<7} {line['what']} ({line['where']})"
        lines.append(f"  {told}  {line.get('message', '')}".rstrip())
    return "\n".join(lines)

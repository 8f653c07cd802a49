"""deploy, doctor, redrive, resume and logs: for whoever looks after a stack."""

from typing import TYPE_CHECKING

import click

from command.main import Verb
from command.options import an_edit, as_json, asks, at_a_stack, out_width
from command.terminal import print_json

if TYPE_CHECKING:
    from command.door import StackChoice


@click.command(cls=Verb)
@click.option("--env", default="dev", show_default=True, help="the section of samconfig.toml")
def deploy(env: str) -> int:
    """Build, and deploy to your AWS account: the stack that the section of samconfig.toml names,
    with the profile and region of your AWS configuration. It takes a clone of the project."""
    from local.emulator.engine import ROOT
    from local.errors import UserError

    if not (ROOT / "tools").is_dir():
        raise UserError("Deploying takes a clone of the project; there, type ./retake deploy.")
    from tools.deploy import SAM
    from tools.deploy import deploy as build_and_deploy

    if not SAM.exists():
        raise UserError("The SAM CLI is not set up yet; type: make deploy")
    return build_and_deploy(env)


@click.command(cls=Verb)
@click.option("--model", metavar="KEY", help="for the one edit; else the stack's default")
@click.option("--yes", is_flag=True, help="make the one edit that costs money, without asking")
@as_json
@at_a_stack
def doctor(place: "StackChoice", model: str | None, yes: bool, is_json: bool) -> int:
    """Check a deployed stack with your credentials, for what no run on one machine can prove. What
    it makes it removes; the one edit that costs money it makes only if you agree."""
    from command.doctor import SpendingConsent, examine

    account = place.account()
    return examine(
        account, SpendingConsent(yes, None if is_json else asks()), model, is_json=is_json
    )


@click.command(cls=Verb)
@click.option("--dry-run", is_flag=True, help="only say how many there are")
@as_json
@at_a_stack
def redrive(place: "StackChoice", dry_run: bool, is_json: bool) -> int:
    """Send what lies in the dead-letter queue to the intake queue again. An upload that has its
    edit already is recognised, so nothing is made or billed twice; mend the cause first."""
    from command.dead_letters import DeadLetters

    letters = DeadLetters.of(place.open())
    count = letters.count()
    moves = count > 0 and not dry_run
    if moves:
        letters.move()
    if is_json:
        print_json({"waiting": count, "is_moving": moves})
    else:
        told = "on its way back" if moves else "in the dead-letter queue"
        print(f"  {count or 'nothing'} {told if count else 'in the dead-letter queue'}")
    return 0


@click.command(cls=Verb)
@click.argument("provider", metavar="PROVIDER")
@as_json
@at_a_stack
def resume(place: "StackChoice", provider: str, is_json: bool) -> int:
    """Try a provider again at once, after its account was topped up or its key mended. Edits that
    wait for that go on when the first of them is taken; without it they find out within an hour."""
    said = place.open().read("POST", f"/providers/{provider}/try")
    if is_json:
        print_json(said)
    elif said["keys"]:
        print(f"  {' and '.join(said['keys'])}: tried at once.")
    else:
        print(f"  Nothing keeps edits from {provider}.")
    return 0


@click.command(cls=Verb)
@an_edit
@as_json
@at_a_stack
def logs(place: "StackChoice", edit_id: str, is_json: bool) -> int:
    """One edit as a timeline: its record, the history of its workflow, and what the functions
    logged about it."""
    from command.timeline import of_edit, told

    door = place.open()
    moments = of_edit(door, door.edit(edit_id))
    if is_json:
        print_json({"edit_id": edit_id, "moments": [it.as_json() for it in moments]})
    else:
        print(told(moments, out_width()))
    return 0

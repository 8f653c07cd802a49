"""Options that several verbs take, spelled and explained alike."""

import functools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from command.refusals import CommandRefused
from command.terminal import columns, is_terminal

Function = TypeVar("Function", bound=Callable[..., Any])
MODEL = "its key, as `retake models` lists them"


class Amount(click.ParamType[float]):
    """A number above zero, up to a limit; what is no number (nan) is none."""

    def __init__(self, name: str, most: float) -> None:
        self.name = name
        self._most = most

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        try:
            amount = float(value)
        except ValueError:
            amount = 0.0
        if not 0 < amount <= self._most:
            self.fail(f"{value!r} is no number of {self.name} up to {self._most:g}", param, ctx)
        return amount


DOLLARS = Amount("dollars", 1_000_000)


def on_a_port(function: Function) -> Function:
    """Where the board is served on this machine."""
    return click.option("--board-port", type=int, metavar="P", default=4567, show_default=True)(
        function
    )


def at_a_stack(function: Callable[..., Any]) -> Callable[..., Any]:
    """Which stack: the verb gets a `place` to open."""

    @click.option("--stack", envvar="RETAKE_STACK", metavar="NAME", help="a deployed stack")
    @click.option("--profile", metavar="NAME", help="of your AWS configuration")
    @click.option("--region", metavar="NAME", help="where the stack is")
    @click.option("--endpoint-url", metavar="URL", help="another place than AWS")
    @click.option(
        "--address",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="of one of several stacks on this machine: what its `up --address` wrote",
    )
    @functools.wraps(function)
    def with_place(
        *,
        stack: str | None,
        profile: str | None,
        region: str | None,
        endpoint_url: str | None,
        address: Path | None,
        **others: Any,
    ) -> Any:
        from command.door import StackChoice  # here: it takes an AWS client along

        place = StackChoice(
            stack=stack,
            profile=profile,
            region=region,
            endpoint_url=endpoint_url,
            address=address,
        )
        return function(place=place, **others)

    return with_place


def as_json(function: Function) -> Function:
    return click.option("--json", "is_json", is_flag=True, help="print the answer as JSON")(
        function
    )


def film_options(function: Function) -> Function:
    """What is said of a clip that is edited in pieces (`--fit split`)."""
    for option in (
        click.option(
            "--piece-messages/--no-piece-messages", default=None, help="tell of each piece, too"
        ),
        click.option(
            "--if-piece-fails",
            type=click.Choice(["fail", "keep_source", "partial"], case_sensitive=False),
            metavar="WHAT",
            help="then: fail, keep_source (that piece as it was) or partial (the others first)",
        ),
        click.option(
            "--overlap-frames",
            type=click.IntRange(0, 30),
            metavar="N",
            help="frames that two pieces share where no scene changes, faded; they cost twice",
        ),
        click.option(
            "--anchor-image",
            type=click.IntRange(1, 16),
            metavar="N",
            help="which --image is the anchor, 1 for the first",
        ),
        click.option(
            "--consistency",
            type=click.Choice(["anchor", "chained", "none"], case_sensitive=False),
            help="with --fit split: which pictures hold the pieces together",
        ),
    ):
        function = option(function)
    return function


class _EditId(click.ParamType[str]):
    """What may be asked for; anything else would be another path of the API."""

    name = "EDIT_ID"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        if not re.fullmatch(r"e-[0-9a-z]{20}", str(value)):
            raise CommandRefused(
                f"{str(value)!r} is no edit's id; one is e- and 20 letters and digits."
            )
        return str(value)


EDIT_ID = _EditId()


def an_edit(function: Function) -> Function:
    return click.argument("edit_id", metavar="EDIT_ID", type=EDIT_ID)(function)


def asks() -> Callable[[str], bool] | None:
    """A way to ask whoever sits there; None where nobody does."""
    if not is_terminal():
        return None
    return lambda question: click.confirm(f"  {question}", err=True)


def out_width() -> int | None:
    """The width of what is printed; None where it goes into a pipe or a file."""
    return columns() if sys.stdout.isatty() else None

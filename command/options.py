"""Options that several verbs take, spelled and explained alike."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from command.terminal import columns

Function = TypeVar("Function", bound=Callable[..., Any])
MODEL = "its key, as `retake models` lists them"


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
        from command.door import Place  # here: it takes an AWS client along

        place = Place(
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


def an_edit(function: Function) -> Function:
    return click.argument("edit_id", metavar="EDIT_ID")(function)


def asks() -> Callable[[str], bool] | None:
    """A way to ask whoever sits there; None where nobody does."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return lambda question: click.confirm(f"  {question}", err=True)


def out_width() -> int | None:
    """The width of what is printed; None where it goes into a pipe or a file."""
    return columns() if sys.stdout.isatty() else None

"""demo, up and ledger: the stack on this machine itself."""

from pathlib import Path
from typing import Any

import click

from command.main import Verb
from command.options import Amount, as_json, on_a_port
from command.terminal import print_json

PROMPT = "Turn the day into dusk"


class _Assignment(click.ParamType[tuple[str, str]]):
    """NAME=VALUE."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, said = str(value).partition("=")
        if not name or not equals:
            self.fail(f"{value!r} is not of the form NAME=VALUE", param, ctx)
        return name, said


class _ProviderUrl(_Assignment):
    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        from local.whole_stack import PROVIDERS

        name, url = super().convert(value, param, ctx)
        if name not in PROVIDERS:
            self.fail(f"{name!r} is none of {', '.join(PROVIDERS)}", param, ctx)
        return name, url.rstrip("/")


@click.command(cls=Verb)
@click.option("--video", type=click.Path(path_type=Path), metavar="FILE", help="your own clip")
@click.option("-p", "--prompt", default=PROMPT, show_default=True, help="what to change")
@click.option("--model", metavar="KEY", help="for example fal/kling-o1-edit")
@as_json
def demo(video: Path | None, prompt: str, model: str | None, is_json: bool) -> int:
    """One edit in a stack of its own, shown from upload to message; then it ends. It takes no AWS
    account and no key: the provider is simulated."""
    from command.studio import show_demo

    settings = {"prompt": prompt} | ({"model": model} if model else {})
    return show_demo(video, settings, is_json=is_json)


@click.command(cls=Verb)
@click.option("--port", type=int, metavar="P", help="of the AWS APIs; any that is free")
@on_a_port
@click.option(
    "--provider-url",
    type=_ProviderUrl(),
    multiple=True,
    help="another server instead of a simulator: novita=http://127.0.0.1:9000",
)
@click.option(
    "--seconds",
    type=Amount("seconds", 3600),
    metavar="S",
    help="how long a simulated edit takes (6)",
)
@click.option("--fast", is_flag=True, help="hardly wait at all: for tests, not for watching")
@click.option(
    "--set",
    "parameters",
    type=_Assignment(),
    multiple=True,
    help="a parameter of template.yaml: DeadlineSeconds=30",
)
@click.option(
    "--address",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="where to write down where everything is",
)
@as_json
def up(  # noqa: PLR0913  each is an option of its own
    port: int | None,
    board_port: int,
    provider_url: tuple[tuple[str, str], ...],
    seconds: float | None,
    fast: bool,
    parameters: tuple[tuple[str, str], ...],
    address: Path | None,
    is_json: bool,
) -> int:
    """Keep a stack up on this machine until Ctrl-C, with a board to drop clips onto. It keeps
    nothing between two runs: edits, results and settings end with it."""
    from command import studio
    from command.live import check_reachable
    from local.emulator.running_stack import ADDRESS_FILE
    from local.whole_stack import Studio

    for name, url in provider_url:
        check_reachable(name, url)
    made = Studio(
        port=port,
        seconds=seconds or (studio.FAST_SECONDS if fast else studio.USUAL_SECONDS),
        wait_scale=studio.FAST_SCALE if fast else 1.0,
        provider_urls=dict(provider_url),
        parameters=studio.WATCHABLE | dict(parameters),
    )
    return studio.keep_up(made, address or ADDRESS_FILE, board_port, is_json=is_json)


@click.command(cls=Verb)
@click.option("--address", type=click.Path(path_type=Path), metavar="FILE")
@as_json
def ledger(address: Path | None, is_json: bool) -> int:
    """What the simulated providers of the stack on this machine took and billed."""
    from command.wording import of_ledger
    from local.emulator.running_stack import ADDRESS_FILE, Address, Stack

    book = Stack(Address.read(address or ADDRESS_FILE)).ledger()
    if is_json:
        print_json(book)
    else:
        print(of_ledger(book))
    return 0

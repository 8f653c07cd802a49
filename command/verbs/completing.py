"""completion: for shells."""

import click

from command.main import Verb, cli


@click.command(cls=Verb)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print what SHELL needs to complete `retake`:

    \b
    eval "$(retake completion bash)"
    eval "$(retake completion zsh)"
    retake completion fish | source
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"{shell} is not known here.")
    print(found(cli, {}, "retake", "_RETAKE_COMPLETE").source())
    return 0

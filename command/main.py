"""`retake`: its verbs, and how every one of them ends."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from command.exits import MEANINGS, Exit
from command.terminal import columns
from local.errors import UserError

# Verb → its file in command/verbs and what it does. A verb is read when it is called, so that help
# and completion take no AWS client along.
VERBS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Run it": {
        "demo": ("studio", "one edit in a stack of its own, from upload to message"),
        "up": ("studio", "keep a stack up on this machine until Ctrl-C"),
        "deploy": ("operating", "build, and deploy to your AWS account"),
        "doctor": ("operating", "check a deployed stack from outside"),
    },
    "Edit": {
        "edit": ("editing", "edit a clip, a folder of clips, or clips in the inbox"),
        "watch": ("watching", "edit every clip that is put into a folder"),
        "quote": ("editing", "what an edit would cost, and who would take it"),
        "models": ("looking", "what each model takes and costs"),
    },
    "Look": {
        "list": ("looking", "the latest edits, newest first"),
        "show": ("looking", "one edit"),
        "open": ("links", "before and after, in the browser"),
        "costs": ("looking", "what was spent"),
        "logs": ("operating", "one edit as a timeline"),
        "ledger": ("studio", "what the simulated providers took and billed"),
        "board": ("links", "a link to the board of the latest edits"),
        "share": ("links", "a link to one edit, before and after"),
    },
    "Change": {
        "cancel": ("changing", "stop an edit, as far as that is possible"),
        "retry": ("changing", "try a failed edit again"),
        "recover": ("changing", "fetch a result that came late, with no new bill"),
        "approve": ("changing", "agree to what an edit costs"),
        "reject": ("changing", "refuse what an edit would cost"),
        "erase": ("changing", "erase an edit that has ended"),
        "webhooks": ("webhooks", "send webhooks once more"),
        "resume": ("operating", "try a provider again, after a top-up"),
        "redrive": ("operating", "take in what lies in the dead-letter queue"),
    },
    "Connect": {
        "mcp": ("agents", "the door for agents, over stdio"),
        "completion": ("completing", "what a shell needs to complete `retake`"),
    },
}
_FILES = {verb: told for verbs in VERBS.values() for verb, told in verbs.items()}

# What other programs call a verb of ours.
MEANT: Mapping[str, Sequence[str]] = {"status": ("show", "list"), "ls": ("list",), "get": ("show",)}

EXAMPLES = """\
retake demo
retake up
retake edit clip.mp4 -p "Make it snow"
retake edit holiday/ -p "Make it dusk" --dry-run
retake edit clip.mp4 -p "Make it snow" --stack retake-dev
retake list --json | jq -r '.edits[].edit_id'
retake show e-4k2v9q7x0c1m8n3b5d6f
"""


class Narrow(click.Context):
    """Help that also fits a terminal of 40 columns."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.terminal_width = min(columns(), 100) - 2


class Verb(click.Command):
    """One verb; on a narrow terminal its options stand above what they mean."""

    context_class = Narrow

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        told = [it for each in options if (it := each.get_help_record(ctx))]
        with formatter.section("Options"):
            formatter.write_dl(told, col_max=24 if columns() >= 60 else 10)


class _Retake(click.Group):
    context_class = Narrow

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_FILES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _FILES:
            return None
        module = import_module(f"command.verbs.{_FILES[cmd_name][0]}")
        verb: click.Command = getattr(module, cmd_name.replace("list", "list_"))
        return verb

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _FILES and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = MEANT.get(args[0]) or get_close_matches(args[0], _FILES, n=1)
            hint = (
                f"; did you mean {' or '.join(near)}?" if near else ". `retake --help` lists them."
            )
            raise click.UsageError(f"There is no verb {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(len(verb) for verb in _FILES)
        for title, verbs in VERBS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(f"{verb:<{widest}}", told) for verb, (_, told) in verbs.items()]
                )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for line in EXAMPLES.splitlines():
                formatter.write(f"  {line}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(f"{int(code):>3}", told) for code, told in MEANINGS.items()])


def _version(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    """Of what was installed, or of the clone."""
    if is_asked:
        import tomllib
        from importlib.metadata import PackageNotFoundError, version

        from local.emulator.engine import ROOT

        try:
            print(version("retake"))
        except PackageNotFoundError:
            print(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])
        ctx.exit()


@click.command(cls=_Retake, no_args_is_help=True)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version)
def cli() -> None:
    """Edit video by instruction, in the stack on this machine or, with --stack NAME, in one that
    is deployed. What is an answer goes to stdout, what is only told to stderr; every verb takes
    --json and --help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; the answer is its exit code (command/exits.py)."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    # A script that started this with & has it ignored; its Ctrl-C shall end this all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return int(cli.main(typed, prog_name="retake", standalone_mode=False) or 0)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as wrong:
        wrong.show()
        if "--json" in typed:
            _print_error(Exit(wrong.exit_code).name, wrong.format_message(), wrong.exit_code)
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        print(file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Who reads has had enough; what is left in the buffer must not complain at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.NOT_DONE
    except Exception as error:
        told = _told(error) or _unforeseen(error)
        return _tell(*told, as_json="--json" in typed)


def _told(error: Exception) -> tuple[str, str, int] | None:
    """Code, sentence and exit code of an error that is meant for a person."""
    from botocore.exceptions import BotoCoreError, ClientError

    from local.emulator.running_stack import NotFinished

    if isinstance(error, UserError):
        code = getattr(error, "code", None) or Exit(error.exit_code).name
        return str(code), str(error), error.exit_code
    if isinstance(error, NotFinished):
        return Exit.NOT_DONE.name, str(error), Exit.NOT_DONE
    if isinstance(error, (BotoCoreError, ClientError)):
        said = f"AWS did not answer as it should: {error}"
        return Exit.OUT_OF_REACH.name, said, Exit.OUT_OF_REACH
    return None


def _unforeseen(error: Exception) -> tuple[str, str, int]:
    """A fault of this command: one sentence, and its traceback for whoever asks for that."""
    if os.environ.get("RETAKE_TRACEBACK"):
        traceback.print_exception(error)
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return (
        "UNFORESEEN",
        f"A fault of the command itself ({said}). What was started goes on: `retake list` shows "
        "it. RETAKE_TRACEBACK=1 tells where it happened.",
        Exit.NOT_DONE,
    )


def _tell(code: str, sentence: str, exit_code: int, *, as_json: bool) -> int:
    print(f"retake: {sentence}", file=sys.stderr)
    if as_json:
        _print_error(code, sentence, exit_code)
    return exit_code


def _print_error(code: str, sentence: str, exit_code: int) -> None:
    facts = {"code": code, "message": sentence, "exit_code": int(exit_code)}
    print(json.dumps({"error": facts}))


def _leave(number: int, frame: object) -> NoReturn:
    """Ends like any other exit, so that everything started is ended too."""
    raise SystemExit(128 + number)

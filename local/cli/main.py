"""`python -m local`: the whole stack on one machine, from the command line."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from local.cli import commands
from local.cli.board_server import DEFAULT_PORT as BOARD_PORT
from local.cli.link_minting import BOARD_DAYS, MAX_DAYS, SHARE_DAYS
from local.emulator.running_stack import ADDRESS_FILE, NotFinished
from local.errors import UserError
from local.whole_stack import PROVIDERS

_EXAMPLES = """\
examples:
  python -m local demo                          one edit, from upload to message, and it ends
  python -m local demo --video holiday.mp4 --prompt "Make it snow"
  python -m local up                            the stack stays up; Ctrl-C ends it
  python -m local edit clip.mp4 --prompt "Turn it into a pencil sketch"
  python -m local edit clip.mp4 --prompt "Make it rain" --json | jq .result.key
  python -m local ledger                        what the simulated providers took and billed
  python -m local board                         a link to the board: the latest edits, moving
  python -m local board --stack-name retake-dev --days 1    the same for a stack on AWS
  python -m local share e-4k2v9q7x0c1m8n3b5d6f              a link to one edit, before and after
  python -m local recover e-4k2v9q7x0c1m8n3b5d6f            fetch a result that came late
"""
_OF_LINKS = """\
Prints one address and nothing else. Whoever has it may look until it expires, without an account;
it lets nobody change anything. It is signed with the stack's own secret (STACK/links, for the board
STACK/board), which for a stack on AWS is read with your profile: it needs
cloudformation:DescribeStacks, secretsmanager:GetSecretValue and dynamodb:GetItem. To take back
every link at once, replace that secret (docs/operations.md); those of one edit: share --revoke.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the answer is the exit code: 0, 1 (told in one line), 2 (usage) or 130."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    # A script that started this with & has it ignored; its Ctrl-C shall end this all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return int(options.run(options))
    except (UserError, NotFinished) as error:
        print(f"retake: {error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"retake: the stack did not answer as it should: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130


def _leave(number: int, frame: object) -> NoReturn:
    """Ends like any other exit, so that everything started is ended too."""
    raise SystemExit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    _up(verbs)
    _demo(verbs)
    _edit(verbs)
    _status(verbs)
    _ledger(verbs)
    _board(verbs)
    _share(verbs)
    _recover(verbs)
    return parser


def _up(verbs: Any) -> None:
    up = verbs.add_parser("up", help="start the stack and keep it up until Ctrl-C")
    up.set_defaults(run=commands.up)
    up.add_argument("--port", type=int, help="of the AWS APIs (any that is free)")
    up.add_argument(
        "--board-port", type=int, default=BOARD_PORT, metavar="P", help="of the board (%(default)s)"
    )
    up.add_argument(
        "--provider-url",
        type=_provider_url,
        action="append",
        default=[],
        metavar="NAME=URL",
        help="let a provider be another server than its simulator, for example "
        "novita=http://127.0.0.1:9000; may be repeated",
    )
    up.add_argument(
        "--seconds", type=float, metavar="S", help="how long a simulated edit takes (6)"
    )
    up.add_argument(
        "--fast", action="store_true", help="hardly wait at all: for tests, not for watching"
    )
    up.add_argument(
        "--set",
        type=_assignment,
        action="append",
        default=[],
        metavar="PARAMETER=VALUE",
        help="a parameter of template.yaml, for example DeadlineSeconds=30",
    )
    up.add_argument("--json", action="store_true", help="print where everything is as JSON")
    _add_stack(up, "where to write down where everything is (.local/stack.json)")


def _demo(verbs: Any) -> None:
    demo = verbs.add_parser("demo", help="show one edit from upload to message, then end")
    demo.set_defaults(run=commands.demo)
    demo.add_argument("--video", type=Path, metavar="FILE", help="instead of a made-up street")
    demo.add_argument("--prompt", default=commands.DEMO_PROMPT, help='"%(default)s"')
    demo.add_argument("--model", metavar="KEY", help="for example novita/kling-o1-edit")


def _recover(verbs: Any) -> None:
    recover = verbs.add_parser(
        "recover", help="fetch the result of an edit that ended without it, with no new bill"
    )
    recover.set_defaults(run=commands.recover)
    recover.add_argument("edit_id", metavar="EDIT", help="the edit's id")
    recover.add_argument("--stack-name", metavar="NAME", help="of a stack on AWS, by your profile")
    _add_stack(recover, "where it is written down where everything is (.local/stack.json)")


def _edit(verbs: Any) -> None:
    edit = verbs.add_parser("edit", help="edit a clip with the stack that is up")
    edit.set_defaults(run=commands.edit)
    edit.add_argument("clip", type=Path, metavar="CLIP", help="an mp4 or mov file")
    edit.add_argument("--prompt", required=True, help="what to change, in words")
    edit.add_argument("--model", metavar="KEY", help="for example novita/kling-o1-edit")
    edit.add_argument(
        "--keep-audio",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether the result keeps the clip's sound (it does unless told otherwise)",
    )
    edit.add_argument("--resolution", metavar="R", help="for example 1080p")
    edit.add_argument("--aspect-ratio", metavar="R", help="for example 16:9")
    edit.add_argument(
        "--fit",
        choices=("trim", "scale", "auto", "split"),
        help="what may be done to a clip that the model would not take as it is",
    )
    edit.add_argument("--consistency", choices=("anchor", "none"), help="of a clip that is split")
    edit.add_argument(
        "--if-piece-fails", choices=("fail", "keep_source"), help="of a clip that is split"
    )
    edit.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="KEY_OR_FILE",
        help="a reference picture: a file, or a key in the inbox bucket; may be repeated",
    )
    edit.add_argument("--json", action="store_true", help="print the final record as JSON")
    _add_stack(edit)


def _status(verbs: Any) -> None:
    status = verbs.add_parser("status", help="where an edit stands, or the latest edits")
    status.set_defaults(run=commands.status)
    status.add_argument("edit_id", nargs="?", metavar="EDIT_ID")
    status.add_argument("--json", action="store_true", help="print the whole record")
    _add_stack(status)


def _ledger(verbs: Any) -> None:
    ledger = verbs.add_parser("ledger", help="what the simulated providers took and billed")
    ledger.set_defaults(run=commands.ledger)
    ledger.add_argument("--json", action="store_true", help="print every entry in full")
    _add_stack(ledger)


def _board(verbs: Any) -> None:
    board = verbs.add_parser(
        "board", help="make a link to the board of the latest edits", description=_OF_LINKS
    )
    board.set_defaults(run=commands.board)
    _add_link(board, BOARD_DAYS)


def _share(verbs: Any) -> None:
    share = verbs.add_parser(
        "share", help="make a link to one edit, before and after", description=_OF_LINKS
    )
    share.set_defaults(run=commands.share)
    share.add_argument("edit_id", metavar="EDIT_ID", help="of any edit, also one that still runs")
    share.add_argument(
        "--revoke", action="store_true", help="take back every link to it instead, and no other's"
    )
    _add_link(share, SHARE_DAYS)


def _add_link(parser: argparse.ArgumentParser, days: int) -> None:
    parser.add_argument(
        "--stack-name",
        metavar="NAME",
        help="a stack on AWS, for example retake-dev; without it, the one on this machine",
    )
    parser.add_argument(
        "--days", type=_days, default=days, metavar="N", help="how long it holds (%(default)s)"
    )
    _add_stack(parser)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0
    if not 0 < days <= MAX_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days up to {MAX_DAYS}")
    return days


def _add_stack(
    parser: argparse.ArgumentParser,
    told: str = "which stack: the file that `up` writes (.local/stack.json)",
) -> None:
    parser.add_argument("--stack", type=Path, default=ADDRESS_FILE, metavar="FILE", help=told)


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def _provider_url(text: str) -> tuple[str, str]:
    name, url = _assignment(text)
    if name not in PROVIDERS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(PROVIDERS)}")
    return name, url.rstrip("/")

"""What each command of `python -m local` does. Every one returns its exit code."""

import argparse
import contextlib
import json
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from local.cli import link_minting as minting
from local.cli import wording as accounts
from local.cli.board_server import Front
from local.cli.progress import Progress
from local.emulator.api_client import call, send
from local.emulator.engine import WORKSHOP
from local.emulator.running_stack import Address, Record, Stack
from local.emulator.topic_inbox import Message, body
from local.errors import UserError
from local.smoke.account import Account
from local.whole_stack import Studio

DEMO_PROMPT = "Turn the day into dusk"
DEMO_FOLDER = WORKSHOP / "demo"
# What a person can watch: the provider is asked every two seconds instead of every minute.
WATCHABLE = {"FirstPollSeconds": "2", "MaxPollSeconds": "2"}
FAST_SCALE = 0.02
FAST_SECONDS = 0.3


def up(options: argparse.Namespace) -> int:
    """Start everything, say where it is, and keep it up."""
    studio = Studio(
        port=options.port,
        seconds=options.seconds or (FAST_SECONDS if options.fast else 6.0),
        wait_scale=FAST_SCALE if options.fast else 1.0,
        provider_urls=dict(options.provider_url),
        parameters=WATCHABLE | dict(options.set),
    )
    with Front(options.board_port) as front, studio:
        address = replace(studio.stack.address, board_url=front.url)
        front.serve(studio.stack, minting.of_local(address))
        address.write(options.stack)
        try:
            told = accounts.of_stack(address, options.stack)
            print(accounts.as_json(address) if options.json else told, flush=True)
            threading.Event().wait()
        finally:
            _forget(address, options.stack)
    return 0


def demo(options: argparse.Namespace) -> int:
    """One edit in a stack of its own, shown from upload to message."""
    began_at = time.monotonic()
    clip = _existing(options.video) if options.video else None
    DEMO_FOLDER.mkdir(parents=True, exist_ok=True)
    _say("starting the emulator and the simulators, deploying template.yaml …")
    with Studio(parameters=WATCHABLE) as studio:
        stack = studio.stack
        _say(f"the stack is up after {time.monotonic() - began_at:.1f} s")
        mailbox = stack.subscribe()
        if clip is None:
            clip = _sample()
        record = _followed(stack, clip, f"demo/{clip.name}", options)
        if record["status"] != "SUCCEEDED":
            print(f"retake: {accounts.refusal(record)}", file=sys.stderr)
            return 1
        saved = _fetch(stack, record, DEMO_FOLDER / f"{clip.stem}.edited.mp4")
        simulated = stack.is_simulated(record)
        sheet = _contact_sheet(clip, saved, record, simulated)
        messages = mailbox.messages(record["edit_id"], wait_seconds=10)
        page = _page(stack, record, DEMO_FOLDER / f"{clip.stem}.html")
        print(accounts.of_message(messages))
        print(accounts.of_result(record, saved, sheet, simulated=simulated))
        _show(messages, page)
    return 0


def edit(options: argparse.Namespace) -> int:
    """One edit in the stack that is up."""
    clip = _existing(options.clip)
    stack = Stack(Address.read(options.stack))
    record = _followed(stack, clip, clip.name, options)
    if options.json:
        print(json.dumps(record, indent=2, ensure_ascii=False))
    elif record["status"] == "SUCCEEDED":
        print(accounts.of_result(record, simulated=stack.is_simulated(record)))
    if record["status"] != "SUCCEEDED":
        print(f"retake: {accounts.refusal(record)}", file=sys.stderr)
        return 1
    return 0


def status(options: argparse.Namespace) -> int:
    """One record, or the latest ones."""
    stack = Stack(Address.read(options.stack))
    if options.edit_id is None:
        records = stack.records()
        print(json.dumps(records, indent=2) if options.json else accounts.of_edits(records))
        return 0
    record = stack.record(options.edit_id)
    if record is None:
        raise UserError(f"There is no edit {options.edit_id}.")
    print(json.dumps(record, indent=2) if options.json else accounts.of_edit(record))
    return 0


def ledger(options: argparse.Namespace) -> int:
    """What the simulators have entered."""
    book = Stack(Address.read(options.stack)).ledger()
    print(json.dumps(book, indent=2) if options.json else accounts.of_ledger(book))
    return 0


def board(options: argparse.Namespace) -> int:
    """The address of the board, and nothing else, so that it can be passed on."""
    print(_mint(options).board(options.days))
    return 0


def share(options: argparse.Namespace) -> int:
    """The address of the page of one edit; or the end of every such address."""
    if options.revoke:
        _mint(options).revoke(options.edit_id)
        print(f"Every link to {options.edit_id} that was out opens nothing any more.")
    else:
        print(_mint(options).share(options.edit_id, options.days))
    return 0


def recover(options: argparse.Namespace) -> int:
    """Have the stack fetch a result that came after its edit had ended."""
    path = f"/edits/{options.edit_id}/recover"
    if options.stack_name:
        answer = Account(options.stack_name).call("POST", path)
    else:
        answer = call(Address.read(options.stack).api_url, "POST", path)
    said = answer.json
    if answer.status >= 400:
        raise UserError(said.get("detail", f"The API answered {answer.status}."))
    print(RECOVERIES[answer.status].format(**said))
    return 0


RECOVERIES = {
    200: "{edit_id} has its result.",
    202: "The result of {edit_id} is looked for; within minutes its record and one more message "
    "say what came of it.",
}


def _mint(options: argparse.Namespace) -> minting.Mint:
    if options.stack_name:
        return minting.of_deployed(options.stack_name)
    return minting.of_local(Address.read(options.stack))


def _followed(stack: Stack, clip: Path, key: str, options: argparse.Namespace) -> Record:
    """Upload, then show the edit until it is finished."""
    settings = _settings(stack, options)
    _say(f'"{options.prompt}"')
    with Progress() as progress:
        record: Record = {}
        for record in stack.follow(stack.drop(clip, key, **settings)):
            progress.show(record)
    return record


def _settings(stack: Stack, options: argparse.Namespace) -> dict[str, str]:
    """What was asked for, as the metadata of the upload."""
    asked = vars(options)
    settings = {"prompt": options.prompt}
    words = ("model", "aspect_ratio", "resolution", "fit", "consistency", "if_piece_fails")
    settings |= {name: asked[name] for name in words if asked.get(name)}
    if asked.get("keep_audio") is not None:
        settings["keep_audio"] = "true" if options.keep_audio else "false"
    if asked.get("image"):
        settings["images"] = json.dumps([_picture(stack, each) for each in options.image])
    return settings


def _picture(stack: Stack, key_or_file: str) -> str:
    path = Path(key_or_file)
    return stack.upload_picture(path) if path.is_file() else key_or_file


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    return path


def _sample() -> Path:
    """The made-up clip, made once."""
    path = DEMO_FOLDER / "street.mp4"
    if not path.exists():
        from local.sample import make_clip

        _say("filming a street for the first time …")
        draft = path.with_suffix(".draft.mp4")
        make_clip(draft)
        draft.replace(path)
    return path


def _fetch(stack: Stack, record: Record, path: Path) -> Path:
    result = record["result"]
    answer = stack.clients.s3.get_object(Bucket=result["bucket"], Key=result["key"])
    with path.open("wb") as file:
        shutil.copyfileobj(answer["Body"], file)
    return path


def _page(stack: Stack, record: Record, path: Path) -> Path | None:
    """The before/after page that lies beside the result, as a file."""
    result = record["result"]
    if "page_key" not in result:
        return None
    answer = stack.clients.s3.get_object(Bucket=result["bucket"], Key=result["page_key"])
    path.write_bytes(answer["Body"].read())
    return path


def _show(messages: Sequence[Message], page: Path | None) -> None:
    """The page as a file, then the link of the message: until Enter, where somebody watches."""
    if page is not None:
        print(accounts.of_page(page))
    link = body(messages[0]).get("share_url") if messages else None
    if not link or send("GET", link).status != 200:
        return
    print(accounts.of_link(link, stays=_is_watched()), flush=True)
    if _is_watched():
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            input("\n  Press Enter to end … ")


def _is_watched() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _contact_sheet(before: Path, after: Path, record: Record, simulated: bool) -> Path:
    from local.cli.contact_sheet import make_sheet

    path = DEMO_FOLDER / "contact_sheet.png"
    prompt = record["request"]["prompt"]
    told = accounts.facts(record, simulated=simulated)
    make_sheet(before, after, path, title=prompt, facts=told)
    return path


def _forget(address: Address, path: Path) -> None:
    """Remove the address file, unless a later stack has put its own there."""
    try:
        ours = json.loads(path.read_text()).get("pid") == address.pid
    except (OSError, ValueError):
        return
    if ours:
        path.unlink(missing_ok=True)


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)

"""The stack on this machine, for a person: kept up, or up for one edit that is shown."""

import contextlib
import json
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError
from retake.api.waiting import WaitingView
from retake.domain.billing import cost_told
from retake.domain.phases import doing_of, progress_percent
from retake.records.reading import edit_of
from retake.records.standing import wait_of

from command import link_minting as minting
from command import wording
from command.board_server import Front
from command.clips import FileClip, existing
from command.door import Door
from command.exits import Exit
from command.progress import Progress
from command.refusals import CommandRefused
from command.terminal import say
from local.emulator.api_client import send
from local.emulator.engine import WORKSHOP, answers
from local.emulator.running_stack import Address, Record, Stack
from local.emulator.topic_inbox import body
from local.errors import OutOfReach
from local.whole_stack import Studio

DEMO_PROMPT = "Turn the day into dusk"
DEMO_MODEL = "novita/kling-o1-edit"  # the template's DefaultModel
DEMO_QUIET_SECONDS = 5.0
DEMO_FOLDER = WORKSHOP / "demo"
# What a person can watch: the provider is asked every two seconds instead of every minute.
WATCHABLE = {"FirstPollSeconds": "2", "MaxPollSeconds": "2"}
USUAL_SECONDS = 6.0
FAST_SCALE = 0.02
FAST_SECONDS = 0.3


def keep_up(studio: Studio, file: Path, board_port: int, *, is_json: bool) -> int:
    """Start everything, say where it is, and keep it up until it is interrupted.

    Raises CommandRefused where the file is that of another stack which runs.
    """
    _check_free(file)
    with Front(board_port) as front, studio:
        address = replace(studio.stack.address, board_url=front.url)
        front.serve(Door.of_local(address), minting.of_local(address))
        _check_free(file)  # another may have come up meanwhile
        address.write(file)
        try:
            told = wording.of_stack(address, file, front.entrance)
            print(wording.as_json(address) if is_json else told, flush=True)
            threading.Event().wait()
        finally:
            _forget(address, file)
            if not is_json:
                _tell_end(studio.stack)
    return Exit.DONE


def _check_free(file: Path) -> None:
    """A stack whose file is overwritten runs on, and nobody finds it any more."""
    try:
        other = Address.read(file)
    except OutOfReach:
        return
    if not answers(other.endpoint_url):  # its process number is another's now
        return
    raise CommandRefused(
        f"A stack is up already on {other.endpoint_url}, process {other.pid}. Use that one; or "
        f"end it with Ctrl-C where it runs, or with `kill {other.pid}`; or keep this one beside it "
        "with --address FILE, and give its verbs the same --address."
    )


def _tell_end(stack: Stack) -> None:
    """What is lost: nothing of it outlives its processes."""
    say()
    say("ending the stack …")
    with contextlib.suppress(BotoCoreError, ClientError):
        if count := stack.open_count():
            say(wording.of_forgotten(count))


def keep_board_up(door: Door, board_port: int, *, is_json: bool) -> int:
    """Serve the board of a stack that runs elsewhere, until it is interrupted."""
    with Front(board_port) as front:
        mint = minting.of_door(door)
        mint.board()  # before anything is said: whether links can be signed at all
        front.serve(door, mint)
        told = json.dumps({"url": front.entrance}) if is_json else front.entrance
        print(told, flush=True)
        say(f"the board of {door.name}, to work on; Ctrl-C ends it, and no edit")
        threading.Event().wait()
    return Exit.DONE


def show_demo(video: Path | None, settings: Mapping[str, str], *, is_json: bool) -> int:
    """One edit in a stack of its own, shown from upload to message."""
    began_at = time.monotonic()
    clip = _admitted(existing(video), settings) if video else None
    DEMO_FOLDER.mkdir(parents=True, exist_ok=True)
    say("starting the emulator and the simulators, deploying template.yaml …")
    with Studio(parameters=WATCHABLE) as studio:
        stack = studio.stack
        say(f"the stack is up after {time.monotonic() - began_at:.1f} s")
        mailbox = stack.subscribe()
        clip = clip or _sample()
        record = _followed(stack, clip, settings)
        messages = mailbox.messages(record["edit_id"], wait_seconds=10)
        message = body(messages[0]) if messages else None
        if is_json:
            print(json.dumps({"edit": record, "message": message}, indent=2, ensure_ascii=False))
        if record["status"] != "SUCCEEDED":
            print(f"retake: {wording.refusal(record)}", file=sys.stderr)
            return Exit.NOT_DONE
        if not is_json:
            _show(stack, clip, record, message)
    return Exit.DONE


def _admitted(clip: Path, settings: Mapping[str, str]) -> Path:
    """A clip that the model takes. Raises CommandRefused: nobody waits for a stack to hear it."""
    from retake.catalog.admission import admit_clip, admit_request, model_for
    from retake.domain.errors import Refused
    from retake.domain.request import Request

    request = Request(prompt=settings["prompt"], model=settings.get("model"))
    try:
        model = model_for(request, DEMO_MODEL)
        admit_request(request, model, has_source=True)
        admit_clip(FileClip(clip).facts(), request, model)
    except Refused as refusal:
        raise CommandRefused(f"{clip.name}: {refusal}") from None
    return clip


def _show(stack: Stack, clip: Path, record: Record, message: dict[str, Any] | None) -> None:
    is_paid = not stack.is_simulated(record)
    say("fetching the result, and drawing a sheet of before and after …")
    saved = _fetch(stack, record, DEMO_FOLDER / f"{clip.stem}.edited.mp4")
    files = [
        ("video", saved),
        ("before/after", _contact_sheet(clip, saved, record, is_paid=is_paid)),
        ("as a page", _page(stack, record, clip, saved)),
        ("message", _kept(message, DEMO_FOLDER / f"{clip.stem}.message.json")),
    ]
    print(wording.of_demo(record, files, is_paid=is_paid), flush=True)
    link = message.get("share_url") if message else None
    if not link or not _is_watched() or send("GET", link).status != 200:
        return
    print(wording.of_link(link), flush=True)
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        input("\n  Press Enter to end … ")


def _followed(stack: Stack, clip: Path, settings: Mapping[str, str]) -> Record:
    """Upload, then show the edit until it is finished and announced."""
    say(f'"{settings["prompt"]}"')
    with Progress(quiet_seconds=DEMO_QUIET_SECONDS) as progress:
        record: Record = {}
        for record in stack.follow(stack.drop(clip, f"demo/{clip.name}", **settings)):
            progress.show(in_view(record))
    return in_view(record)


def in_view(record: Record) -> Record:
    """A record of the table, with what the API says of it beside."""
    edit = edit_of(record)
    wait = WaitingView.of(wait_of(edit))
    return record | {
        "doing": doing_of(edit),
        "progress_percent": progress_percent(edit),
        "cost": cost_told(edit),
        **({"waiting": wait.model_dump(exclude_none=True)} if wait else {}),
    }


def _sample() -> Path:
    """The made-up clip, made once."""
    path = DEMO_FOLDER / "street.mp4"
    if not path.exists():
        from local.sample import make_clip

        say("filming a street for the first time …")
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


def _page(stack: Stack, record: Record, clip: Path, saved: Path) -> Path | None:
    """The before/after page that lies beside the result, as a file beside both clips."""
    result = record["result"]
    if "page_key" not in result:
        return None
    path = saved.with_name(f"{clip.stem}.html")
    answer = stack.clients.s3.get_object(Bucket=result["bucket"], Key=result["page_key"])
    page = answer["Body"].read().decode()
    key_name = Path(result["key"]).name
    path.write_text(page.replace(quote(key_name, safe=""), quote(saved.name, safe="")))
    if clip.parent != saved.parent:
        shutil.copyfile(clip, saved.with_name(clip.name))
    return path


def _kept(message: dict[str, Any] | None, path: Path) -> Path | None:
    """The message as a subscribed queue received it."""
    if message is None:
        return None
    path.write_text(json.dumps(message, indent=2, ensure_ascii=False) + "\n")
    return path


def _contact_sheet(before: Path, after: Path, record: Record, *, is_paid: bool) -> Path:
    from command.contact_sheet import make_sheet

    path = DEMO_FOLDER / "contact_sheet.png"
    told = wording.facts(record, is_paid=is_paid)
    make_sheet(before, after, path, title=record["request"]["prompt"], facts=told)
    return path


def _is_watched() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _forget(address: Address, path: Path) -> None:
    """Remove the address file, unless a later stack has put its own there."""
    try:
        ours = json.loads(path.read_text()).get("pid") == address.pid
    except (OSError, ValueError):
        return
    if ours:
        path.unlink(missing_ok=True)

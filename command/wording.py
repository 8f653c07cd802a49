"""How a stack, an edit, a price and a ledger are told to a person. Text only, no I/O."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from command.refusals import as_typed
from command.terminal import rows, shown
from local.emulator.engine import ACCOUNT
from local.emulator.running_stack import ADDRESS_FILE, Address

Edit = Mapping[str, Any]

_STACK = """
Retake is up on {endpoint_url} (Ctrl-C ends it)

  board      {board}
             see edits move, drop a clip to start one

From another terminal:
  {retake} edit clip.mp4 -p 'Make it snow'{stack}
  {retake} list{stack}

  inbox      s3://{inbox_bucket}/{inbox_prefix}
  results    s3://{results_bucket}/edited/
  records    {table_name}
  topic      {topic_arn}
  API        {api_url}
  providers  {providers}
  as JSON    {file}

AWS clients work with these settings. Older `aws`, such as 2.9, heeds --endpoint-url only, so the
lines below say it:
  export AWS_ENDPOINT_URL={endpoint_url} AWS_ACCESS_KEY_ID={access_key} \\
    AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION={region}

Drop a clip:
  aws --endpoint-url {endpoint_url} s3 cp clip.mp4 \\
    's3://{inbox_bucket}/{inbox_prefix}' --metadata '{{"prompt": "Make it snow"}}'

Call the API (docs/api.md goes once around):
  curl --aws-sigv4 aws:amz:{region}:execute-api --user {access_key}:test {api_url}/edits

Subscribe a queue, and hear of results:
  aws --endpoint-url {endpoint_url} sqs create-queue --queue-name results
  aws --endpoint-url {endpoint_url} sns subscribe --topic-arn {topic_arn} \\
    --protocol sqs --notification-endpoint arn:aws:sqs:{region}:{account}:results
  aws --endpoint-url {endpoint_url} sqs receive-message --wait-time-seconds 20 \\
    --queue-url {endpoint_url}/{account}/results
"""


def called() -> str:
    """What was typed to get here: `./retake` in a clone, else `retake`."""
    return os.environ.get("RETAKE_CALLED", "retake")


def of_stack(address: Address, file: Path, board: str) -> str:
    """Where everything is, and the lines to use it with; `file` says the same as JSON, but for
    `board`, the address that leads to the board."""
    providers = "\n             ".join(f"{n:<8} {url}" for n, url in address.providers.items())
    stack = "" if file == ADDRESS_FILE else f" --address {short(file)}"
    known = asdict(address) | {"providers": providers, "stack": stack, "board": board}
    return _STACK.format(**known, account=ACCOUNT, file=short(file), retake=called())


def as_json(address: Address) -> str:
    """The same for machines, in one line."""
    return json.dumps(asdict(address))


def of_forgotten(count: int) -> str:
    """That so many edits were open when a stack on this machine ended."""
    opened = "1 edit was open and is" if count == 1 else f"{count} edits were open and are"
    return f"{opened} forgotten; this stack keeps nothing between two runs."


def of_end(edit: Edit, *, is_paid: bool, saved: Path | None, width: int | None = None) -> str:
    """An edit that has ended well: at most five lines."""
    result = edit["result"]
    pairs = [
        ("edit", f"{edit['edit_id']}  {edit['status']}{_took(edit)}"),
        ("cost", _cost(edit, is_paid=is_paid)),
        ("result", f"s3://{result['bucket']}/{result['key']}"),
    ]
    if saved is not None:
        pairs.append(("saved as", f"{short(saved)}  {film(result)}"))
    if edit.get("share_url"):
        pairs.append(("look at it", str(edit["share_url"])))
    return rows(pairs, width)


def of_demo(edit: Edit, files: Sequence[tuple[str, Path | None]], *, is_paid: bool) -> str:
    """What a demo leaves behind: what it cost, and a line for each file."""
    pairs = [("cost", _cost(edit, is_paid=is_paid))]
    pairs += [(name, short(path)) for name, path in files if path is not None]
    return rows(pairs)


def of_link(link: str) -> str:
    """The link of the message, which stays as long as the demo does."""
    return f"\n  Open the link of the message, before and after:\n  {link}"


def of_edit(edit: Edit, width: int | None = None) -> str:
    """One edit in a few lines."""
    places = {_where(edit[name]): name for name in ("source", "upload") if edit.get(name)}
    request = edit.get("request") or {}
    trouble = edit.get("trouble") or {}
    waiting = edit.get("waiting") or {}
    cancellation = edit.get("cancellation") or {}
    result = edit.get("result")
    pairs = [
        ("edit", edit["edit_id"]),
        ("status", f"{edit['status']}  {edit.get('progress_percent', 0)} %"),
        ("reason", edit.get("reason")),
        ("message", edit.get("message")),
        ("doing", None if edit.get("finished_at") or waiting else edit.get("doing")),
        ("waiting", waiting.get("message") or _line(waiting)),
        ("trouble", trouble.get("message") or trouble.get("kind")),
        ("cancelling", cancellation.get("outcome") or cancellation.get("asked_at")),
        *((name, place) for place, name in places.items()),
        ("prompt", request.get("prompt")),
        ("model", edit.get("model")),
        ("cost", edit.get("cost") or _both_costs(edit)),
        ("created", edit["created_at"]),
        ("expected", edit.get("expected_finish_at")),
        ("finished", edit.get("finished_at")),
        ("result", f"s3://{result['bucket']}/{result['key']}" if result else None),
        ("", film(result) if result else None),
        ("look at it", edit.get("share_url")),
        ("tags", ", ".join(edit.get("tags") or [])),
        ("batch", edit.get("batch_id")),
        ("erased", edit.get("erased_at")),
        ("erasing", (edit.get("erasure") or {}).get("message")),
        *(("warning", str(each)) for each in edit.get("warnings") or []),
    ]
    return rows([(name, str(text)) for name, text in pairs if text], width)


def of_ledger(book: Mapping[str, Any]) -> str:
    """Entries in order, polls left out, and the totals."""
    lines = [
        f"  {entry['number']:4d}  {entry['kind']:<12} {entry['provider']:<8} "
        f"{entry.get('job_id') or '-'}"
        for entry in book["entries"]
        if entry["kind"] != "polled"
    ]
    totals = "  ".join(f"{name} {value}" for name, value in book["totals"].items() if value)
    return "\n".join([*lines, f"  total: {totals or 'nothing yet'}"])


def refusal(edit: Edit) -> str:
    """Why an edit did not succeed and what it may cost, in one line."""
    words = as_typed(f"{edit.get('message') or ''} {edit.get('cost') or ''}")
    said = " ".join(shown(words).split())
    return f"{edit['status']} ({edit.get('reason')}): {said}"


def facts(edit: Edit, *, is_paid: bool) -> list[str]:
    """What stands under a contact sheet."""
    return [_seller(edit, is_paid), film(edit["result"]), usd_of(edit.get("billed_usd"))]


def film(result: Mapping[str, Any]) -> str:
    """What is in a result, in figures."""
    sound = "with sound" if result.get("has_audio") else "without sound"
    frame = f"{result['width']} x {result['height']}"
    megabytes = result["size_bytes"] / 1_000_000
    return f"{result['duration_seconds']:.1f} s, {frame}, {sound}, {megabytes:.1f} MB"


def usd_of(amount: float | None) -> str:
    return "$ ?" if amount is None else f"${amount:.2f}"


def short(path: Path) -> str:
    """Relative to where the user stands, when it is below."""
    here = Path.cwd()
    path = path.absolute()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _cost(edit: Edit, *, is_paid: bool) -> str:
    return f"{usd_of(edit.get('billed_usd'))} billed by {_seller(edit, is_paid)}"


def _both_costs(edit: Edit) -> str | None:
    told = [
        f"{usd_of(edit[name])} {word}"
        for name, word in (
            ("billed_usd", "billed"),
            ("at_risk_usd", "at risk"),
            ("quoted_usd", "quoted"),
        )
        if edit.get(name) is not None
    ]
    return ", ".join(told) or None


def _seller(edit: Edit, is_paid: bool) -> str:
    return f"{edit.get('model')}{'' if is_paid else ' (simulated: nobody pays)'}"


def _took(edit: Edit) -> str:
    if not edit.get("finished_at"):
        return ""
    began, ended = (datetime.fromisoformat(edit[at]) for at in ("created_at", "finished_at"))
    return f" in {(ended - began).total_seconds():.0f} s"


def _where(stored: Mapping[str, Any]) -> str:
    return f"s3://{stored['bucket']}/{stored['key']}"


def _line(waiting: Mapping[str, Any]) -> str | None:
    """What an edit stands in line for, and where."""
    if not waiting:
        return None
    place = f", number {waiting['position']} in line" if waiting.get("position") else ""
    guess = f", expected to start {at}" if (at := waiting.get("expected_start_at")) else ""
    return f"for {waiting.get('waits_for', 'its turn')}{place}{guess}"

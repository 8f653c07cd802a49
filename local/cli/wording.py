"""How a stack, an edit, a message and a ledger are told to a person. Text only, no I/O."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from local.emulator.engine import ACCOUNT
from local.emulator.running_stack import ADDRESS_FILE, Address, Record
from local.emulator.topic_inbox import body

_STACK = """
Retake is up on {endpoint_url} (Ctrl-C ends it)

  board      {board}    see edits move, drop a clip to start one

  inbox      s3://{inbox_bucket}/{inbox_prefix}
  results    s3://{results_bucket}/edited/
  records    {table_name}
  topic      {topic_arn}
  API        {api_url}
  providers  {providers}
  as JSON    {file}

Any AWS client works with these settings (`aws sqs` of version 1 wants --endpoint-url as well):
  export AWS_ENDPOINT_URL={endpoint_url} AWS_ACCESS_KEY_ID={access_key} \\
    AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION={region}

Drop a clip:
  aws --endpoint-url {endpoint_url} s3 cp clip.mp4 \\
    's3://{inbox_bucket}/{inbox_prefix}' --metadata '{{"prompt": "Make it snow"}}'

List edits:
  aws --endpoint-url {endpoint_url} dynamodb scan --table-name {table_name} \\
    --query 'Items[?edit_id && status].[edit_id.S, status.S, reason.S,
      not_null(upload.M.key.S, source.M.key.S)]' --output table

Call the API (docs/api.md goes once around):
  curl --aws-sigv4 aws:amz:{region}:execute-api --user {access_key}:test {api_url}/edits

Subscribe a queue, and hear of results:
  aws --endpoint-url {endpoint_url} sqs create-queue --queue-name results
  aws --endpoint-url {endpoint_url} sns subscribe --topic-arn {topic_arn} \\
    --protocol sqs --notification-endpoint arn:aws:sqs:{region}:{account}:results
  aws --endpoint-url {endpoint_url} sqs receive-message --wait-time-seconds 20 \\
    --queue-url {endpoint_url}/{account}/results

Or in one line, from another terminal:
  {python} -m local edit clip.mp4 --prompt 'Make it snow'{stack}
"""


def of_stack(address: Address, file: Path, board: str) -> str:
    """Where everything is, and the lines to use it with; `file` says the same as JSON, but for
    `board`, the address that leads to the board."""
    providers = "\n             ".join(f"{n:<8} {url}" for n, url in address.providers.items())
    python = _short(Path(sys.executable))
    stack = "" if file == ADDRESS_FILE else f" --stack {_short(file)}"
    known = asdict(address) | {"providers": providers, "stack": stack, "board": board}
    return _STACK.format(**known, account=ACCOUNT, file=_short(file), python=python)


def as_json(address: Address) -> str:
    """The same for machines, in one line."""
    return json.dumps(asdict(address))


def of_result(
    record: Record, saved: Path | None = None, sheet: Path | None = None, *, simulated: bool = False
) -> str:
    """A finished edit: where the result lies, what it is and what it cost, or would have."""
    result = record["result"]
    rows = [
        ("result", f"s3://{result['bucket']}/{result['key']}"),
        ("", _film(result)),
        ("manifest", f"s3://{result['bucket']}/{result['manifest_key']}"),
        ("cost", f"{_usd(record.get('billed_usd'))} billed by {_seller(record, simulated)}"),
    ]
    if saved is not None:
        rows.append(("copied to", _short(saved)))
    if sheet is not None:
        rows.append(("before/after", _short(sheet)))
    return "\n" + _rows(rows)


def of_message(messages: Sequence[dict[str, Any]]) -> str:
    """The completion message as a subscribed queue received it."""
    if not messages:
        return "\n  no message arrived on the topic"
    first = messages[0]
    said = json.dumps(body(first), indent=2, ensure_ascii=False).replace("\n", "\n  ")
    attributes = first.get("MessageAttributes", {})
    told = "  ".join(f"{name}={each['Value']}" for name, each in sorted(attributes.items()))
    return f"\n  the message that a subscribed queue received\n  {told}\n\n  {said}"


def of_page(page: Path) -> str:
    """The before/after page as a file that stays."""
    return f"\n  before and after as one file, which stays:\n  {page.absolute().as_uri()}"


def of_link(link: str, *, stays: bool) -> str:
    """The link of the message, which was just opened; `stays` says that it still can be."""
    if stays:
        return f"\n  Open the link of the message, before and after:\n  {link}"
    return f"\n  the link of the message, opened just now; it lived as long as this demo:\n  {link}"


def of_edit(record: Record) -> str:
    """One record in a few lines."""
    places = {_where(record[name]): name for name in ("source", "upload") if name in record}
    rows = [
        ("edit", record["edit_id"]),
        ("status", f"{record['status']}  {record.get('progress_percent', 0)} %"),
        ("reason", str(record.get("reason", ""))),
        ("message", str(record.get("message", ""))),
        *((name, place) for place, name in places.items()),
        ("prompt", str(record.get("request", {}).get("prompt", ""))),
        ("model", str(record.get("model", ""))),
        (
            "cost",
            f"{_usd(record.get('billed_usd'))} billed, {_usd(record.get('quoted_usd'))} quoted",
        ),
        ("created", record["created_at"]),
        ("finished", str(record.get("finished_at", ""))),
    ]
    if "result" in record:
        rows.append(("result", f"s3://{record['result']['bucket']}/{record['result']['key']}"))
    return _rows([row for row in rows if row[1]])


def of_edits(records: Sequence[Record]) -> str:
    """The latest edits, one line each."""
    if not records:
        return "  no edits yet"
    lines = [
        f"  {each['edit_id']}  {each['status']:<10} {each.get('progress_percent', 0):3d} %  "
        f"{shown(_dropped(each))}  {each.get('reason', '')}".rstrip()
        for each in records
    ]
    return "\n".join(lines)


def of_ledger(book: dict[str, Any]) -> str:
    """Entries in order, polls left out, and the totals."""
    lines = [
        f"  {entry['number']:4d}  {entry['kind']:<12} {entry['provider']:<8} "
        f"{entry.get('job_id') or '-'}"
        for entry in book["entries"]
        if entry["kind"] != "polled"
    ]
    totals = "  ".join(f"{name} {value}" for name, value in book["totals"].items() if value)
    return "\n".join([*lines, f"  total: {totals or 'nothing yet'}"])


def _where(stored: dict[str, Any]) -> str:
    return f"s3://{stored['bucket']}/{stored['key']}"


def _dropped(record: Record) -> str:
    return str((record.get("upload") or record.get("source") or {}).get("key", ""))


def refusal(record: Record) -> str:
    """Why an edit did not succeed, in one line."""
    said = " ".join(shown(str(record.get("message", ""))).split())
    return f"{record['status']} ({record.get('reason')}): {said}"


def facts(record: Record, *, simulated: bool = False) -> list[str]:
    """What stands under a contact sheet."""
    seller = _seller(record, simulated)
    return [seller, _film(record["result"]), _usd(record.get("billed_usd"))]


def _seller(record: Record, simulated: bool) -> str:
    return f"{record.get('model')}{' (simulated: nobody pays)' if simulated else ''}"


def _film(result: dict[str, Any]) -> str:
    sound = "with sound" if result.get("has_audio") else "without sound"
    frame = f"{result['width']} x {result['height']}"
    megabytes = result["size_bytes"] / 1_000_000
    return f"{result['duration_seconds']:.1f} s, {frame}, {sound}, {megabytes:.1f} MB"


def _usd(amount: float | None) -> str:
    return "$ ?" if amount is None else f"${amount:.2f}"


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"  {name:<13} {shown(text)}" for name, text in rows)


def shown(text: str) -> str:
    """What strangers wrote, for a terminal: nothing in it moves a cursor or begins a line."""
    return "".join(char if char.isprintable() else " " for char in text)


def _short(path: Path) -> str:
    """Relative to where the user stands, when it is below."""
    here = Path.cwd()
    path = path.absolute()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)

"""Writes docs/faults.md: every fault, what must hold, and the test that holds it.

Run it with `make docs`; a test says when it is due.
"""

from pathlib import Path

from tests.faults.protocol import counted, table
from tests.faults.rows import arrival, aws, callbacks, operating, paid, results, waiting
from tests.faults.rows.row import Row

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/faults.md"
SOURCES = (arrival, paid, waiting, results, callbacks, aws, operating)
SECTIONS = dict(sorted(item for source in SOURCES for item in source.ROWS.items()))
HEAD = """# What may go wrong, and what holds all the same

One upload, at most one bill, always an answer. This page lists what may go wrong on the way, what
must hold afterwards, and the test that holds it. It is written by `python -m tests.faults.page`
from the rows in `tests/faults/rows`; a test checks that it is current and that every test it names
exists.

Of {all} rows {held} are held by tests and {open} are open; {cloud} name what only a real account
can show, with the command to try.

After every run of the harness (`make faults`) these must hold:

1. One record for each upload, closed or on its way with a deadline; no run goes round and round.
2. At most one job accepted for each edit (two where `ON_UNCERTAIN=retry_once` was chosen), and none
   that the record calls free.
3. What has ended changes no more, but that a failure may become the late success that takes its
   place.
4. One video and one manifest for each success, with the hash on record; poster and page where the
   record names them; for anything else none that the record does not name.
5. One notification id for each edit and at least one message with it; a late success has its own,
   and names the one that it supersedes.
6. No key, signature, token or prompt in history, log or message, and none but the prompt and the
   state's own token in a record.
7. Each sum of money is what the records say, added up anew, and holds at least the quote of every
   job that was accepted and billed.
8. A result that the provider delivered or still holds is delivered, or a named call brings it.
9. After every write as many slots are counted as records hold one, of the key that bought the job;
   no job is asked about with another key; nobody waits for a slot that is free for longer than one
   sweep; at the end nobody holds one, stands in line or tries a key.

A failure names its line; `make faults REPLAY='seed=7'` plays it again.

## The paid call, tried out whole

All 32,768 sequences of three invocations, each with one of 8 fates of the call and one of 4 places
to crash, by what the provider offers to find a lost submit again. They are shares of the ways it
can go, not probabilities.

{protocol}
"""


def page(protocol: str) -> str:
    """The whole document; `protocol` is the table of counts."""
    rows = [row for section in SECTIONS.values() for row in section]
    head = HEAD.format(
        held=sum(bool(row.tests) for row in rows),
        all=len(rows),
        cloud=sum(bool(row.cloud) for row in rows),
        open=sum(bool(row.gap) for row in rows),
        protocol=protocol,
    )
    parts = [head]
    for title, section in SECTIONS.items():
        parts += [
            f"## {title}\n",
            "| | What happens | What holds | Shown by |",
            "|---|---|---|---|",
        ]
        parts += [_line(row) for row in section]
        parts.append("")
    return "\n".join(parts)


def _line(row: Row) -> str:
    shown = [_linked(node) for node in row.nodes]
    if row.cloud:
        shown.append(f"Only a real account: `{row.cloud}`")
    if row.gap:
        shown.append(f"**Open**: {row.gap}")
    return f"| {row.number} | {row.fault} | {row.holds} | {'<br>'.join(shown)} |"


def _linked(node: str) -> str:
    path, _, name = node.partition("::")
    return f"[`{name}`](../{path})"


if __name__ == "__main__":
    PAGE.write_text(page(table(counted())))

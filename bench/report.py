"""docs/performance.md, written from the results and by nobody else."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.agreement import summary
from bench.plots import draw
from bench.rooms import ROOT

PAGE = ROOT / "docs/performance.md"
IMAGES = ROOT / "docs/images"
HEAD = """# What it costs and how fast it is

Written by `make bench`, which measures everything below on the machine it runs on, beside what
people use today. A measured figure is a median with the middle half of its values in brackets; a
ratio too, of the ratios of single rounds in one run. Without brackets all values are the same, or
it was counted; what was measured once says so. A goal that the median misses and a part of that
middle half meets is undecided. Absolute times are those of one machine: read the ratios.
"""


def write(results: Mapping[str, Any]) -> None:
    """The page and its pictures."""
    pictures = draw(results)
    for name, picture in pictures.items():
        (IMAGES / f"bench-{name}.svg").write_text(picture)
    lines = [HEAD, *_overview(results)]
    for key, part in results.items():
        lines += [*_section(part, Path(f"images/bench-{key}.svg") if key in pictures else None)]
    lines += summary(results)
    PAGE.write_text("\n".join(lines).rstrip() + "\n")


def _overview(results: Mapping[str, Any]) -> Iterator[str]:
    rows = [(part, row) for part in results.values() for row in part["rows"] if row["goal"]]
    met = [row for _, row in rows if row["goal"]["met"]]
    undecided = sum(row["goal"].get("is_undecided", False) for _, row in rows)
    also = f", {undecided} missed within the spread of the values, and so undecided" * bool(
        undecided
    )
    yield f"Of {len(rows)} goals {len(met)} are met{also}; those that are not:\n"
    for part, row in rows:
        if not row["goal"]["met"]:
            why = f": {row['goal']['why']}" if row["goal"]["why"] else ""
            yield f"- {part['title']}, {row['what']}, {row['goal']['text']} ({_verdict(row)}){why}."
    yield ""


def _section(part: Mapping[str, Any], picture: Path | None) -> Iterator[str]:
    yield f"## {part['title']}\n"
    if picture:
        yield f"![{part['title']}]({picture})\n"
    yield f"Reference: {part['reference']}. Taken {part['at']}; {part['machine']}.\n"
    columns = list(dict.fromkeys(name for row in part["rows"] for name in row["figures"]))
    head = ["", *columns]
    with_ratio = any(row["ratio"] is not None for row in part["rows"])
    with_goal = any(row["goal"] for row in part["rows"])
    head += ["ratio"] * with_ratio + ["goal", "met"] * with_goal
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in part["rows"]:
        cells = [
            row["what"].replace("|", "\\|"),
            *(shown(row["figures"].get(name)) for name in columns),
        ]
        cells += [_times(row["ratio"])] * with_ratio
        goal = row["goal"]
        cells += ([goal["text"], _verdict(row)] if goal else ["", ""]) * with_goal
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield from (f"- {note}" for note in part["notes"])
    yield ""


def _verdict(row: Mapping[str, Any]) -> str:
    goal = row["goal"]
    return "yes" if goal["met"] else "undecided" if goal.get("is_undecided") else "no"


def _times(ratio: Any) -> str:
    if isinstance(ratio, Mapping):
        median, low, high = (f"{ratio[name]:.2f}" for name in ("median", "low", "high"))
        return median if low == high else f"{median} ({low}–{high})"
    return "" if ratio is None else f"{ratio:.2f}"


def shown(value: Any) -> str:
    """A figure as a reader wants it: three digits that mean something, and no more."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        median, low, high = (short(value[name]) for name in ("median", "low", "high"))
        text = f"{median} {value['unit']}".strip()
        if value["values"] == 1:
            return f"{text} (once)"
        return text if low == high else f"{text} ({low}–{high})"
    return short(value)


def short(number: float) -> str:
    """Three significant digits, thousands apart, nothing behind a point that says nothing."""
    if number == 0:
        return "0"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    text = f"{number:.3g}"
    return f"{number:.4f}".rstrip("0") if "e" in text else text

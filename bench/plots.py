"""Bar charts as plain SVG: colours that are legible on white and on black, and no script."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Any

WIDTH, BAR, GAP, LEFT, RIGHT, TOP = 740, 22, 10, 310, 130, 46
OURS, THEIRS, TEXT, LINE = "#2f81f7", "#8b949e", "#7d8590", "#7d859066"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `label` is written at its end."""

    name: str
    value: float
    label: str
    is_ours: bool = True


def bars(title: str, rows: Sequence[Bar], mark: tuple[float, str] | None = None) -> str:
    """Horizontal bars from 0, with a line at `mark` if there is one."""
    height = TOP + len(rows) * (BAR + GAP) + 14
    most = max([row.value for row in rows] + ([mark[0]] if mark else [])) or 1
    scale = (WIDTH - LEFT - RIGHT) / most
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="system-ui, sans-serif" font-size="14" role="img">',
        f"<title>{escape(title)}</title>",
        _text(0, 18, title, "start", "font-weight='600'"),
    ]
    for number, row in enumerate(rows):
        y = TOP + number * (BAR + GAP)
        wide = max(1.5, row.value * scale)
        colour = OURS if row.is_ours else THEIRS
        parts.append(_text(LEFT - 10, y + 16, row.name, "end"))
        parts.append(
            f'<rect x="{LEFT}" y="{y}" width="{wide:.1f}" height="{BAR}" rx="3" fill="{colour}"/>'
        )
        parts.append(_text(LEFT + wide + 8, y + 16, row.label, "start"))
    if mark:
        x = LEFT + mark[0] * scale
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height - 10}" stroke="{LINE}" '
            'stroke-width="2" stroke-dasharray="4 4"/>'
        )
        parts.append(_text(x, TOP - 12, mark[1], "middle", "font-size='12'"))
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{TEXT}" {more}>{escape(text)}</text>'


def draw(results: Mapping[str, Any]) -> dict[str, str]:
    """The pictures there are results for, by the key of their part."""
    return {key: PICTURES[key](results[key]) for key in PICTURES if key in results}


def _cold_start(part: Mapping[str, Any]) -> str:
    rows = [
        Bar(
            row["what"].replace(" (reference)", ""),
            row["ratio"]["median"],
            f"{row['ratio']['median']:.2f} ×",
            "reference" not in row["what"],
        )
        for row in part["rows"]
    ]
    return bars("Cold start against boto3 and one S3 client", rows, (1.0, "reference"))


def _knowing(part: Mapping[str, Any]) -> str:
    rows = _beside_others(
        part,
        lambda it: it["p95"]["median"],
        lambda it: f"{it['p95']['median']:.2f} s, {it['requests per edit']['median']:.3g} req.",
    )
    return bars("Finished → known, 95 of 100 edits within; requests per edit", rows)


def _price(part: Mapping[str, Any]) -> str:
    rows = _beside_others(part, lambda it: it["total"], lambda it: f"${it['total']:.2f}")
    return bars("Orchestration of 1,000 edits, US dollars", rows)


def _sizes(part: Mapping[str, Any]) -> str:
    """Requests over records on file, both by powers of ten, a line for each question."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for row in part["rows"]:
        what, _, size = row["what"].removesuffix(" records").rpartition(", ")
        if row["what"].endswith(" records"):
            asked = row["figures"]["requests"]
            lines.setdefault(what, []).append((int(size.replace(",", "")), asked))
    return curves("DynamoDB requests over records on file", lines)


def curves(title: str, lines: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Both axes by powers of ten; each line is named at its end."""
    places = [place for line in lines.values() for place in line]
    least, most = (of(size for size, _ in places) for of in (min, max))
    top = max(value for _, value in places)
    height, wide = 330, WIDTH - 430
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 80}" '
        f'font-family="system-ui, sans-serif" font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        _text(0, 18, title, "start", "font-weight='600'"),
    ]

    def at(size: int, value: float) -> tuple[float, float]:
        right = log10(size / least) / max(1.0, log10(most / least))
        return 50 + right * wide, TOP + height * (1 - log10(max(1, value)) / log10(10 * top))

    for power in range(int(log10(10 * top)) + 1):
        _, y = at(least, 10**power)
        parts.append(f'<line x1="50" x2="{50 + wide}" y1="{y:.0f}" y2="{y:.0f}" stroke="{LINE}"/>')
        parts.append(_text(44, y + 4, f"{10**power:,}", "end"))
    for size in sorted({size for size, _ in places}):
        parts.append(_text(at(size, 1)[0], height + 70, f"{size:,}", "middle"))
    ends: list[float] = []
    for what, line in sorted(lines.items(), key=lambda it: -it[1][-1][1]):
        drawn = " ".join(f"{x:.0f},{y:.0f}" for x, y in (at(*place) for place in line))
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{OURS}" stroke-width="2"/>')
        x, y = at(*line[-1])
        y = max([y, *(each + 16 for each in ends[-1:])])
        ends.append(y)
        parts.append(_text(x + 8, y + 4, what, "start"))
    return "\n".join([*parts, "</svg>", ""])


def _beside_others(
    part: Mapping[str, Any],
    length: Callable[[Mapping[str, Any]], float],
    label: Callable[[Mapping[str, Any]], str],
) -> list[Bar]:
    """A bar for each row, whose length and label are made from the row's figures."""
    return [
        Bar(
            row["what"].replace(" called back by ", " "),  # longer names leave no room for bars
            length(row["figures"]),
            label(row["figures"]),
            row["what"].startswith("Retake"),
        )
        for row in part["rows"]
    ]


PICTURES = {"p1": _cold_start, "p2": _knowing, "p3": _price, "p6": _sizes}

"""Tables that fit the terminal: a column that has no room is left out, the widest is cut."""

from collections.abc import Sequence
from dataclasses import dataclass

from command.terminal import cut, shown

GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """`rank` 0 stays whatever happens; of the others the highest goes first. `least` is how far
    it may be cut (0: not at all)."""

    title: str
    rank: int = 0
    least: int = 0
    is_number: bool = False


def table(columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int | None) -> str:
    """A header and a line for each row. Without a width everything is shown in full."""
    chosen = list(range(len(columns)))
    texts = [[shown(cell) for cell in row] for row in cells]
    widths = [
        max([len(column.title), *(len(row[at]) for row in texts)])
        for at, column in enumerate(columns)
    ]
    if width is not None:
        chosen, widths = _fitted(columns, widths, width - 1)
    lines = [_line(columns, [column.title for column in columns], chosen, widths)]
    lines += [_line(columns, row, chosen, widths) for row in texts]
    return "\n".join(lines)


def _fitted(
    columns: Sequence[Column], widths: list[int], width: int
) -> tuple[list[int], list[int]]:
    """Which columns are shown, and how wide each."""
    chosen = list(range(len(columns)))
    while True:
        over = GAP + sum(widths[at] + GAP for at in chosen) - GAP - width
        if over <= 0:
            return chosen, widths
        soft = [at for at in chosen if columns[at].least]
        spare = sum(max(0, widths[at] - columns[at].least) for at in soft)
        droppable = [at for at in chosen if columns[at].rank]
        if over <= spare or not droppable:
            narrowed = list(widths)
            for at in sorted(soft, key=lambda at: -widths[at]):
                less = min(over, max(0, narrowed[at] - columns[at].least))
                narrowed[at] -= less
                over -= less
            return chosen, narrowed
        chosen.remove(max(droppable, key=lambda at: columns[at].rank))


def _line(
    columns: Sequence[Column], row: Sequence[str], chosen: Sequence[int], widths: Sequence[int]
) -> str:
    told = []
    for at in chosen:
        text = cut(row[at], widths[at])
        told.append(text.rjust(widths[at]) if columns[at].is_number else text.ljust(widths[at]))
    return (" " * GAP + (" " * GAP).join(told)).rstrip()

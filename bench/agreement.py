"""Whether two runs say the same: what a figure's stated spread is good for."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

WITHIN = 0.1  # of each other, for what has no spread or next to none
TIMES = frozenset({"s", "ms"})


class Comparison(NamedTuple):
    """One figure of two runs; `is_pace` for a time, which also says how fast the machine was."""

    name: str
    agrees: bool
    is_pace: bool


def compared(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> Iterator[Comparison]:
    """Each figure that both runs of a part have.

    They agree when the middle halves of their values overlap, or the two are within a tenth of each
    other.
    """
    before = {row["what"]: row for row in earlier["rows"]}
    for row in later["rows"]:
        old = before.get(row["what"])
        if old is None:
            continue
        for name, value in row["figures"].items():
            if name in old["figures"] and not isinstance(value, str):
                is_pace = isinstance(value, Mapping) and value["unit"] in TIMES
                agrees = _agree(old["figures"][name], value)
                yield Comparison(f"{row['what']}, {name}", agrees, is_pace)
        if row["ratio"] is not None and old["ratio"] is not None:
            yield Comparison(f"{row['what']}, ratio", _agree(old["ratio"], row["ratio"]), False)


def _agree(old: Any, new: Any) -> bool:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        if old["low"] <= new["high"] and new["low"] <= old["high"]:
            return True
        old, new = old["median"], new["median"]
    if isinstance(old, Mapping) or isinstance(new, Mapping):
        return False
    return bool(abs(new - old) <= WITHIN * max(abs(old), abs(new)))


def summary(parts: Mapping[str, Any]) -> Iterator[str]:
    """What the page says of the run before, from the results' own notes of it."""
    told = {key: part["before"] for key, part in parts.items() if part.get("before")}
    if not told:
        return
    figures, times, changed = (
        sum(before[name] for before in told.values())
        for name in ("figures", "times", "times_apart")
    )
    apart = [(parts[key]["title"], name) for key, b in told.items() for name in b["apart"]]
    yield "## Beside the run before\n"
    yield (
        f"Of {figures} ratios and counts {figures - len(apart)} agree with those of the run before "
        "it, be it of this version or an earlier one: the middle halves of their values overlap, "
        "or they are within a tenth of each other. "
        f"Of {times} times, which also say how fast the machine was that minute, {times - changed} "
        "do." + (" Ratios and counts that do not:\n" if apart else "\n")
    )
    yield from (f"- {title}: {name}." for title, name in apart)
    yield ""


def note(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """What a result remembers of the run before it."""
    pairs = list(compared(earlier, later))
    times = [pair for pair in pairs if pair.is_pace]
    return {
        "at": earlier["at"],
        "figures": len(pairs) - len(times),
        "apart": [pair.name for pair in pairs if not pair.agrees and not pair.is_pace],
        "times": len(times),
        "times_apart": sum(not pair.agrees for pair in times),
    }

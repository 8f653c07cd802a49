"""Whether two runs say the same: what a figure's stated spread is good for."""

from collections.abc import Iterator, Mapping
from typing import Any

WITHIN = 0.1  # of each other: for what is counted, and for ratios, which carry no spread
Comparison = tuple[str, bool]


def compared(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> Iterator[Comparison]:
    """Each figure that both runs of a part have, by its name, and whether the two agree.

    A measured figure agrees when the middle halves of its values overlap; a counted one, and a
    ratio, when the two are within a tenth of each other.
    """
    before = {row["what"]: row for row in earlier["rows"]}
    for row in later["rows"]:
        old = before.get(row["what"])
        if old is None:
            continue
        for name, value in row["figures"].items():
            if name in old["figures"] and not isinstance(value, str):
                yield f"{row['what']}, {name}", _agree(old["figures"][name], value)
        if row["ratio"] is not None and old["ratio"] is not None:
            yield f"{row['what']}, ratio", _agree(old["ratio"], row["ratio"])


def _agree(old: Any, new: Any) -> bool:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return bool(old["low"] <= new["high"] and new["low"] <= old["high"])
    if isinstance(old, Mapping) or isinstance(new, Mapping):
        return False
    return bool(abs(new - old) <= WITHIN * max(abs(old), abs(new)))


def summary(parts: Mapping[str, Any]) -> Iterator[str]:
    """What the page says of the run before, from the results' own notes of it."""
    told = {key: part["before"] for key, part in parts.items() if part.get("before")}
    if not told:
        return
    figures = sum(before["figures"] for before in told.values())
    apart = [(parts[key]["title"], name) for key, b in told.items() for name in b["apart"]]
    yield (
        f"Of {figures} figures {figures - len(apart)} agree with those of the run before it "
        "(measured ones: the middle halves overlap; counted ones and ratios: within a tenth)"
        + ("; these do not:\n" if apart else ".\n")
    )
    yield from (f"- {title}: {name}." for title, name in apart)
    yield ""


def note(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """What a result remembers of the run before it."""
    pairs = list(compared(earlier, later))
    return {
        "at": earlier["at"],
        "figures": len(pairs),
        "apart": [name for name, agrees in pairs if not agrees],
    }

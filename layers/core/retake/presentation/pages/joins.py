"""Where pieces of a film were put together: marks on the page's scrub bar, and a way to each."""

from collections.abc import Mapping, Sequence
from typing import Any

from retake.domain.edit import Edit
from retake.presentation.pages.document import part

_NAMED = 8  # of more the marks are enough


def joins_of(edit: Edit) -> list[float]:
    """The seconds of a film's joins; none of a clip that was edited in one piece."""
    return [float(seam["seconds"]) for seam in edit.film.seams] if edit.film else []


def join_style(facts: Mapping[str, Any]) -> str:
    return part("joins.css") if _places(facts)[0] else ""


def with_marks(bar: str, facts: Mapping[str, Any]) -> str:
    """The scrub bar with a line at each join, where the thumb's middle is at those seconds."""
    places, length = _places(facts)
    if not places:
        return bar
    lines = "".join(
        f'<line x1="{at:.2f}%" x2="{at:.2f}%" y1="22%" y2="78%"/>'
        for at in (100 * each / length for each in places)
    )
    return f'<span class="bar">{bar}<svg class="marks" aria-hidden="true">{lines}</svg></span>'


def join_script(facts: Mapping[str, Any]) -> str:
    return part("joins.js") if _places(facts)[0] else ""


def join_row(facts: Mapping[str, Any]) -> str:
    """One line below the bar: how many joins there are, and buttons to the one before and after."""
    places, _ = _places(facts)
    if not places:
        return ""
    count = "1 join" if len(places) == 1 else f"{len(places)} joins"
    named = f": {', '.join(map(_clock, places))}" if len(places) <= _NAMED else ""
    said = " ".join(f"{each:.3f}" for each in places)
    return (
        f'<p id="joins" class="joins" data-joins="{said}">'
        '<button type="button" data-way="-1" aria-label="To the join before">&lsaquo;</button>'
        f"<span>{len(places) + 1} pieces, {count}{named}</span>"
        '<button type="button" data-way="1" aria-label="To the next join">&rsaquo;</button></p>'
    )


def _places(facts: Mapping[str, Any]) -> tuple[Sequence[float], float]:
    length = float(facts.get("duration_seconds") or 0)
    return [each for each in facts.get("joins", ()) if 0 < each < length], length


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:05.2f}"

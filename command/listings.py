"""What is told in tables: edits, prices, models and costs. Text only, no I/O."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from command.refusals import as_typed
from command.tables import Column, table
from command.terminal import cut, shown
from command.wording import Edit, usd_of

LISTED = (
    Column("EDIT"),
    Column("STATUS"),
    Column("%", rank=3, is_number=True),
    Column("USD", rank=2, is_number=True),
    Column("AGE", rank=1, is_number=True),
    Column("CLIP", rank=4, least=10),
    Column("PROMPT", rank=6, least=12),
    Column("REASON", rank=5),
)
PROMPT_CHARS = 60


def of_edits(edits: Sequence[Edit], width: int | None = None, now: datetime | None = None) -> str:
    """The latest edits, one line each, under a header."""
    if not edits:
        return "  no edits yet"
    cells = [
        [
            each["edit_id"],
            _standing(each),
            str(each.get("progress_percent", 0)),
            _amount(_known_usd(each)),
            _age(each["created_at"], now or datetime.now(UTC)),
            _dropped(each),
            cut(str((each.get("request") or {}).get("prompt") or ""), PROMPT_CHARS),
            str(each.get("reason") or _awaited(each)),
        ]
        for each in edits
    ]
    return table(LISTED, cells, width)


PRICED = (
    Column("CLIP", least=10),
    Column("USD", is_number=True),
    Column("MODEL", rank=1),
    Column("", rank=2, least=12),
)


def of_prices(
    told: Sequence[tuple[str, float | None, str, str]], total_usd: float, width: int | None = None
) -> str:
    """Clip, dollars, model and refusal of each, and the sum of what would be taken."""
    cells = [[clip, _amount(usd), model, why] for clip, usd, model, why in told]
    taken = sum(1 for *_, why in told if not why)
    of = f" for {taken} of {len(told)} clips" if len(told) > 1 else ""
    return f"{table(PRICED, cells, width)}\n  total: {usd_of(total_usd)}{of}"


SHOWN_PIECES = 6
QUOTED = (
    Column("MODEL"),
    Column("USD", is_number=True),
    Column("PER S", rank=2, is_number=True),
    Column("BILLED S", rank=3, is_number=True),
    Column("", rank=1, least=12),
)
# Why other seconds may be billed than the clip has (docs/models.md says which, by model).
BILLED = "USD is PER S x BILLED S: some bill whole seconds, at least so many, or clip and result."


def of_quotes(answer: Mapping[str, Any], width: int | None = None) -> str:
    """Each model with its price; below them those that would not take the clip, by why."""
    taken = [each for each in answer["quotes"] if not each.get("refusal")]
    cells = [
        [
            each["model"],
            _amount(each.get("quoted_usd")),
            f"{each['usd_per_second']:.3f}",
            _seconds(each.get("billed_seconds")),
            "; ".join(_said_of(each)),
        ]
        for each in taken
    ]
    lines = [table(QUOTED, cells, width)] if taken else []
    lines += [f"  {line}" for line in _of_pieces(taken)]
    lines += [f"  {BILLED}"] if any(each.get("billed_seconds") for each in taken) else []
    lines += _of_refusals(answer["quotes"])
    return "\n".join([*lines, f"  prices as of {answer['prices_as_of']}"])


def _of_refusals(quotes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is refused for the same reason is told once, in the words of the first."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for each in quotes:
        if refusal := each.get("refusal"):
            why = [refusal.get(name) for name in ("code", "field", "found", "allowed")]
            groups.setdefault(str(why), []).append(each)
    for group in groups.values():
        yield f"  not taken by {', '.join(each['model'] for each in group)}:"
        yield f"    {shown(as_typed(group[0]['refusal']['detail']))}"


def _seconds(billed: float | None) -> str:
    return "" if billed is None else f"{billed:.2f}"


def _said_of(quote: Mapping[str, Any]) -> Iterator[str]:
    """In how many pieces, and when a model is taken."""
    if pieces := quote.get("pieces"):
        yield f"{len(pieces)} pieces"
    when = {"default": "taken unless told otherwise", "fallback": "if that one refuses"}
    if quote["role"] in when:
        yield when[quote["role"]]


def _of_pieces(quotes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Of the model that is taken, or the first: how long its pieces are, and what they share."""
    split = [each for each in quotes if each.get("pieces")]
    if not split:
        return
    first = next((each for each in split if each["role"] == "default"), split[0])
    lengths = " + ".join(f"{each['seconds']:.2f}" for each in first["pieces"][:SHOWN_PIECES])
    more = " + …" if len(first["pieces"]) > SHOWN_PIECES else ""
    yield f"{first['model']}: pieces of {lengths}{more} s; a change of scene may move the cuts."
    yield from first.get("notes", ())


MODELS = (
    Column("MODEL"),
    Column("USD/S", is_number=True),
    Column("CLIP", rank=2),
    Column("", rank=1, least=8),
)


def of_models(answer: Mapping[str, Any], width: int | None = None) -> str:
    """Each model with its price and what it takes."""
    cells = [
        [
            each["model"],
            f"{each['usd_per_second']:.3f}",
            f"{each['minimum_seconds']:g} to {each['maximum_seconds']:g} s",
            "taken unless told otherwise" if each["role"] == "default" else each["title"],
        ]
        for each in answer["models"]
    ]
    return f"{table(MODELS, cells, width)}\n  prices as of {answer['prices_as_of']}"


COSTS = (
    Column("BY", least=10),
    Column("CALLS", rank=3, is_number=True),
    Column("QUOTED", rank=2, is_number=True),
    Column("BILLED", is_number=True),
    Column("AT RISK", rank=1, is_number=True),
    Column("", rank=4),
)
BAR_CELLS = 20


def of_costs(answer: Mapping[str, Any], width: int | None = None) -> str:
    """A line for each day, model, folder or caller with a bar of its share, and the sum."""
    lines = answer["lines"]
    most = max((each["billed_usd"] for each in lines), default=0.0) or 1.0
    cells = [
        [*_sums(each, str(each["name"])), "#" * round(BAR_CELLS * each["billed_usd"] / most)]
        for each in lines
    ]
    cells.append([*_sums(answer["total"], "total"), ""])
    days = f"  {answer['since']} to {answer['until']}, {answer['time_zone']}"
    caps = "".join(f"\n  {_cap(each)}" for each in answer.get("caps") or [])
    return f"{table(COSTS, cells, width)}\n{days}{caps}"


def _cap(cap: Mapping[str, Any]) -> str:
    """One budget or cap as it stands in the period that is now: "daily: $1.51 of $2.00"."""
    period, _, unit = str(cap["cap"]).rpartition("_")
    if unit == "usd":
        return f"{period} budget: {usd_of(cap['spent'])} of {usd_of(cap['limit'])}"
    return f"{period} cap: {cap['spent']:g} of {cap['limit']:g} {unit}"


def _sums(line: Mapping[str, Any], name: str) -> list[str]:
    money = [_amount(line[each]) for each in ("quoted_usd", "billed_usd", "at_risk_usd")]
    return [name, str(line["attempts"]), *money]


def _standing(edit: Edit) -> str:
    """The status, or what says more than it."""
    if edit.get("erased_at") or edit.get("erasure"):
        return "ERASED" if edit.get("erased_at") else "ERASING"
    return "WAITING" if edit.get("waiting") else str(edit["status"])


def _awaited(edit: Edit) -> str:
    """What an edit waits for, in the column of those words that say why one did not succeed."""
    return str((edit.get("waiting") or {}).get("waits_for") or "")


def _known_usd(edit: Edit) -> float | None:
    billed, quoted = edit.get("billed_usd"), edit.get("quoted_usd")
    return quoted if billed is None else billed


def _amount(usd: float | None) -> str:
    return "" if usd is None else f"{usd:.2f}"


def _age(at: str, now: datetime) -> str:
    seconds = max(0, int((now - datetime.fromisoformat(at)).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _dropped(edit: Edit) -> str:
    request = edit.get("request") or {}
    stored = edit.get("upload") or edit.get("source") or {"key": request.get("source") or ""}
    # What the API's forms put before a name tells nobody anything.
    return str(stored.get("key", "")).rpartition("/")[2]

"""What a page says about an edit: the facts, and how each is put for a reader."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from retake.catalog.models import MODELS
from retake.domain.edit import Edit
from retake.domain.stored import moment
from retake.presentation.messages import name_of
from retake.presentation.pages.document import escaped
from retake.presentation.pages.joins import joins_of


def facts_of(edit: Edit, simulated: Collection[str] = ()) -> dict[str, Any]:
    """What the page says about an edit; `compare_page` shows those it knows that have a value.
    `simulated` are the providers that nobody pays.

    name, edit_id, prompt, operation, model, provider · cost_usd · duration_seconds, width, height,
    size_bytes, fps, after_audio (of the result) · source_seconds, source_width, source_height,
    source_bytes, source_codec, before_audio · created_at, finished_at (ISO 8601), took_seconds ·
    settings_from, repair (sentences), warnings (sentences) · is_simulated · joins (seconds).
    """
    result, footage = edit.result, edit.footage or {}
    facts: dict[str, Any] = {
        "name": name_of(edit),
        "edit_id": edit.edit_id,
        "prompt": edit.request.prompt if edit.request else None,
        "operation": str(edit.operation),
        "model": edit.model,
        "provider": edit.provider,
        "cost_usd": edit.quoted_usd if edit.billed_usd is None else edit.billed_usd,
        "source_seconds": footage.get("duration_seconds"),
        "source_width": footage.get("width"),
        "source_height": footage.get("height"),
        "source_bytes": footage.get("size_bytes"),
        "source_codec": footage.get("codec"),
        "before_audio": footage.get("has_audio", False),
        "fps": footage.get("fps"),
        "created_at": edit.created_at,
        "finished_at": edit.finished_at,
        "settings_from": _origin(edit),
        "repair": list(edit.repair.get("changes", ())),
        "warnings": list(edit.warnings),
        "is_simulated": edit.provider in simulated or None,
        "joins": joins_of(edit),
    }
    if edit.finished_at:
        begun, ended = moment(edit.created_at), moment(edit.finished_at)
        facts["took_seconds"] = (ended - begun).total_seconds()
    if result:
        facts |= {
            "duration_seconds": result.duration_seconds,
            "width": result.width,
            "height": result.height,
            "size_bytes": result.size_bytes,
            "after_audio": result.has_audio,
        }
    return {name: value for name, value in facts.items() if value not in (None, "", [])}


def without_cost(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts for a page that tells neither price nor model, not in its sentences either."""
    kept = {name: fact for name, fact in facts.items() if name not in _OF_COST}
    for name in ("repair", "warnings"):
        kept[name] = [each for each in facts.get(name, ()) if not tells_cost(each)]
    return kept


def tells_cost(sentence: str) -> bool:
    """Whether it names an amount, a model or a provider."""
    return bool(_TOLD.search(sentence))


_OF_COST = frozenset({"cost_usd", "model", "provider"})
_NAMES = {*MODELS, *(each.provider for each in MODELS.values()), "aiml api", "kling"}
_TOLD = re.compile(
    rf"\$ ?\d|\busd\b|(?<!\w)({'|'.join(sorted(map(re.escape, _NAMES)))})(?!\w)", re.IGNORECASE
)


def _origin(edit: Edit) -> str | None:
    """Which road the settings came by, where it says more than that they were given."""
    origin = edit.settings_from
    if origin is None or not origin.key:
        return None
    return f"{origin.road}: {origin.key.rpartition('/')[2]}"


def fact_rows(facts: Mapping[str, Any]) -> str:
    """The entries of a description list, HTML; facts without a value are left out."""
    rows = [
        ("Model", facts.get("model"), _provider(facts)),
        ("Cost", _text(facts, "cost_usd", "${:,.2f}"), _simulated(facts)),
        ("Length", _text(facts, "duration_seconds", "{:.2f} s"), _was(facts, "source_seconds")),
        ("Picture", _size(facts, ""), _before(_size(facts, "source_"), _size(facts, ""))),
        ("File", _megabytes(facts, "size_bytes"), _was_bytes(facts)),
        ("Took", _spell(facts.get("took_seconds")), ""),
        ("Finished", _day(facts.get("finished_at")), ""),
        ("Settings from", facts.get("settings_from"), ""),
    ]
    return "".join(
        f"<div><dt>{name}</dt><dd>{escaped(value)}"
        + (f"<small>{escaped(more)}</small>" if more else "")
        + "</dd></div>"
        for name, value, more in rows
        if value
    )


def _simulated(facts: Mapping[str, Any]) -> str:
    return "simulated: nobody pays" if facts.get("is_simulated") else ""


def _provider(facts: Mapping[str, Any]) -> str:
    name = facts.get("provider")
    model = str(facts.get("model") or "")
    return f"by {name}" if name and not model.startswith(f"{name}/") else ""


def _text(facts: Mapping[str, Any], name: str, form: str) -> str:
    value = facts.get(name)
    return "" if value is None else form.format(float(value))


def _size(facts: Mapping[str, Any], prefix: str) -> str:
    width, height = facts.get(f"{prefix}width"), facts.get(f"{prefix}height")
    return f"{int(width)} × {int(height)}" if width and height else ""


def _before(was: str, now: str) -> str:
    return f"before: {was}" if was and was != now else ""


def _was(facts: Mapping[str, Any], name: str) -> str:
    return _before(_text(facts, name, "{:.2f} s"), _text(facts, "duration_seconds", "{:.2f} s"))


def _megabytes(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return f"{float(value) / 1e6:,.1f} MB" if value else ""


def _was_bytes(facts: Mapping[str, Any]) -> str:
    return _before(_megabytes(facts, "source_bytes"), _megabytes(facts, "size_bytes"))


def _spell(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _day(text: str | None) -> str:
    return f"{moment(text):%-d %B %Y, %H:%M} UTC" if text else ""

"""docs/models.md and the template's choice of models, written from the catalog by `make docs`."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from retake.catalog.models import AS_OF, MODELS
from retake.catalog.schema import MB, Model, Price, Variant
from retake.domain.prompt_references import in_form

from tools.provider_lines import renewed

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "models.md"
TEMPLATE = ROOT / "template.yaml"

HEAD = f"""\
# Models

What each model takes, makes and costs, as of {AS_OF}. Choose one with the field `model` of an
upload or request; without it the stack's own default is taken. Nothing else in a request changes
with the model, but an option a model cannot honour is refused before anything is sent.

Where documents disagree the strictest reading is taken; each section says which and why. Nobody
has paid for calls to settle what is unknown. A clip's limits are checked before it is sent, so a
refusal costs nothing.

This page is written from `layers/core/retake/catalog/models.py` by `make docs`.
"""

Cell = Callable[[Model], str]


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## At a glance\n", _table(OVERVIEW), _reading()]
    parts += [_section(model) for model in MODELS.values()]
    return "\n".join(parts).rstrip() + "\n"


def _plain(number: float) -> str:
    return f"{number:g}"


def _seconds(variant: Variant | None) -> str:
    if variant is None:
        return "-"
    return f"{_plain(variant.minimum_seconds)}-{_plain(variant.maximum_seconds)} s"


def _price(variant: Variant | None) -> str:
    if variant is None:
        return "-"
    price = variant.price
    times = " of input and output" if price.counts_result else ""
    return " or ".join(f"{_usd(each)}/s" for each in _rates(price)) + times


def _rates(price: Price) -> list[float]:
    return [price.usd_per_second, *price.by_resolution.values()]


def _usd(amount: float) -> str:
    return f"${amount:.4f}".rstrip("0")


def _span(seconds: int | None) -> str:
    if seconds is None:
        return "unknown"
    days, hours = seconds // 86_400, seconds // 3600
    return f"{days} days" if days > 1 else f"{hours} h"


def _images(model: Model) -> str:
    if model.images_maximum_without_video:
        return f"{model.images_maximum}; {model.images_maximum_without_video} without a clip"
    return str(model.images_maximum)


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


OVERVIEW: dict[str, Cell] = {
    "model": lambda model: f"[`{model.key}`](#{_anchor(model)})",
    "clip": lambda model: _seconds(model.standard) + ("" if model.source_required else ", or none"),
    "fast mode": lambda model: _seconds(model.fast),
    "file": lambda model: f"{model.file_bytes // MB} MB",
    "prompt": lambda model: f"{model.prompt_characters:,}",
    "images and elements": _images,
    "elements": lambda model: str(model.elements_maximum or "-"),
    "aspect ratio": lambda model: ", ".join(model.aspect_ratios) or "the clip's",
    "price": lambda model: _price(model.standard),
    "fast": lambda model: _price(model.fast),
    "can call back": lambda model: _yes(model.calls_back),
    "can be cancelled": lambda model: _yes(model.cancels),
}

DETAILS: dict[str, Cell] = {
    "Operation": lambda model: f"`{model.operation}`",
    "Source clip": lambda model: _source(model),
    "Fast mode": lambda model: _fast(model),
    "File": lambda model: (
        f"at most {model.file_bytes // MB} MB; {_or(model.containers)} with {_or(model.codecs)}"
    ),
    "Picture": lambda model: (
        f"{model.side_minimum} to {model.side_maximum} pixels on each side, "
        f"{_plain(model.fps_minimum)} to {_plain(model.fps_maximum)} frames per second"
    ),
    "Prompt": lambda model: (
        f"at most {model.prompt_characters:,} characters; `@Image1` is sent "
        f"as `{in_form('@Image1', model.reference_form)}`"
    ),
    "Images": lambda model: (
        f"{_images(model)} (elements count too); {_or(model.image_formats)}, "
        f"at most {model.image_bytes // MB} MB, at least {model.image_side_minimum} pixels, "
        f"width to height {' to '.join(map(_plain, model.image_proportions))}"
    ),
    "Elements": lambda model: (
        f"up to {model.elements_maximum}, each a frontal image and 1 to "
        f"{model.element_images_maximum} others"
        if model.elements_maximum
        else "none"
    ),
    "Sound": lambda model: (
        "kept, unless `keep_audio` is false; the provider is always told which"
        if model.says_sound
        else "as the provider makes it; no field to say it is documented"
    ),
    "Resolution": lambda model: (
        f"{_or(model.resolutions)}; {model.resolutions[0]} if nothing is said"
        if model.resolutions
        else "the provider's choice"
    ),
    "Aspect ratio": lambda model: _or(model.aspect_ratios) or "the clip's; cannot be chosen",
    "Length of the result": lambda model: _length(model),
    "Price": lambda model: _terms(model.standard.price, _of(model)),
    "Failed edits are billed": lambda model: {None: "unknown", True: "yes", False: "no"}[
        model.bills_failures
    ],
    "The result can be fetched for": lambda model: (
        f"{_span(model.result_seconds)}; Retake copies it at once"
    ),
    "Can call back": lambda model: _calls(model),
    "Can be cancelled": lambda model: (
        _yes(model.cancels)
        + (
            "; it may still finish and be billed"
            if model.cancels
            else "; Retake only stops waiting"
        )
    ),
    "A lost submit can be found": lambda model: _yes(model.lists),
    "Retake waits at most": lambda model: (
        f"{model.deadline_seconds // 60} min, unless the stack says otherwise"
    ),
}


def _source(model: Model) -> str:
    needed = "needed" if model.source_required else "may be left out"
    return f"{needed}; {_seconds(model.standard)} long"


def _fast(model: Model) -> str:
    if model.fast is None:
        return "none"
    return f"clips of {_seconds(model.fast)}; {_terms(model.fast.price, _of(model))}"


def _length(model: Model) -> str:
    if not model.durations:
        return "the clip's; cannot be chosen"
    return f"{model.durations[0]} to {model.durations[-1]} s in whole seconds; " + (
        f"{model.default_duration_seconds} s if nothing is said"
    )


def _of(model: Model) -> str:
    return "the result" if model.durations else "the clip"


def _terms(price: Price, of: str) -> str:
    parts = [f"{_usd(price.usd_per_second)} per second of {of}"]
    parts += [f"{_usd(usd)} at {name}" for name, usd in price.by_resolution.items()]
    if price.counts_result:
        parts[0] += " and of the result, at least twice the result"
    if price.minimum_seconds:
        parts.append(f"at least {_plain(price.minimum_seconds)} s")
    parts.append("begun seconds count whole" if price.whole_seconds else "no rounding known")
    return ", ".join(parts)


def _calls(model: Model) -> str:
    if not model.calls_back:
        return "no"
    said = "yes, signed" if model.signs_callbacks else "yes, unsigned: a poll decides"
    looked_up = model.callback_undocumented_on
    return f"{said}; no page of this model lists it ({looked_up})" if looked_up else said


def _or(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else "".join(words)


def _table(columns: dict[str, Cell]) -> str:
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(cell(model) for cell in columns.values()) for model in MODELS.values()]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _reading() -> str:
    return (
        "Prices are what Retake quotes before it submits; the provider's bill counts. Prompt "
        "lengths are in\ncharacters. Only fal signs its callbacks and lists its requests. A "
        "clip\noutside the limits is refused, or repaired first where "
        "the request says `fit`: `trim` cuts it to the\nlongest, `scale` brings its sides within, "
        "`auto` does both and what else it takes (rate, codec,\ncontainer, file size).\n"
    )


def _anchor(model: Model) -> str:
    return model.key.replace("/", "")


def _section(model: Model) -> str:
    lines = [f"## {model.key}\n", f"{model.title}.\n", "| | |", "|---|---|"]
    lines += [f"| {name} | {cell(model)} |" for name, cell in DETAILS.items()]
    lines += ["", *_list("Where the figures are from", _sources(model))]
    lines += ["", *_list("Not known", iter(model.unknown))]
    lines += ["", *_list("Notes", iter(model.notes))]
    return "\n".join(lines) + "\n"


def _sources(model: Model) -> Iterator[str]:
    for figures, source in model.sources.items():
        yield f"{figures}: {source}"


def _list(title: str, items: Iterator[str]) -> list[str]:
    return [f"**{title}**\n", *(f"- {item}" for item in items)]


def choices(template: str) -> str:
    """The template with the catalog's models as what `DefaultModel` may be."""
    keys = "".join(f"      - {key}\n" for key in MODELS)
    before = r"(  DefaultModel:\n(?:    .*\n)*?    AllowedValues:\n)"
    return re.sub(before + r"(?:      - .*\n)+", rf"\1{keys}", template)


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    template = renewed(choices(TEMPLATE.read_text(encoding="utf-8")))
    TEMPLATE.write_text(template, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The catalog: its figures, that each has a source, and the page that is written from it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from retake.catalog.models import MODELS
from retake.catalog.schema import MB, Model
from retake.domain.vocabulary import Operation
from retake.providers.base import Provider
from retake.providers.registry import PROVIDERS

from tests.retake.providers.recorded_provider import page_of
from tools.models_page import PAGE, page

EVERY_MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: str(model.key))

COLUMNS: dict[str, Callable[[Model], Any]] = {
    "seconds": lambda m: (m.standard.minimum_seconds, m.standard.maximum_seconds),
    "fast": lambda m: m.fast and (m.fast.minimum_seconds, m.fast.maximum_seconds),
    "prompt": lambda m: m.prompt_characters,
    "megabytes": lambda m: m.file_bytes / MB,
    "images": lambda m: (m.images_maximum, m.images_maximum_without_video),
    "elements": lambda m: (m.elements_maximum, m.element_images_maximum),
    "ratios": lambda m: m.aspect_ratios,
    "durations": lambda m: m.durations,
    "result": lambda m: m.result_seconds,
    "back, cancel, list": lambda m: (m.calls_back, m.cancels, m.lists),
}


@EVERY_MODEL
def test_every_figure_is_the_one_on_the_providers_page(model: Model) -> None:
    figures = {name: read(model) for name, read in COLUMNS.items()}

    # Written down a second time, so that a slip in the catalog shows.
    told = {name: it for name, it in page_of(model.key)["figures"].items() if name != "sides"}
    assert json.loads(json.dumps(figures)) == told


@EVERY_MODEL
def test_what_only_kling_and_fal_write_down_holds_for_every_model(model: Model) -> None:
    own = page_of(model.key)["figures"].get("sides", [720, 2160])  # Kling 4.0 has other sides
    assert [model.side_minimum, model.side_maximum] == own
    assert (model.fps_minimum, model.fps_maximum) == (24, 60)
    assert model.containers == ("mp4", "mov")
    assert model.image_bytes == 10 * MB
    assert (model.image_side_minimum, model.image_proportions) == (300, (0.4, 2.5))


@EVERY_MODEL
def test_a_quote_is_what_the_provider_asks(model: Model) -> None:
    quotes = page_of(model.key)["quotes"]

    for quote in quotes:
        price = model.variant(fast=quote["fast"]).price
        found = price.quote(quote["seconds"], resolution=quote.get("resolution"))
        assert found == quote["usd"]
    assert quotes


@EVERY_MODEL
def test_every_model_says_where_its_figures_are_from_and_what_is_not_known(model: Model) -> None:
    sourced = " ".join(model.sources)

    for figure in ("fields", "durations", "file size", "pixels", "prompt length", "price"):
        assert figure in sourced
    assert model.unknown
    assert model.notes
    assert model.result_seconds is None or "result lifetime" in sourced


@EVERY_MODEL
def test_a_model_is_kept_consistent_with_itself(model: Model) -> None:
    assert model.key.startswith(f"{model.provider}/")
    assert bool(model.durations) is (model.operation is Operation.REFERENCE)
    assert not model.durations or model.default_duration_seconds in model.durations
    assert model.source_required is (model.operation is Operation.EDIT)
    assert model.calls_back or not model.signs_callbacks
    assert model.calls_back or model.callback_undocumented_on is None


def test_a_price_of_input_plus_output_has_a_floor_of_twice_the_output() -> None:
    price = MODELS["fal/kling-v4-edit"].standard.price

    assert price.billed_seconds(10) == 20
    assert price.billed_seconds(10, result_seconds=8) == 18
    assert price.billed_seconds(10, result_seconds=12) == 24  # twice the result


def test_the_five_systems_come_first_and_stay_the_choice_of_whoever_names_none() -> None:
    first = [key.partition("/")[2] for key in MODELS][:5]

    assert first == [
        *("kling-o1-edit", "kling-o1-reference", "kling-o1-edit", "kling-o1-edit", "kling-o1-edit")
    ]


def test_no_failure_is_called_free_where_no_document_says_so() -> None:
    assert {model.key for model in MODELS.values() if model.bills_failures is False} == set()


@EVERY_MODEL
def test_what_the_catalog_promises_of_a_provider_its_adapter_can_do(model: Model) -> None:
    kind = PROVIDERS[model.provider]

    assert model.calls_back is (kind.read_callback is not Provider.read_callback)
    assert model.cancels is (kind.cancel is not Provider.cancel)
    assert model.lists is (kind.find is not Provider.find)


def test_the_page_of_the_models_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "renew it: see tools/models_page.py"

"""The catalog as callers see it: what each model takes and costs, and which the stack chooses."""

from collections.abc import Sequence

from pydantic import Field

from retake.api.quotes import in_order, role
from retake.api.views import View
from retake.catalog.models import AS_OF, MODELS
from retake.catalog.schema import Model, Variant
from retake.domain.vocabulary import Operation


class VariantView(View):
    """The length of clip that a mode takes, and its price in US dollars."""

    minimum_seconds: float
    maximum_seconds: float
    usd_per_second: float
    least_billed_seconds: float = Field(description="A shorter clip costs as much as this")

    @classmethod
    def of(cls, variant: Variant) -> "VariantView":
        return cls(
            minimum_seconds=variant.minimum_seconds,
            maximum_seconds=variant.maximum_seconds,
            usd_per_second=variant.price.usd_per_second,
            least_billed_seconds=variant.price.minimum_seconds,
        )


class ModelView(VariantView):
    """One model: the limits that an edit is held against before anything is sent."""

    model: str = Field(examples=["novita/kling-o1-edit"])
    provider: str
    title: str
    operation: Operation
    role: str = Field(
        description="default: taken when a request names none; fallback: next in order when that "
        "one refuses; on_request: only when it is named"
    )
    fast: VariantView | None = Field(None, description="Its fast mode, where it has one")
    prompt_characters: int
    largest_bytes: int
    side_minimum: int
    side_maximum: int
    fps_minimum: float
    fps_maximum: float
    containers: list[str]
    codecs: list[str]
    images_maximum: int
    elements_maximum: int
    aspect_ratios: list[str]
    can_cancel: bool = Field(description="Whether the provider can stop what it has begun")

    @classmethod
    def listed(cls, model: Model, its_role: str) -> "ModelView":
        standard = VariantView.of(model.standard)
        return cls(
            **standard.model_dump(),
            model=model.key,
            provider=model.provider,
            title=model.title,
            operation=model.operation,
            role=its_role,
            fast=VariantView.of(model.fast) if model.fast else None,
            prompt_characters=model.prompt_characters,
            largest_bytes=model.file_bytes,
            side_minimum=model.side_minimum,
            side_maximum=model.side_maximum,
            fps_minimum=model.fps_minimum,
            fps_maximum=model.fps_maximum,
            containers=list(model.containers),
            codecs=list(model.codecs),
            images_maximum=model.images_maximum,
            elements_maximum=model.elements_maximum,
            aspect_ratios=list(model.aspect_ratios),
            can_cancel=model.cancels,
        )


class ModelsView(View):
    """Every model, the stack's own choice first."""

    prices_as_of: str
    models: list[ModelView]


def listed(default_model: str, model_order: Sequence[str]) -> ModelsView:
    """The whole catalog in the order in which this stack would choose."""
    keys = [key for key in in_order(default_model, model_order) if key in MODELS]
    return ModelsView(
        prices_as_of=AS_OF,
        models=[
            ModelView.listed(MODELS[key], role(key, default_model, model_order)) for key in keys
        ],
    )

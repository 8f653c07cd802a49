"""What each model takes, makes and costs: dated data, checked against the sources it names.

Retake's caps are the strictest reading where documents disagree; `notes` says which and why.
docs/models.md is generated from this table. Durations in seconds, sizes in bytes, US dollars.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from retake.reasons import Operation

AS_OF = "2026-11-20"
MIB = 1024 * 1024
MB = 1_000_000

VIDEO_CONTAINERS = ("mp4", "mov")
IMAGE_FORMATS = ("jpg", "jpeg", "png", "webp")
ASPECT_RATIOS = ("16:9", "9:16", "1:1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars per second of input (for a reference: of output), counted in whole seconds."""

    usd_per_second: float
    minimum_seconds: float = 0
    whole_seconds: bool = False

    def quote(self, duration_seconds: float) -> float:
        """What a clip of this length should cost; to a hundredth of a cent."""
        billed = max(duration_seconds, self.minimum_seconds)
        return round(self.usd_per_second * (ceil(billed) if self.whole_seconds else billed), 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The standard or the fast mode of a model."""

    minimum_seconds: float
    maximum_seconds: float
    price: Price
    provider_model: str | None = None  # where the mode is another model name at the provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One row of the catalog. Sides in pixels; None where no limit is known."""

    key: str
    provider: str
    operation: Operation
    title: str
    standard: Variant
    fast: Variant | None = None
    prompt_characters: int = 2500
    file_bytes: int = 200 * MB
    side_minimum: int = 720
    side_maximum: int = 2160
    fps_minimum: float = 24
    fps_maximum: float = 60
    containers: tuple[str, ...] = VIDEO_CONTAINERS
    codecs: tuple[str, ...] = ("h264", "hevc")
    images_maximum: int = 4
    images_maximum_without_video: int = 0
    image_bytes: int = 10 * MB
    image_formats: tuple[str, ...] = IMAGE_FORMATS
    elements_maximum: int = 0
    element_images_maximum: int = 3
    aspect_ratios: tuple[str, ...] = ()
    durations: tuple[int, ...] = ()
    source_required: bool = True
    calls_back: bool = False
    cancels: bool = False
    lists: bool = False
    bills_failures: bool | None = None  # None: not known
    result_seconds: int | None = None
    deadline_seconds: int = 3600
    sources: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def variant(self, *, fast: bool) -> Variant:
        """The limits and price that hold; a model without a fast mode has only the standard one."""
        return self.fast if fast and self.fast else self.standard


_KLING_FLOOR = "Kling's own limits as fal documents them; the floor to expect everywhere"
_PROMPT_2500 = "Kling's own cap of 2,500 characters; the provider states none"

MODELS: Mapping[str, Model] = {
    model.key: model
    for model in (
        Model(
            key="novita/kling-o1-edit",
            provider="novita",
            operation=Operation.EDIT,
            title="Novita Kling-O1 video edit",
            standard=Variant(
                minimum_seconds=3, maximum_seconds=10, price=Price(usd_per_second=0.168)
            ),
            fast=Variant(minimum_seconds=6, maximum_seconds=20, price=Price(usd_per_second=0.168)),
            aspect_ratios=ASPECT_RATIOS,
            calls_back=True,
            result_seconds=3600,
            sources={
                "fields, images, aspect ratios": "Novita API page 'Kling-O1 Video Edit'",
                "durations": "Novita blog on Kling O1 (June 2026)",
                "size, pixels, fps, prompt": _KLING_FLOOR,
                "result lifetime": "video_url_ttl, 3600 in Novita's task-result examples",
                "price": "inferred from Novita's reference-video price of $0.168/s",
            },
            unknown=("price of fast mode", "rate limits", "whether O1 honours the webhook"),
        ),
        Model(
            key="novita/kling-o1-reference",
            provider="novita",
            operation=Operation.REFERENCE,
            title="Novita Kling-O1 reference video generation",
            standard=Variant(
                minimum_seconds=3, maximum_seconds=10, price=Price(usd_per_second=0.168)
            ),
            aspect_ratios=ASPECT_RATIOS,
            durations=(3, 4, 5, 6, 7, 8, 9, 10),
            images_maximum=4,
            images_maximum_without_video=7,
            source_required=False,
            calls_back=True,
            result_seconds=3600,
            sources={
                "fields, images, durations, aspect ratios": "Novita API page 'Kling-O1 Reference "
                "Video Generation'",
                "images with a video": "Kling caps images at 4 when a video is sent",
                "size, pixels, fps, prompt": _KLING_FLOOR,
                "price": "Novita blog on Kling O1 (June 2026): $0.168/s",
            },
            unknown=("rate limits", "whether O1 honours the webhook"),
        ),
        Model(
            key="evolink/kling-o1-edit",
            provider="evolink",
            operation=Operation.EDIT,
            title="EvoLink kling-o1-video-edit",
            standard=Variant(
                minimum_seconds=3,
                maximum_seconds=10,
                price=Price(usd_per_second=12 / 68, minimum_seconds=3),
                provider_model="kling-o1-video-edit",
            ),
            fast=Variant(
                minimum_seconds=6,
                maximum_seconds=20,
                price=Price(usd_per_second=6.8 / 68, minimum_seconds=6),
                provider_model="kling-o1-video-edit-fast",
            ),
            prompt_characters=5000,
            file_bytes=100 * MB,
            calls_back=True,
            bills_failures=False,
            result_seconds=24 * 3600,
            sources={
                "fields, durations, size, prompt, images": "EvoLink page 'kling-o1-video-edit'",
                "pixels, fps": _KLING_FLOOR,
                "fast variant, price": "public EvoLink CLI (12 and 6.8 credits/s, 68 credits = $1)",
            },
            unknown=("rate limits", "whether Idempotency-Key is honoured", "a cancel route"),
            notes=("Another copy of the page lists aspect_ratio; Retake does not send it.",),
        ),
        Model(
            key="aimlapi/kling-o1-edit",
            provider="aimlapi",
            operation=Operation.EDIT,
            title="AIML API klingai/video-o1-video-to-video-edit",
            standard=Variant(
                minimum_seconds=3, maximum_seconds=10, price=Price(usd_per_second=0.164)
            ),
            elements_maximum=4,
            sources={
                "fields, prompt, elements": "AIML API OpenAPI file of the model",
                "images": "schema allows 7; capped at 4 because the job may run on fal",
                "durations, size, pixels, fps": _KLING_FLOOR,
                "price": "third-party notes: $0.111/s or $0.164/s; the higher is quoted",
            },
            unknown=("result lifetime", "rate limits", "price", "moderation wording"),
            notes=("No callback, no listing: a submit whose answer is lost cannot be found.",),
        ),
        Model(
            key="fal/kling-o1-edit",
            provider="fal",
            operation=Operation.EDIT,
            title="fal kling-video/o1 video-to-video edit",
            standard=Variant(
                minimum_seconds=3, maximum_seconds=10, price=Price(usd_per_second=0.168)
            ),
            elements_maximum=4,
            calls_back=True,
            cancels=True,
            lists=True,
            result_seconds=7 * 24 * 3600,
            sources={
                "fields, durations, size, pixels, fps": "fal model page and queue OpenAPI",
                "price": "fal model page: $0.168 per second of input",
                "result lifetime": "fal: at least 7 days",
                "prompt": _PROMPT_2500,
            },
            unknown=("price of o1/standard",),
            notes=("fal's schema admits 10.05 s, its page 10 s; Retake keeps to 10 s.",),
        ),
    )
}

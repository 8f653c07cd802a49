"""What the four providers sell beside Kling O1's edit: the rows of retake.catalog.models that are
taken only when a request names them.

Looked up on 2026-11-28. What no document supports is left out, and named under `unknown`.
"""

from retake.catalog.schema import MB, Model, Price, Variant
from retake.domain.prompt_references import AS_WRITTEN
from retake.domain.vocabulary import Operation

_DAY_SECONDS = 24 * 3600
_CODECS = "no document; the two that every player of .mp4 and .mov reads"
_IMAGES = "Kling's own O1 reference: jpg, jpeg, png; 10 MB; 300 pixels; 1:2.5 to 2.5:1"
_PROMPT = "Kling's own O1 reference: 2,500 characters; this provider says nothing"
_LIFETIME = "fal: at least 7 days; asked for with each request"
_UNKNOWN_AT_FAL = (
    "prompt length",
    "whether bad input (HTTP 422) is billed; failures on fal's side are not",
    "how far the list of requests lags",
)
_QUEUE = "One order is one run here too: fal's own retries and fallback are switched off."


def _at_fal(  # noqa: PLR0913  the columns in which fal's rows differ, by name
    name: str,
    title: str,
    endpoint: str,
    *,
    price: Price,
    price_source: str,
    limits_source: str,
    limits: str = "file size, formats, pixels, durations, image count, form of references",
    maximum_seconds: float = 10,
    notes: tuple[str, ...] = (),
    unknown: tuple[str, ...] = (),
    elements_maximum: int = 4,
    **columns: object,
) -> Model:
    return Model(
        key=f"fal/{name}",
        provider="fal",
        operation=Operation.EDIT,
        title=title,
        standard=Variant(
            minimum_seconds=3,
            maximum_seconds=maximum_seconds,
            price=price,
            provider_model=endpoint,
        ),
        reference_form=AS_WRITTEN,
        elements_maximum=elements_maximum,
        calls_back=True,
        signs_callbacks=True,
        cancels=True,
        lists=True,
        result_seconds=7 * _DAY_SECONDS,
        sources={
            f"fields, {limits}": limits_source,
            "codecs": _CODECS,
            "images": _IMAGES,
            "prompt length": _PROMPT,
            "price": price_source,
            "result lifetime": _LIFETIME,
        },
        unknown=(*_UNKNOWN_AT_FAL, *unknown),
        notes=(*notes, _QUEUE),
        **columns,  # type: ignore[arg-type]
    )


LATER_MODELS = (
    _at_fal(
        "kling-o1-standard-edit",
        "fal kling-video/o1/standard video-to-video edit",
        "fal-ai/kling-video/o1/standard/video-to-video/edit",
        price=Price(usd_per_second=0.126),
        price_source="fal's pricing API as two public clients print it: $0.126 per second",
        limits_source="fal's page 'Kling Video O1 Standard Video To Video' (2026-11-28); frame "
        "rate from the O1 page, whose fields are the same",
        notes=(
            "A quality tier of O1 at three quarters of its price; not the fast mode of others.",
        ),
        unknown=("the price on a page of fal's own",),
    ),
    _at_fal(
        "kling-o3-pro-edit",
        "fal kling-video/o3/pro video-to-video edit",
        "fal-ai/kling-video/o3/pro/video-to-video/edit",
        price=Price(usd_per_second=0.336),
        price_source="fal's page 'Kling O3 Edit Video [Pro]' (2026-11-28): $0.336 per second of "
        "video; public clients print $0.168 too, the higher is quoted",
        limits_source="fal's page 'Kling O3 Edit Video [Pro]' (2026-11-28); frame rate from the "
        "O1 page and from clients' types",
        notes=(
            "The page says 3 to 10 s and 720 to 2160 pixels, client types 3 to 15 s and up to "
            "3840; the page is taken.",
            "Its own default keeps the sound; it is told either way.",
        ),
    ),
    _at_fal(
        "kling-o3-standard-edit",
        "fal kling-video/o3/standard video-to-video edit",
        "fal-ai/kling-video/o3/standard/video-to-video/edit",
        price=Price(usd_per_second=0.252),
        price_source="third parties' notes: $0.126 or $0.252 per second; the higher is quoted",
        limits_source="fal's page 'Kling Video O3 Standard Video To Video' (2026-11-28); frame "
        "rate from the O1 page and from clients' types",
        notes=("Its own default keeps the sound; it is told either way.",),
        unknown=("the price on a page of fal's own",),
    ),
    _at_fal(
        "kling-v4-edit",
        "fal Kling 4.0 Video Editing",
        "kling/v4/video-to-video/edit",
        price=Price(usd_per_second=0.141, counts_result=True),
        price_source="fal's page 'Kling 4.0 Video Editing' (2026-11-28): $0.094 at 720p or $0.141 "
        "at 1080p per second of input plus output, at least twice the output; the higher is quoted",
        limits_source="fal's page 'Kling 4.0 Video Editing' (2026-11-28)",
        limits="file size, pixels, frame rate, durations, form of references",
        maximum_seconds=30,
        elements_maximum=0,
        file_bytes=300 * MB,
        side_minimum=700,
        side_maximum=4553,
        says_sound=False,
        notes=(
            "The page says that access by API is coming, fal's guide of autumn 2026 that it is "
            "there; while it is not, an edit ends as MODEL_GONE and costs nothing.",
            "The page's limits admit 30.05 s, its words 30 s; 30 s are taken.",
            "Other sellers take 10 images and prompts of 26,000 characters; Kling's older limits "
            "are kept until a page of fal's says so.",
        ),
        unknown=(
            "the fields that choose the resolution and keep the sound: neither is sent",
            "how many images; formats",
        ),
    ),
    Model(
        key="evolink/kling-o3-edit",
        provider="evolink",
        operation=Operation.EDIT,
        title="EvoLink kling-o3-video-edit",
        standard=Variant(
            minimum_seconds=3,
            maximum_seconds=10,
            price=Price(
                usd_per_second=8.1 / 68,
                minimum_seconds=3,
                whole_seconds=True,
                by_resolution={"1080p": 8.1 * 1.334 / 68},
            ),
            provider_model="kling-o3-video-edit",
        ),
        clip_field="video_url",
        resolutions=("720p", "1080p"),
        file_bytes=100 * MB,
        calls_back=True,
        result_seconds=_DAY_SECONDS,
        sources={
            "fields, prompt length, formats, pixels, frame rate, image count, resolutions, "
            "form of references": "EvoLink page 'kling-o3-video-edit' (2026-11-28)",
            "durations": "the page: at least 3 s; public clients: up to 10 s",
            "file size": "EvoLink's playground (2026-11-28): 100 MB; the page says 200",
            "codecs": _CODECS,
            "images": _IMAGES,
            "price": "the page: 81,000 units, 8.1 credits, per second of input, rounded up; at "
            "1080p 1.334 times that. 68 credits are $1, as for O1",
            "result lifetime": "EvoLink's other Kling pages: 24 hours",
        },
        unknown=(
            "the longest clip on a page of EvoLink's own",
            "rate limits",
            "whether a failed edit is billed",
            "a way to cancel",
        ),
        notes=(
            "The playground prints $0.1125 and $0.1501 per second, at 72 credits a dollar; the "
            "higher price, at 68, is quoted.",
            "Elements are ids of an EvoLink call of its own; they are not offered.",
            "`multi_shot` is not sent.",
        ),
    ),
)

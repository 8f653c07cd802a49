"""What each model takes, makes and costs: dated data, checked against the sources it names.

The five systems of Kling O1 stand here, what was sold later in retake.catalog.later_models.

Retake's caps are the strictest reading where documents disagree; `notes` says which and why.
docs/models.md is generated from this table. Nobody has paid for a call to settle an open point.
"""

from collections.abc import Mapping

from retake.catalog.later_models import LATER_MODELS
from retake.catalog.schema import ASPECT_RATIOS, IMAGE_FORMATS, MB, Model, Price, Variant
from retake.domain.prompt_references import AS_WRITTEN
from retake.domain.vocabulary import Operation

__all__ = ["AS_OF", "MB", "MODELS", "Model", "Price", "Variant"]

AS_OF = "2026-11-20"
_DAY_SECONDS = 24 * 3600

_FAL_FLOOR = (
    "fal's model page and Kling's own O1 reference, which agree; this provider says nothing"
)
_KLING_IMAGES = "Kling's own O1 reference: jpg, jpeg, png; 10 MB; 300 pixels; 1:2.5 to 2.5:1"
_KLING_PROMPT = "Kling's own O1 reference: 2,500 characters; this provider says nothing"
_CODECS = "no document; the two that every player of .mp4 and .mov reads"
_KLING_REFERENCES = (
    "Prompts are sent with Kling's own `<<<image_1>>>` where people write `@Image1`: the provider "
    "documents no form, and passes on a model whose own reference documents this one."
)
_NOVITA_WEBHOOK = (
    "Novita's webhook page speaks of 'V3 async APIs that support it'; no O1 page lists the field "
    "(looked up on 2026-11-28), so no call may ever come. A callback only ever hastens a poll."
)
_NOVITA_LISTED = (
    "Novita's index of August 2026 lists no kling-o1 page while its blog of June 2026 sells it; a "
    "model that is no longer sold ends edits as MODEL_GONE."
)

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
            callback_undocumented_on="2026-11-28",
            result_seconds=3600,
            sources={
                "fields, image count, aspect ratios": "Novita API page 'Kling-o1 Video Editing'",
                "durations, standard and fast": "Novita blog on Kling O1 (June 2026)",
                "file size, formats, pixels, frame rate": _FAL_FLOOR,
                "codecs": _CODECS,
                "images": _KLING_IMAGES,
                "prompt length": _KLING_PROMPT,
                "result lifetime": "video_url_ttl, 3600 in Novita's task-result examples",
                "price": "inferred from Novita's price of reference video, $0.168 per second",
            },
            unknown=(
                "price of the edit and of fast mode; fast is quoted like standard",
                "rate limits and Retry-After",
                "whether O1 honours the webhook, and how often it is repeated",
                "whether a failed edit is billed",
                "how a prompt refers to images",
            ),
            notes=(_KLING_REFERENCES, _NOVITA_WEBHOOK, _NOVITA_LISTED),
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
            callback_undocumented_on="2026-11-28",
            result_seconds=3600,
            sources={
                "fields, durations, aspect ratios, images without a clip": "Novita API page "
                "'Kling-o1 Reference Video Generation'",
                "images with a clip": "Kling's own O1 reference: 4; Novita's page says 7",
                "file size, formats, pixels, frame rate": _FAL_FLOOR,
                "codecs": _CODECS,
                "images": _KLING_IMAGES,
                "prompt length": _KLING_PROMPT,
                "result lifetime": "video_url_ttl, 3600 in Novita's task-result examples",
                "price": "Novita blog on Kling O1 (June 2026): $0.168 per second",
            },
            unknown=(
                "whether 7 images are taken beside a clip",
                "rate limits and Retry-After",
                "whether O1 honours the webhook, and how often it is repeated",
                "whether a failed video is billed",
                "how a prompt refers to images",
            ),
            notes=(_KLING_REFERENCES, _NOVITA_WEBHOOK, _NOVITA_LISTED),
        ),
        Model(
            key="evolink/kling-o1-edit",
            provider="evolink",
            operation=Operation.EDIT,
            title="EvoLink kling-o1-video-edit",
            standard=Variant(
                minimum_seconds=3,
                maximum_seconds=10,
                price=Price(usd_per_second=12 / 68, minimum_seconds=3, whole_seconds=True),
                provider_model="kling-o1-video-edit",
            ),
            fast=Variant(
                minimum_seconds=6,
                maximum_seconds=20,
                price=Price(usd_per_second=6.8 / 68, minimum_seconds=6, whole_seconds=True),
                provider_model="kling-o1-video-edit-fast",
            ),
            prompt_characters=5000,
            file_bytes=100 * MB,
            image_formats=(*IMAGE_FORMATS, "webp"),
            calls_back=True,
            result_seconds=_DAY_SECONDS,
            sources={
                "fields, prompt length, durations, file size, formats, image count, formats and "
                "size, result lifetime": "EvoLink pages 'kling-o1-video-edit' and "
                "'kling-o1-video-edit-fast'",
                "pixels, frame rate, image sides": _FAL_FLOOR,
                "codecs": _CODECS,
                "price": "public EvoLink command line client (October 2026): 12 and 6.8 credits "
                "per second, at least 36 and 40.8; 68 credits are $1",
                "rounding": "EvoLink's O3 page rounds up; the O1 page's sample shows whole seconds",
            },
            unknown=(
                "rate limits",
                "whether a failed edit is billed: a public client says that it is not, the manual "
                "that a failure too is called back 'after billing confirmation'; a task's own "
                "`billing`, where it comes, tells",
                "whether the Idempotency-Key header, which is sent, does anything",
                "a way to cancel",
                "whether the task list, which only the command line client uses, is complete",
            ),
            notes=(
                "Prompts are sent with `<<<image_1>>>` where people write `@Image1`: EvoLink "
                "documents this form for its O3 edit and none for O1; it is Kling's own for O1.",
                "Another copy of the page lists aspect_ratio; it is not sent.",
                "The page bills clips outside 3 to 10 s at the bounds; here they are refused.",
                "A marketing page says 'from $0.111 per second'; the credit price is quoted.",
            ),
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
                "fields, prompt length, elements": "AIML API's OpenAPI file of the model",
                "image count": "Kling and fal: 4 with elements; the OpenAPI file says 7",
                "images per element": "fal: 1 to 3; the OpenAPI file says 1 to 4",
                "durations, file size, formats, pixels, frame rate": _FAL_FLOOR,
                "codecs": _CODECS,
                "images": _KLING_IMAGES,
                "price": "third parties' notes: $0.111 or $0.164 per second; the higher is quoted",
            },
            unknown=(
                "price and result lifetime",
                "rate limits; no Retry-After was seen",
                "how a refusal of the content is worded",
                "whether a failed edit is billed",
                "how a prompt refers to images and elements",
            ),
            notes=(
                _KLING_REFERENCES,
                "Its routing is pinned to Kling itself: the default tries fal after Kling, a "
                "second submit behind one request.",
                "No callback and no list: a submit whose answer is lost cannot be found again.",
                "The page's sample answer is an image; such an answer is never taken for a result.",
            ),
        ),
        Model(
            key="fal/kling-o1-edit",
            provider="fal",
            operation=Operation.EDIT,
            title="fal kling-video/o1 video-to-video edit",
            standard=Variant(
                minimum_seconds=3,
                maximum_seconds=10,
                price=Price(usd_per_second=0.168),
                provider_model="fal-ai/kling-video/o1/video-to-video/edit",
            ),
            reference_form=AS_WRITTEN,
            elements_maximum=4,
            calls_back=True,
            signs_callbacks=True,
            cancels=True,
            runs_at_once=2,
            lists=True,
            result_seconds=7 * _DAY_SECONDS,
            sources={
                "fields, durations, file size, formats, pixels, frame rate, image count, form of "
                "references": "fal's model page and OpenAPI file",
                "images, images per element": "fal's OpenAPI file as its clients print it; formats "
                "from Kling's own O1 reference",
                "codecs": _CODECS,
                "prompt length": _KLING_PROMPT,
                "price": "fal's model page: $0.168 per second of input, $0.50 to $1.68 per edit",
                "result lifetime": "fal: at least 7 days; asked for with each request",
                "running at once": "fal's documentation of its queue: new accounts begin with 2",
            },
            unknown=(
                "prompt length",
                "whether bad input (HTTP 422) is billed; failures on fal's side are not",
                "how far the list of requests lags",
            ),
            notes=(
                "The schema admits 10.05 s, the page 10 s; 10 s are taken.",
                "Prose on the page names .webm, .m4v and .gif; the schema .mp4 and .mov, as here.",
                "fal's own retries and its fallback to other models are switched off: one order is "
                "one run.",
                "New accounts run 2 requests at once; others wait in fal's queue.",
            ),
        ),
        *LATER_MODELS,
    )
}

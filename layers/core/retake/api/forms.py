"""What callers send, as pydantic reads it and as docs/openapi.json describes it."""

from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from retake.api.create_edit import EditOrder
from retake.domain.footage import Footage
from retake.domain.request import Request
from retake.records.batches import MAX_EDITS
from retake.request.parsing import WORDS
from retake.request.variations import LISTS, Variations, parse_variations, webhook_url_in

URL_CHARS = 4096
KEY_CHARS = 1024
Key = Annotated[str, StringConstraints(min_length=1, max_length=KEY_CHARS)]
Prompt = Annotated[str, StringConstraints(min_length=1, max_length=5000)]
ModelKey = Annotated[str, StringConstraints(min_length=1, max_length=100)]
# A line of text: no control characters.
Tag = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,64}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,256}$")]
_EXAMPLE: dict[str, Any] = {
    "prompt": "Make it snow",
    "source": "sources/0f3c9a5e2b7d4c1e8a6f5b4d3c2a1e0f/street.mp4",
    "model": "novita/kling-o1-edit",
    "tags": ["spring campaign"],
    "reference": "order 1234",
}


def _both(name: str) -> AliasChoices:
    """A field under its name, and as metadata spell it."""
    return AliasChoices(name, name.replace("_", "-"))


class Form(BaseModel):
    """No field that is not named, no value of another type than said."""

    model_config = ConfigDict(
        extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True
    )


class ElementForm(Form):
    """A thing or person to put into the picture."""

    frontal: Key = Field(description="Key of the picture that shows it from the front")
    references: list[Key] = Field(
        min_length=1, max_length=16, description="Keys of pictures from other sides"
    )


class RequestForm(Form):
    """What is to be done to which clip; the same fields as those of a request file."""

    prompt: str | None = Field(
        None, min_length=1, max_length=5000, description="What to change, in words"
    )
    prompts: list[Prompt] | None = Field(
        None,
        min_length=1,
        max_length=MAX_EDITS,
        description="Instead of `prompt`: one edit for each, together a batch",
    )
    operation: Annotated[
        Literal["edit", "reference"] | None, BeforeValidator(WORDS["operation"])
    ] = Field(None, description="Change a clip, or make a new video after references")
    model: str | None = Field(
        None, max_length=100, description="Key of a model; absent: the stack's own choice"
    )
    models: list[ModelKey] | None = Field(
        None,
        min_length=1,
        max_length=MAX_EDITS,
        description="Instead of `model`: one edit for each. With `prompts` every combination, "
        f"at most {MAX_EDITS}",
    )
    source: str | None = Field(
        None,
        min_length=1,
        max_length=URL_CHARS,
        description="Key of a clip in the inbox bucket, or an https address to fetch it from",
    )
    images: list[Key] = Field(
        default=[], max_length=16, description="Keys of reference pictures: @Image1, @Image2, …"
    )
    elements: list[ElementForm] = Field(
        default=[], max_length=16, description="@Element1, @Element2, …"
    )
    keep_audio: bool = Field(
        True,
        validation_alias=_both("keep_audio"),
        description="Whether the result keeps the clip's sound",
    )
    aspect_ratio: str | None = Field(
        None, validation_alias=_both("aspect_ratio"), max_length=20, examples=["16:9"]
    )
    duration_seconds: int | None = Field(
        None,
        validation_alias=_both("duration_seconds"),
        ge=1,
        le=60,
        description="Length of a reference video",
    )
    resolution: str | None = Field(
        None,
        max_length=20,
        examples=["1080p"],
        description="Of the result, where the model has a choice",
    )
    fast: bool = Field(False, description="The model's fast mode, where it has one")
    fit: Annotated[
        Literal["trim", "scale", "auto", "split"] | None, BeforeValidator(WORDS["fit"])
    ] = Field(
        None,
        description="What may be done to a clip that the model would not take as it is: cut it, "
        "bring it to size, make it anew as it must be, or edit it in pieces that are put together "
        "again. Without it such a clip is refused",
    )
    consistency: Literal["anchor", "chained", "none"] | None = Field(
        None,
        description="With `fit: split`: `anchor` shows a picture of the first edited piece to all "
        "others, which takes one of the places for images; `chained` the last edited frame of the "
        "piece before as well, which takes two, and edits them in order; `none` edits all at once",
    )
    anchor_image: int | None = Field(
        None,
        validation_alias=_both("anchor_image"),
        ge=1,
        le=16,
        description="With `fit: split`: the number of the one of `images` that is the anchor, "
        "which takes no further place",
    )
    overlap_frames: int | None = Field(
        None,
        validation_alias=_both("overlap_frames"),
        ge=0,
        le=30,
        description="With `fit: split`: how many frames two pieces share where no scene changes, "
        "to be faded into each other; they are edited, and paid for, twice",
    )
    if_piece_fails: Literal["fail", "keep_source", "partial"] | None = Field(
        None,
        validation_alias=_both("if_piece_fails"),
        description="With `fit: split`, of a piece that failed twice: the whole fails, that piece "
        "stays as it was, or it fails when all others have been edited",
    )
    piece_messages: bool | None = Field(
        None,
        validation_alias=_both("piece_messages"),
        description="With `fit: split`: whether each piece is told of as well; without it no",
    )
    priority: Annotated[
        Literal["low", "normal", "high"] | None, BeforeValidator(WORDS["priority"])
    ] = Field(None, description="Who goes first where edits wait for a provider; without it normal")

    approve: bool | None = Field(
        None, description="Whether somebody is asked before it is sent, whatever it costs"
    )
    reuse: bool | None = Field(
        None,
        description="Whether the result of an equal edit may be taken instead of buying it again; "
        "absent: as the stack says",
    )

    def variations(self, *, without_source: bool = False) -> Variations:
        """The requests these fields make. Raises Refused as every other road does, also for one
        of several: here somebody waits for the answer who can put it right."""
        names = {*Request.__dataclass_fields__, *LISTS}
        said = self.model_dump(exclude_unset=True, exclude_none=True)
        left_out = {"source"} if without_source else set()
        return parse_variations(
            {k: v for k, v in said.items() if k in names and k not in left_out}
        ).all_or_refused()


class EditForm(RequestForm):
    """A request, and the caller's own words, which come back in record and message."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    tags: list[Tag] = Field(
        default=[], max_length=20, description="Words to find the edit by; told apart by case"
    )
    reference: Reference | None = Field(None, description="Your own name for this edit")
    webhook_url: str | None = Field(
        None,
        validation_alias=_both("webhook_url"),
        min_length=1,
        max_length=URL_CHARS,
        description="An https address that is told when the edit has ended, by a signed POST as "
        "Standard Webhooks has it; absent: the stack's own, if it has one",
    )

    def order(self) -> EditOrder:
        """What the caller wants. Raises Refused."""
        is_url = self.source is not None and "://" in self.source
        variations = self.variations(without_source=is_url)
        return EditOrder(
            requests=variations.requests,
            warnings=variations.warnings,
            tags=tuple(dict.fromkeys(self.tags)),
            reference=self.reference,
            source_url=self.source if is_url else None,
            webhook_url=webhook_url_in(self.webhook_url),
        )


class ApprovalForm(Form):
    """An answer to an edit that asks first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"answer": "yes", "quoted_usd": 0.84}]}
    )

    answer: Literal["yes", "no"]
    quoted_usd: float = Field(
        ge=0,
        le=1e6,
        strict=False,
        description="The amount that the edit asks about, as you read it",
    )


class ClipForm(Form):
    """What is known of a clip; what is left out is taken to be within every limit."""

    duration_seconds: float = Field(gt=0, le=86_400, strict=False)
    width: int = Field(1280, ge=1, le=65_535)
    height: int = Field(720, ge=1, le=65_535)
    fps: float = Field(30.0, gt=0, le=1000, strict=False)
    size_bytes: int = Field(1_000_000, ge=1, le=10**12)
    container: Literal["mp4", "mov"] = "mp4"
    codec: str = Field("h264", min_length=1, max_length=40)

    def footage(self) -> Footage:
        return Footage(has_audio=True, **self.model_dump())


class QuoteForm(RequestForm):
    """A request to be priced. The clip is the one under `source`, or as `clip` describes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"prompt": "Make it snow", "clip": {"duration_seconds": 5.0}}]
        }
    )

    clip: ClipForm | None = Field(None, description="The facts of a clip not uploaded yet")


class UploadForm(Form):
    """A file that is to be uploaded."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"file_name": "street.mp4", "content_type": "video/mp4"}]}
    )

    file_name: str = Field(min_length=1, max_length=255)
    content_type: str = Field(
        max_length=100,
        description="video/mp4, video/quicktime, video/webm (a source for `fit` auto only), "
        "image/jpeg, image/png or image/webp, in any case",
    )
    size_bytes: int | None = Field(
        None, ge=1, le=10**12, description="If given, exactly this many bytes must come"
    )

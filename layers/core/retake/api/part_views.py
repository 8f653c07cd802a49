"""What every answer is, and the parts that the view of an edit is made of."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from retake.domain.vocabulary import (
    Consistency,
    Fit,
    Operation,
    PieceFailure,
    Priority,
    SettingsSource,
)


class View(BaseModel):
    """An answer. Its reader is made when it is first used: a call gives one of dozens."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    def text(self) -> str:
        return self.model_dump_json(exclude_none=True)


class ProblemView(View):
    """Why a request was not honoured; the code is the word to program against."""

    type: str = Field(description="urn:retake:problem: and the code in lower case")
    title: str
    status: int | None = None
    code: str = Field(examples=["TOO_LONG"], description="A reason of docs/messages.md, or a code")
    detail: str | None = Field(None, description="One sentence for a person; it may change")
    field: str | None = Field(None, description="The field or parameter at fault")
    found: Any = Field(None, description="What was found there")
    allowed: Any = Field(None, description="What is allowed there")
    request_id: str | None = None


class ObjectView(View):
    """An object in a bucket."""

    bucket: str
    key: str
    version_id: str | None = None
    size_bytes: int | None = None


class ResultView(View):
    """The edited video as it lies in the results bucket, and what lies beside it."""

    bucket: str
    key: str
    manifest_key: str
    size_bytes: int
    sha256: str
    duration_seconds: float
    width: int
    height: int
    has_audio: bool
    poster_key: str | None = None
    page_key: str | None = None
    marked: bool = False
    source_sha256: str | None = None


class ElementView(View):
    frontal: str
    references: list[str]


class RequestView(View):
    """What was asked for."""

    prompt: str
    operation: Operation | None = None
    model: str | None = None
    source: str | None = None
    images: list[str] | None = None
    elements: list[ElementView] | None = None
    keep_audio: bool | None = None
    aspect_ratio: str | None = None
    duration_seconds: int | None = None
    resolution: str | None = None
    fast: bool | None = None
    fit: Fit | None = None
    approve: bool | None = None
    reuse: bool | None = None
    priority: Priority | None = None
    consistency: Consistency | None = None
    anchor_image: int | None = None
    overlap_frames: int | None = None
    if_piece_fails: PieceFailure | None = None
    piece_messages: bool | None = None


class OriginView(View):
    """Where the settings came from: the road that said the prompt, and which object."""

    road: SettingsSource
    key: str | None = None
    version_id: str | None = None
    topped_by: list["OriginView"] | None = Field(
        None, description="Roads before it that said no prompt, but settings that stay on top"
    )

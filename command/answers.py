"""What --json prints, verb by verb: docs/command.schema.json is made of these.

Whatever the API answers is passed on as it is, so its own views stand here too.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel
from retake.api.models import ModelsView
from retake.api.quote_views import QuotesView
from retake.api.trying import TriedView
from retake.api.views import CancelView, EditView


class Told(BaseModel):
    """An answer; fields may be added to it, never removed or given another meaning."""

    model_config = ConfigDict(extra="allow")


class ErrorFacts(Told):
    code: str = Field(description="The API's own code, or the name of the exit code")
    message: str
    exit_code: int


class ErrorTold(Told):
    """On stdout too, where --json was asked for; the sentence stands on stderr as well."""

    error: ErrorFacts


class MadeEdit(Told):
    clip: str
    is_new: bool = Field(description="False: the same call had made it before")
    saved_as: str | None
    edit: EditView


class PricedClip(Told):
    clip: str
    model: str | None
    quoted_usd: float | None
    pieces: int | None = Field(description="Of a clip that is split")
    billed_seconds: float | None = Field(description="Of all its pieces")
    notes: list[str] | None = Field(description="What pieces are shown, and what it costs")
    refusal: str | None
    code: str | None


class MadeEdits(Told):
    """`edit CLIP`."""

    edits: list[MadeEdit]
    refused: list[PricedClip]


class Prices(Told):
    """`edit --dry-run`."""

    prices: list[PricedClip]
    total_usd: float


class Listing(Told):
    edits: list[EditView]


class LinkTold(Told):
    url: str


class Revocation(Told):
    revoked: str


class TimelineMoment(Told):
    at: str
    source: str
    text: str


class Timeline(Told):
    edit_id: str
    moments: list[TimelineMoment]


class Redriven(Told):
    waiting: int
    is_moving: bool


class SentOnceMore(Told):
    edit_ids: list[str]


class CheckTold(Told):
    check: str
    verdict: str
    found: str
    todo: str


class Checked(Told):
    stack: str
    ok: bool
    findings: list[CheckTold]
    not_seen: list[str]


class WhereItIs(Told):
    """`up`: every address of the stack on this machine, in one line."""

    endpoint_url: str
    region: str
    api_url: str
    inbox_bucket: str
    results_bucket: str
    board_url: str


class Demonstrated(Told):
    edit: dict[str, Any]
    message: dict[str, Any] | None


class LedgerTold(Told):
    entries: list[dict[str, Any]]
    totals: dict[str, Any]


class CostsTold(RootModel[dict[str, Any]]):
    """As `GET /costs` answers."""


# Verb → what it may print. A verb with several ways of asking has several answers.
ANSWERS: Mapping[str, tuple[type[BaseModel], ...]] = {
    "demo": (Demonstrated,),
    "up": (WhereItIs,),
    "doctor": (Checked,),
    "edit": (MadeEdits, Prices),
    "watch": (MadeEdit,),
    "quote": (QuotesView,),
    "models": (ModelsView,),
    "list": (Listing,),
    "show": (EditView,),
    "open": (LinkTold,),
    "costs": (CostsTold,),
    "logs": (Timeline,),
    "ledger": (LedgerTold,),
    "board": (LinkTold,),
    "share": (LinkTold, Revocation),
    "cancel": (CancelView,),
    "retry": (EditView,),
    "recover": (EditView,),
    "approve": (EditView,),
    "reject": (EditView,),
    "erase": (EditView,),
    "webhooks": (SentOnceMore,),
    "redrive": (Redriven,),
    "resume": (TriedView,),
}

"""What each route is for and every answer it may give, as docs/openapi.json says; no function reads
it."""

from collections.abc import Mapping

from pydantic import BaseModel

from retake.api.batching import BatchView, StartedView
from retake.api.contract import ROUTES, Route
from retake.api.cost_views import CostsView
from retake.api.models import ModelsView
from retake.api.quote_views import QuotesView
from retake.api.redeliver import RedeliveriesView
from retake.api.trying import TriedView
from retake.api.views import CancelView, EditPageView, EditView, UploadView, VideoLinkView
from retake.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDescription:
    """What is told of one route. `answers` maps a status to its model and sentence, `problems` are
    the rest."""

    route: Route
    tag: str
    summary: str
    description: str
    answers: Mapping[int, tuple[type[BaseModel] | None, str]]
    problems: tuple[int, ...] = ()

    @property
    def method(self) -> str:
        return self.route.method

    @property
    def path(self) -> str:
        return self.route.path


_IN_BODY = (400, 413, 415, 422)  # what can be wrong with a body
_READ = "The edit as it is now"
CONTRACT: Mapping[str, RouteDescription] = {
    "create_upload": RouteDescription(
        route=ROUTES["create_upload"],
        tag="uploads",
        summary="Get a form for one upload",
        description="For a clip, or for a reference picture. What is uploaded with it starts no "
        "edit; name its key in one. The form holds for 15 minutes.",
        answers={201: (UploadView, "The form")},
        problems=(*_IN_BODY, 429),
    ),
    "create_edit": RouteDescription(
        route=ROUTES["create_edit"],
        tag="edits",
        summary="Start an edit",
        description="Of a clip in the inbox bucket, or of one that Retake fetches from an https "
        "address. The clip is looked into afterwards: an edit may still end as REJECTED, and then "
        "nothing was sent or billed. With `prompts` or `models` it starts a batch: one edit for "
        "each, billed and told of by itself. With an Idempotency-Key the call may be repeated "
        "safely.",
        answers={
            200: (StartedView, "The edit, or the batch, that this key started before"),
            202: (StartedView, "The new edit, or the first of the new batch"),
        },
        problems=(*_IN_BODY, 409, 410, 429),
    ),
    "list_edits": RouteDescription(
        route=ROUTES["list_edits"],
        tag="edits",
        summary="List edits, newest first",
        description="A page may hold fewer edits than asked for, even none, and still name a "
        "next_cursor: only so many records are read for one page. A new edit shows up within "
        "about a second.",
        answers={200: (EditPageView, "A page of edits")},
        problems=(400, 422),
    ),
    "get_edit": RouteDescription(
        route=ROUTES["get_edit"],
        tag="edits",
        summary="Read an edit",
        description="Its status, progress and expected finish; its result, with a link that "
        "anybody may open, or its reason.",
        answers={200: (EditView, _READ)},
        problems=(404,),
    ),
    "get_video": RouteDescription(
        route=ROUTES["get_video"],
        tag="edits",
        summary="Download the result",
        description="Redirects to a link that holds for 15 minutes. Do not send your signature "
        "there: the link carries its own.",
        answers={307: (VideoLinkView, "The link, also in the Location header")},
        problems=(404, 409, 410),
    ),
    "cancel_edit": RouteDescription(
        route=ROUTES["cancel_edit"],
        tag="edits",
        summary="Cancel an edit, as far as that is possible",
        description="CANCELLED: nothing was sent, nothing is billed. PIECES_STOPPED: of a clip "
        "edited in pieces none is sent any more, and those that were are billed. PROVIDER_ASKED: "
        "the provider is asked to stop; `cancellation.outcome` of the edit tells what it said. "
        "WILL_FINISH: it cannot be stopped any more, is billed, and its result is kept.",
        answers={200: (CancelView, "What became of it")},
        problems=(404, 409),
    ),
    "retry_edit": RouteDescription(
        route=ROUTES["retry_edit"],
        tag="edits",
        summary="Try a failed edit again",
        description="As a new edit with `retry_of`; called twice for the same edit, it is the "
        "same new one. Refused while the edit is open, and while it may still be billed.",
        answers={
            200: (EditView, "The new attempt that was started before"),
            202: (EditView, "The new attempt"),
        },
        problems=(404, 409, 410, 422, 429),
    ),
    "recover_edit": RouteDescription(
        route=ROUTES["recover_edit"],
        tag="edits",
        summary="Fetch a result that came late",
        description="For an edit that was sent and ended without its result: the provider is asked "
        "for the job it took then, and nothing new is billed. It is begun within five minutes. If "
        "the result is there, the edit becomes SUCCEEDED with `late`, and one more message names "
        "the one that it supersedes; if not, the edit stays as it is.",
        answers={
            200: (EditView, "The edit, which has its result"),
            202: (EditView, "The edit, whose result is being looked for"),
        },
        problems=(404, 409, 410),
    ),
    "erase_edit": RouteDescription(
        route=ROUTES["erase_edit"],
        tag="edits",
        summary="Erase an edit that has ended",
        description="The clip in the version that was edited, what came with it, the result, and "
        "the provider's copy where the provider documents how; of the record everything but what "
        "was bought, when and for how much. It is carried out within minutes; `erasure.receipt` "
        "then says what went, what stayed and why. Called again it gives the same receipt.",
        answers={
            200: (EditView, "The edit, erased before, with the receipt"),
            202: (EditView, "The edit, which is being erased"),
        },
        problems=(404, 409),
    ),
    "get_batch": RouteDescription(
        route=ROUTES["get_batch"],
        tag="edits",
        summary="Read a batch",
        description="The edits that were asked for together, and what they cost together.",
        answers={200: (BatchView, "The batch as it is now")},
        problems=(404,),
    ),
    "answer_approval": RouteDescription(
        route=ROUTES["answer_approval"],
        tag="edits",
        summary="Say yes or no to an edit that asks first",
        description="An edit of more than ApproveAboveUsd, or of a request with `approve`, waits "
        "for an answer and shows the amount in `approval`. The answer is for that amount: after a "
        "change of model it may ask anew. With `no`, or without an answer in time, it ends as "
        "REJECTED and nothing is billed.",
        answers={200: (EditView, "The edit, which goes on or ends")},
        problems=(*_IN_BODY, 404, 409),
    ),
    "get_costs": RouteDescription(
        route=ROUTES["get_costs"],
        tag="costs",
        summary="Read what was spent",
        description="Summed from the records, by the day of the budgets' zone on which an edit was "
        "submitted, by model, folder, caller or key; of at most 31 days. What is billed, at risk "
        "and reserved makes what budgets count: `agrees` says whether the sums that they go by say "
        "the same. A caller that is confined to a folder sees what was spent there.",
        answers={200: (CostsView, "What was spent")},
        problems=(400, 422),
    ),
    "try_provider": RouteDescription(
        route=ROUTES["try_provider"],
        tag="costs",
        summary="Try a provider again at once",
        description="After its account was topped up, or its key mended: edits that wait for that "
        "are tried at once and not by a timer. Nothing is paid that would not be otherwise: the "
        "first of them is sent, and all go on when it is taken.",
        answers={200: (TriedView, "The keys that are tried")},
    ),
    "redeliver_webhook": RouteDescription(
        route=ROUTES["redeliver_webhook"],
        tag="webhooks",
        summary="Send an edit's webhook once more",
        description="Under the same webhook-id, with the same body, whether it was taken before or "
        "not; a receiver that was disabled is called again. `webhook` of the edit tells what "
        "becomes of it.",
        answers={202: (EditView, "The edit, whose webhook is being sent")},
        problems=(404, 409, 410),
    ),
    "redeliver_webhooks": RouteDescription(
        route=ROUTES["redeliver_webhooks"],
        tag="webhooks",
        summary="Send the webhooks of a time once more",
        description="Of the edits that ended from `since` until `until`, newest first: those that "
        "failed, or all of them. Only so many records are read for each call: call again with "
        "`next_cursor` and the same fields until there is none.",
        answers={202: (RedeliveriesView, "The edits whose webhooks are being sent")},
        problems=_IN_BODY,
    ),
    "create_quotes": RouteDescription(
        route=ROUTES["create_quotes"],
        tag="quotes",
        summary="Ask what an edit would cost and whether it would be taken",
        description="Of the model that is named, or of each; with `prompts` or `models` for each "
        "edit they make. The clip under `source` is looked into; `clip` describes one that is not "
        "uploaded yet. Nothing is sent to any provider.",
        answers={200: (QuotesView, "One quote for each model")},
        problems=_IN_BODY,
    ),
    "list_models": RouteDescription(
        route=ROUTES["list_models"],
        tag="quotes",
        summary="List the models",
        description="What each takes and costs, and which one is taken when a request names none.",
        answers={200: (ModelsView, "Every model")},
    ),
}

"""The API in HTTP: its routes, what each may answer, and one shape for every refusal."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from retake.api import cancel as cancelling
from retake.api import create_edit, list_edits, uploads
from retake.api import erase as erasing
from retake.api import recover as recovering
from retake.api import redeliver as redelivering
from retake.api.answering import Sent, address_of, refused, request_id, said
from retake.api.arguments import query_names, read
from retake.api.batching import BatchView, StartedView, batch_and_edits
from retake.api.body import admitted
from retake.api.callers import Callers, Sight
from retake.api.context import ApiContext
from retake.api.contract import ROUTES
from retake.api.forms import EditForm, QuoteForm, UploadForm
from retake.api.parameters import (
    MOST_LISTED,
    BatchId,
    EditId,
    IdempotencyKey,
    ModelFilter,
    StatusFilter,
    check_query,
    in_query,
)
from retake.api.problems import Problem, answer_for, check_not_erased
from retake.api.redeliver import RedeliveryForm, redeliver_many
from retake.api.spending_routes import SpendingRoutes
from retake.api.views import CancelView, EditPageView, EditView, UploadView, VideoLinkView
from retake.domain.edit import Edit
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Status
from retake.records.standing import standing_of
from retake.request.documents import within
from retake.request.reference_images import check_folders

VIDEO_LINK_SECONDS = 900


class Api(SpendingRoutes):
    """The routes over a context. One event of API Gateway in, one answer out."""

    def __init__(
        self, context: Callable[[], ApiContext], report: Callable[[Exception], None]
    ) -> None:
        self._context = context
        self._report = report
        self._event: Mapping[str, Any] = {}  # the one that is being answered

    def answer(self, event: Mapping[str, Any]) -> Sent:
        """Never raises: what nobody foresaw is reported, and answered with 500."""
        self._event = event
        try:
            return self._answered(event)
        except Exception as error:
            answer = answer_for(error, request_id(event))
            if answer.status >= 500:
                self._report(error)
            return refused(answer)

    def _answered(self, event: Mapping[str, Any]) -> Sent:
        path, method = str(event["path"]), str(event["httpMethod"])
        here = {
            route.method: (name, values)
            for name, route in ROUTES.items()
            if (values := route.values(path)) is not None
        }
        name, in_path = here.get(method, ("", {}))
        if name:
            check_query(event, query_names(getattr(Api, name)))
        admitted_event = admitted(event)
        if not name:
            raise _nothing_for(method, sorted(here))
        arguments = read(getattr(Api, name), in_path, admitted_event)
        answer: Sent = getattr(self, name)(**arguments)
        return answer

    def create_upload(self, body: UploadForm) -> Sent:
        context = self._context()
        context.take_forms(1)
        upload = uploads.admit(
            body.file_name,
            body.content_type,
            body.size_bytes,
            grants=context.grants,
            bucket=context.counter.inbox_bucket,
            prefix=context.counter.inbox_prefix,
            folder=self._sight().caller.folder,
            now=context.records.now(),
        )
        return said(201, UploadView.of(upload))

    def create_edit(self, body: EditForm, idempotency_key: IdempotencyKey = None) -> Sent:
        edit, is_new = create_edit.place(
            body.order(), self._context().counter, caller=self._sight().caller, key=idempotency_key
        )
        records, edit_ids = self._context().records, None
        if edit.batch_id is not None:
            edit_ids = records.batches.get(edit.batch_id).edit_ids
        return said(202 if is_new else 200, StartedView.started(edit, edit_ids, records.now()))

    def list_edits(
        self,
        status: StatusFilter = None,
        model: ModelFilter = None,
        tag: Annotated[
            str | None, in_query(max_length=64, description="Only with this tag")
        ] = None,
        since: Annotated[datetime | None, in_query(description="Only from then on")] = None,
        until: Annotated[datetime | None, in_query(description="Only from before")] = None,
        limit: Annotated[int, in_query(ge=1, le=MOST_LISTED, description="At most so many")] = 20,
        cursor: Annotated[
            str | None, in_query(max_length=200, description="The next_cursor of the page before")
        ] = None,
    ) -> Sent:
        context = self._context()
        wanted = list_edits.Filter(status, model, tag, since, until, self._sight().sees)
        days = context.record_days
        page = list_edits.page(
            context.records, wanted, limit=limit, cursor=cursor, record_days=days
        )
        return said(200, EditPageView.of(page.edits, page.cursor, context.records.now()))

    def get_edit(self, edit_id: EditId) -> Sent:
        edit = self._sight().edit(edit_id)
        shown = self._shown(edit)
        shown.share_url = self._context().share(edit, address_of(self._event))
        return said(200, shown)

    def list_models(self) -> Sent:
        from retake.api.models import listed

        context = self._context()
        return said(200, listed(context.counter.default_model, context.model_order))

    def get_batch(self, batch_id: BatchId) -> Sent:
        sight = self._sight()
        batch, edits = batch_and_edits(batch_id, sight)
        return said(200, BatchView.of(batch, edits, sight.records.now()))

    def get_video(self, edit_id: EditId) -> Sent:
        edit = self._sight().edit(edit_id)
        check_not_erased(edit)
        if edit.result is None:
            raise Problem(
                "NO_VIDEO",
                f"{edit.edit_id} is {edit.status}; only a SUCCEEDED edit has a video.",
                field="status",
                found=edit.status.value,
                allowed=Status.SUCCEEDED.value,
            )
        link = self._context().grants.download(
            edit.result.bucket,
            edit.result.key,
            file_name=edit.result.key.rpartition("/")[2],
            seconds=VIDEO_LINK_SECONDS,
        )
        until = self._context().records.now() + timedelta(seconds=VIDEO_LINK_SECONDS)
        return said(307, VideoLinkView(url=link, expires_at=timestamp(until)), location=link)

    def cancel_edit(self, edit_id: EditId) -> Sent:
        context = self._context()
        outcome, edit = cancelling.cancel(edit_id, self._sight(), context.wake)
        return said(200, CancelView.of(outcome, edit, context.records.now()))

    def erase_edit(self, edit_id: EditId) -> Sent:
        edit = erasing.erase(edit_id, self._sight(), self._context().erase)
        return self._edit(200 if edit.erased_at else 202, edit)

    def recover_edit(self, edit_id: EditId) -> Sent:
        edit, is_begun = recovering.recover(edit_id, self._sight())
        return self._edit(202 if is_begun else 200, edit)

    def retry_edit(self, edit_id: EditId) -> Sent:
        edit, is_new = create_edit.repeat(edit_id, self._sight(), self._context().counter)
        return self._edit(202 if is_new else 200, edit)

    def redeliver_webhook(self, edit_id: EditId) -> Sent:
        announcer = self._context().announcer
        return self._edit(202, redelivering.redeliver(edit_id, self._sight(), announcer))

    def redeliver_webhooks(self, body: RedeliveryForm) -> Sent:
        return said(202, redeliver_many(body, self._sight(), self._context().announcer))

    def create_quotes(self, body: QuoteForm) -> Sent:
        from retake.api import quotes
        from retake.api.quote_views import QuotesView

        context = self._context()
        asked = body.variations(without_source="://" in (body.source or ""))
        clip = body.clip.footage() if body.clip else None
        folder = self._sight().caller.folder
        for request in asked.requests if folder else ():
            # Before anything is looked for: a quote must not tell whether another's key exists.
            check_folders(request, context.counter.walls, folder)
        if clip is None and asked.source is not None:
            inbox = context.counter.inbox_bucket
            head = within(context.counter.walls, folder, context.storage.head)
            clip = quotes.footage_of(asked.source, inbox, context.storage, context.look, head)
        known: dict[str, Any] = {
            "has_source": clip is not None or body.source is not None,
            "default_model": context.counter.default_model,
            "model_order": context.model_order,
            "prompt_max_chars": context.counter.prompt_max_chars,
        }
        return said(200, QuotesView.of(asked, clip, known))

    def _edit(self, status: int, edit: Edit) -> Sent:
        return said(status, self._shown(edit))

    def _shown(self, edit: Edit) -> EditView:
        line = self._context().records.line
        return EditView.of(edit, line.now(), standing_of(edit, line))

    def _sight(self) -> Sight:
        context = self._context()
        caller = Callers(context.caller_folders).of(self._event)
        return Sight(caller, context.counter.walls, context.records)


def _nothing_for(method: str, methods: Sequence[str]) -> Problem:
    if not methods:
        return Problem("NOT_FOUND", "There is nothing at this path.")
    return Problem(
        "METHOD_NOT_ALLOWED",
        f"{method} is not possible here.",
        found=method,
        allowed=list(methods),
    )

"""The API in HTTP: its routes, what each may answer, and one shape for every refusal."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from retake.api import cancel as cancelling
from retake.api import create_edit, list_edits, quotes, uploads
from retake.api import erase as erasing
from retake.api import recover as recovering
from retake.api import redeliver as redelivering
from retake.api.answering import NO_STORE, address_of, patience, request_id, said
from retake.api.batching import BatchView, StartedView, batch_and_edits
from retake.api.body import about_field, admitted, json_object
from retake.api.callers import Callers, Sight
from retake.api.context import ApiContext
from retake.api.forms import EditForm, QuoteForm, UploadForm
from retake.api.models import listed
from retake.api.openapi import CONTRACT, Route
from retake.api.parameters import (
    BatchId,
    EditId,
    IdempotencyKey,
    ModelFilter,
    StatusFilter,
    check_query,
    query_names,
)
from retake.api.problems import (
    CONTENT_TYPE,
    Answer,
    Problem,
    answer_for,
    check_not_erased,
)
from retake.api.quote_views import QuotesView
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
        self.resolver = APIGatewayRestResolver(
            enable_validation=True, json_body_deserializer=json_object
        )
        self.resolver.not_found(self._nothing_there)
        self.resolver.exception_handler(Exception)(self._refused)
        for name, route in CONTRACT.items():
            self._register(route, getattr(self, name))

    def answer(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Never raises: what nobody foresaw is reported, and answered with 500."""
        try:
            self._check_query(event)
            answer: dict[str, Any] = self.resolver.resolve(admitted(event), context)
        except Exception as error:
            answer = self._told(error, request_id(event))
        return answer

    def create_upload(self, body: Annotated[UploadForm, Body()]) -> Response[str]:
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

    def create_edit(
        self, body: Annotated[EditForm, Body()], idempotency_key: IdempotencyKey = None
    ) -> Response[str]:
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
        tag: Annotated[str | None, Query(max_length=64, description="Only with this tag")] = None,
        since: Annotated[datetime | None, Query(description="Only from then on")] = None,
        until: Annotated[datetime | None, Query(description="Only from before")] = None,
        limit: Annotated[int, Query(ge=1, le=100, description="At most so many")] = 20,
        cursor: Annotated[
            str | None, Query(max_length=200, description="The next_cursor of the page before")
        ] = None,
    ) -> Response[str]:
        context = self._context()
        wanted = list_edits.Filter(status, model, tag, since, until, self._sight().sees)
        days = context.record_days
        page = list_edits.page(
            context.records, wanted, limit=limit, cursor=cursor, record_days=days
        )
        return said(200, EditPageView.of(page.edits, page.cursor, context.records.now()))

    def get_edit(self, edit_id: EditId) -> Response[str]:
        edit, event = self._sight().edit(edit_id), self.resolver.current_event.raw_event
        shown = self._shown(edit)
        shown.share_url = self._context().share(edit, address_of(event))
        return said(200, shown)

    def list_models(self) -> Response[str]:
        context = self._context()
        return said(200, listed(context.counter.default_model, context.model_order))

    def get_batch(self, batch_id: BatchId) -> Response[str]:
        sight = self._sight()
        batch, edits = batch_and_edits(batch_id, sight)
        return said(200, BatchView.of(batch, edits, sight.records.now()))

    def get_video(self, edit_id: EditId) -> Response[str]:
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

    def cancel_edit(self, edit_id: EditId) -> Response[str]:
        context = self._context()
        outcome, edit = cancelling.cancel(edit_id, self._sight(), context.wake)
        return said(200, CancelView.of(outcome, edit, context.records.now()))

    def erase_edit(self, edit_id: EditId) -> Response[str]:
        edit = erasing.erase(edit_id, self._sight(), self._context().erase)
        return self._edit(200 if edit.erased_at else 202, edit)

    def recover_edit(self, edit_id: EditId) -> Response[str]:
        edit, is_begun = recovering.recover(edit_id, self._sight())
        return self._edit(202 if is_begun else 200, edit)

    def retry_edit(self, edit_id: EditId) -> Response[str]:
        edit, is_new = create_edit.repeat(edit_id, self._sight(), self._context().counter)
        return self._edit(202 if is_new else 200, edit)

    def redeliver_webhook(self, edit_id: EditId) -> Response[str]:
        announcer = self._context().announcer
        return self._edit(202, redelivering.redeliver(edit_id, self._sight(), announcer))

    def redeliver_webhooks(self, body: Annotated[RedeliveryForm, Body()]) -> Response[str]:
        return said(202, redeliver_many(body, self._sight(), self._context().announcer))

    def create_quotes(self, body: Annotated[QuoteForm, Body()]) -> Response[str]:
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

    def _edit(self, status: int, edit: Edit) -> Response[str]:
        return said(status, self._shown(edit))

    def _shown(self, edit: Edit) -> EditView:
        line = self._context().records.line
        return EditView.of(edit, line.now(), standing_of(edit, line))

    def _sight(self) -> Sight:
        context = self._context()
        caller = Callers(context.caller_folders).of(self.resolver.current_event.raw_event)
        return Sight(caller, context.counter.walls, context.records)

    def _register(self, route: Route, function: Callable[..., Any]) -> None:
        self.resolver.route(
            route.path,
            route.method,
            operation_id=function.__name__,
            summary=route.summary,
            description=route.description,
            responses=route.responses(),
            tags=[route.tag],
        )(function)

    def _check_query(self, event: Mapping[str, Any]) -> None:
        path, method = str(event.get("path")), event.get("httpMethod")
        for name, route in CONTRACT.items():
            if route.method == method and route.matches(path):
                check_query(event, query_names(getattr(self, name)))

    def _nothing_there(self, _: NotFoundError) -> Response[str]:
        event = self.resolver.current_event
        methods = sorted(r.method for r in CONTRACT.values() if r.matches(event.path))
        if not methods or event.http_method in methods:  # or an id of letters no id is made of
            raise Problem("NOT_FOUND", "There is nothing at this path.")
        problem = Problem(
            "METHOD_NOT_ALLOWED",
            f"{event.http_method} is not possible here.",
            found=event.http_method,
            allowed=methods,
        )
        return self._refused(problem, allow=", ".join(methods))

    def _refused(self, error: Exception, **headers: str) -> Response[str]:
        answer = self._judged(error, request_id(self.resolver.current_event.raw_event))
        return Response(
            answer.status,
            content_type=CONTENT_TYPE,
            body=json.dumps(answer.body),
            headers={**NO_STORE, **patience(answer), **headers},
        )

    def _told(self, error: Exception, request_id: str) -> dict[str, Any]:
        answer = self._judged(error, request_id)
        return {
            "statusCode": answer.status,
            "headers": {"content-type": CONTENT_TYPE, **NO_STORE, **patience(answer)},
            "body": json.dumps(answer.body),
            "isBase64Encoded": False,
        }

    def _judged(self, error: Exception, request_id: str) -> Answer:
        if isinstance(error, RequestValidationError):
            error = about_field(error, self.resolver.current_event.raw_event)
        answer = answer_for(error, request_id)
        if answer.status >= 500:
            self._report(error)
        return answer

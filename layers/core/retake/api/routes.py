"""The API in HTTP: its routes, what each may answer, and one shape for every refusal."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from retake.api import cancel as cancelling
from retake.api import create_edit, list_edits, quotes, uploads
from retake.api import erase as erasing
from retake.api import recover as recovering
from retake.api.answering import NO_STORE, address_of, patience, request_id, said
from retake.api.batching import BatchView, StartedView, batch_and_edits
from retake.api.body import about_field, admitted, json_object
from retake.api.callers import Callers, Sight
from retake.api.forms import EditForm, QuoteForm, UploadForm
from retake.api.models import listed
from retake.api.openapi import CONTRACT, Route
from retake.api.problems import (
    CONTENT_TYPE,
    Answer,
    Problem,
    answer_for,
    check_not_erased,
)
from retake.api.quote_views import QuotesView, QuoteView
from retake.api.views import CancelView, EditPageView, EditView, UploadView, VideoLinkView
from retake.aws.presigned import Presigner
from retake.aws.s3 import Storage
from retake.domain.edit import Edit
from retake.domain.footage import Footage
from retake.domain.stored import timestamp
from retake.domain.vocabulary import Status
from retake.media.ranged_reader import Reader
from retake.records.store import Records
from retake.request.documents import within
from retake.request.reference_images import check_folders

VIDEO_LINK_SECONDS = 900
EditId = Annotated[str, Path(description="The edit's id", examples=["e-4k2v9q7x0c1m8n3b5d6f"])]
BatchId = Annotated[str, Path(description="The batch's id", examples=["b-4k2v9q7x0c1m8n3b5d6f"])]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Chosen by you, new for each edit: repeated with the same body it names the "
        "same edit for as long as its record is kept; with another body it is refused",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiContext:
    """Everything the routes need; the deployed function supplies it, and so does a test."""

    records: Records
    storage: Storage
    grants: Presigner
    counter: create_edit.Counter
    wake: Callable[[str], None]
    erase: Callable[[str], None]
    look: Callable[[Reader], Footage]
    results_bucket: str
    take_forms: Callable[[int], None] = lambda count: None
    model_order: tuple[str, ...] = ()
    record_days: int = 90
    share: Callable[[Edit, str], str | None] = lambda edit, address: None
    caller_folders: Mapping[str, str] = field(default_factory=dict)


class Api:
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
        status: Annotated[Status | None, Query(description="Only those that stand here")] = None,
        model: Annotated[str | None, Query(max_length=100, description="Only of this one")] = None,
        tag: Annotated[str | None, Query(max_length=64, description="Only with this tag")] = None,
        limit: Annotated[int, Query(ge=1, le=100, description="At most so many")] = 20,
        cursor: Annotated[
            str | None, Query(max_length=200, description="The next_cursor of the page before")
        ] = None,
    ) -> Response[str]:
        context = self._context()
        page = list_edits.page(
            context.records,
            list_edits.Filter(status=status, model=model, tag=tag, sees=self._sight().sees),
            limit=limit,
            cursor=cursor,
            record_days=context.record_days,
        )
        now = context.records.now()
        shown = [EditView.of(edit, now) for edit in page.edits]
        return said(200, EditPageView(edits=shown, next_cursor=page.cursor))

    def get_edit(self, edit_id: EditId) -> Response[str]:
        edit, event = self._sight().edit(edit_id), self.resolver.current_event.raw_event
        shown = EditView.of(edit, self._context().records.now())
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

    def create_quotes(self, body: Annotated[QuoteForm, Body()]) -> Response[str]:
        context = self._context()
        is_url = body.source is not None and "://" in body.source
        asked = body.variations(without_source=is_url)
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
        if not asked.is_batch:
            found = quotes.quotes(asked.first(), clip, **known)
            return said(200, QuotesView(quotes=[QuoteView.of(each) for each in found]))
        found = quotes.quotes_for_each(asked.requests, clip, **known)
        each = [QuoteView.of(quote, index) for index, quote in enumerate(found)]
        return said(200, QuotesView(quotes=each, total_usd=quotes.total(found)))

    def _edit(self, status: int, edit: Edit) -> Response[str]:
        return said(status, EditView.of(edit, self._context().records.now()))

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

"""fal: Kling's video-to-video edits, through fal's queue.

Sources: fal's documentation ('Inference API', 'Queue', 'Webhooks', 'List requests by endpoint'),
the model's page and OpenAPI file; what is marked (client) comes from the published clients.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from retake.catalog.models import MODELS
from retake.domain.errors import OutboundError, Unavailable
from retake.domain.prompt_references import in_form
from retake.domain.stored import timestamp
from retake.providers.answer_parsing import as_object, is_task_id, parsed, part, text
from retake.providers.base import POLL_SECONDS, KeySource, Provider
from retake.providers.callbacks import Callback, ForgedCallback, callback_about, object_in
from retake.providers.contract import (
    Billed,
    Cancellation,
    DeletionOutcome,
    Order,
    Report,
    Task,
    Verdict,
)
from retake.providers.error_body import ErrorBody, complaint_in
from retake.providers.error_table import is_about_the_content
from retake.providers.fal_ends import CANCELLATIONS, FORGETTINGS, REMOVED_STATUS
from retake.providers.fal_result import (
    billed_in_events,
    fal_complaint_in,
    model_error,
    report_on_result,
)
from retake.providers.fal_signature import SigningKeys, verified_request_id
from retake.providers.reports import report_on
from retake.providers.status_words import Kind, kind_of

if TYPE_CHECKING:
    from retake.outbound.client import Outbound, Reply

# A model's endpoint is its `provider_model` in the catalog. The queue asks for the application
# alone, which is how an endpoint begins: its owner and its name (client).
APP = "fal-ai/kling-video"  # of tasks from before a task named its model
ENDPOINTS = tuple(str(m.standard.provider_model) for m in MODELS.values() if m.provider == "fal")
QUEUE_HOST = "queue.fal.run"
PLATFORM_URL = "https://api.fal.ai"
SIGNING_KEYS_URL = "https://rest.fal.ai/.well-known/jwks.json"  # 2025 pages: rest.alpha.fal.ai
# What fal calls an answer's addresses, and the path the published clients build for each (client).
ADDRESSES = {"status_url": "/status", "response_url": "", "cancel_url": "/cancel"}
ADDRESS_CHARS = 2048
RESULT_SECONDS = 7 * 24 * 3600
LISTING_PAGES = 10
LISTING_PAGE_ITEMS = 50

SUBMIT_HEADERS = {
    # fal runs a request anew up to ten times by itself. One order is one run: what is billed for
    # a run that broke off half way is in no document, and a failed edit can be sent again by hand.
    "x-fal-no-retry": "1",
    # The same for fal's own fallback to another model.
    "x-app-fal-disable-fallback": "true",
    # Pages disagree whether results last "at least 7 days" or for ever. They lie at public
    # addresses, so they are asked to go when nobody needs them any more.
    "x-fal-object-lifecycle-preference": f'{{"expiration_duration_seconds": {RESULT_SECONDS}}}',
    # Not sent: x-fal-store-io: 0, because `find` looks into the stored payloads.
}


class Fal(Provider):
    """Submit to the queue, ask the status, then fetch the result.

    `user_id` is our own account as fal's webhooks name it: fal's signing key is the same for all
    its customers, so without it any of them could have fal sign a message to us.
    """

    name: ClassVar[str] = "fal"
    title: ClassVar[str] = "fal"
    url: ClassVar[str] = f"https://{QUEUE_HOST}"
    id_name: ClassVar[str] = "requestid"
    keeps: ClassVar[str] = (
        "It keeps requests for 30 days, and was asked with the submit to keep files for 7 days."
    )
    other_hosts: ClassVar[tuple[str, ...]] = ("api.fal.ai", "rest.fal.ai")

    def __init__(
        self,
        base_url: str,
        keys: KeySource,
        http: "Outbound",
        *,
        platform_url: str = PLATFORM_URL,
        signing_keys_url: str = SIGNING_KEYS_URL,
        user_id: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(base_url, keys, http)
        self._platform_url = platform_url
        self._user_id = user_id
        self._now = now
        self._signing_keys = SigningKeys(lambda: self._fetch(signing_keys_url), now)

    def authorization(self, key: str) -> str:
        return f"Key {key}"

    def submit_headers(self, order: Order) -> dict[str, str]:
        return SUBMIT_HEADERS

    def request_for(self, order: Order) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {
            "prompt": in_form(order.prompt, order.model.reference_form),
            "video_url": order.video_url,
        }
        if order.model.says_sound:
            body["keep_audio"] = order.keep_audio
        if order.image_urls:
            body["image_urls"] = list(order.image_urls)
        if order.elements:
            body["elements"] = [_element(each) for each in order.elements]
        query = f"?{urlencode({'fal_webhook': order.callback_url})}" if order.callback_url else ""
        return f"/{order.model.variant(fast=order.fast).provider_model}{query}", body

    def task_in(self, answer: Any) -> Task | None:
        task = super().task_in(answer)
        if task is None or not isinstance(answer, dict):
            return task
        named = {name: text(answer.get(name)) for name in ADDRESSES}
        return replace(task, urls={n: url for n, url in named.items() if self._is_ours(url)})

    def task_url(self, task: Task) -> str:
        return self._address(task, "status_url")

    def poll(self, task: Task) -> Report:
        status = super().poll(task)
        if status.verdict not in (Verdict.SUCCEEDED, Verdict.FAILED, Verdict.MODERATION):
            return status
        return status if status.video_url else self._with_result(task, status)

    def result(self, task: Task) -> Report:
        """Its answer holds no result before the request is done ('Request is still in progress'),
        so the status, which would only say that there is one, is not asked first."""
        reply = self.get(self._address(task, "response_url"))
        if isinstance(reply, Report):
            return reply
        said = kind_of(as_object(parsed(reply.body)).get("status"))
        if said in (Kind.QUEUED, Kind.RUNNING):
            return Report(verdict=Verdict.RUNNING)
        return report_on_result(reply, self.judge_poll_error(reply))

    def read_report(self, answer: Any, task_id: str | None) -> Report:
        """fal documents no status for a failure: COMPLETED covers both, with an `error` or not."""
        report = report_on(answer, task_id)
        complaint = complaint_in(answer)
        if not report.says_done or complaint is None or not as_object(answer).get("error"):
            return report
        error = model_error(complaint, is_certain=bool(complaint.types))
        return replace(error, provider_status=report.provider_status)

    def _with_result(self, task: Task, status: Report) -> Report:
        """The result tells a success from a failure, and a failure's kind."""
        reply = self.get(self._address(task, "response_url"))
        if isinstance(reply, Report):
            result = reply
        else:
            result = report_on_result(reply, self.judge_poll_error(reply))
        if result.video_url is None and status.verdict is not Verdict.SUCCEEDED:
            # The status has told the failure already; only the result may know what kind it was.
            told = result if result.verdict in (Verdict.MODERATION, Verdict.FAILED) else status
            moderated = Verdict.MODERATION in (status.verdict, told.verdict)
            return replace(
                status,
                verdict=Verdict.MODERATION if moderated else Verdict.FAILED,
                is_certain=status.is_certain or (told is result and result.is_certain),
                billed=result.billed,
            )
        return replace(
            result,
            provider_status=status.provider_status,
            detail=result.detail or status.detail,
            says_done=True,
        )

    def complaint_in(self, body: bytes, headers: Mapping[str, str]) -> ErrorBody | None:
        return fal_complaint_in(body, headers)

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        signed_for = verified_request_id(
            headers, body, keys=self._signing_keys, now=self._now(), user_id=self._user_id
        )
        event = object_in(body)
        if event.get("request_id") != signed_for:
            raise ForgedCallback("The callback speaks of another request than it was signed for.")
        claim = report_on(event, signed_for)
        complaint = complaint_in(event.get("payload")) or ErrorBody()
        if claim.verdict is Verdict.FAILED and is_about_the_content(complaint, sentences=False):
            claim = replace(claim, verdict=Verdict.MODERATION)
        return callback_about(signed_for, replace(claim, detail=complaint.summary or claim.detail))

    def cancel(self, task: Task) -> Cancellation:
        try:
            reply = self.call("PUT", self._address(task, "cancel_url"))
        except OutboundError:
            return Cancellation.UNANSWERED
        if reply.status == 200 and as_object(parsed(reply.body)).get("status") == REMOVED_STATUS:
            return Cancellation.REMOVED
        return CANCELLATIONS.get(reply.status, Cancellation.UNANSWERED)

    def forget(self, task: Task) -> DeletionOutcome:
        """Payloads, and the files of the result ('Delete request payloads', Platform APIs)."""
        request = quote(task.task_id, safe="")
        try:
            reply = self.call(
                "DELETE", f"{self._platform_url}/v1/models/requests/{request}/payloads"
            )
        except OutboundError:
            return DeletionOutcome.UNANSWERED
        if reply.status != 200:
            return FORGETTINGS.get(reply.status, DeletionOutcome.UNANSWERED)
        files = as_object(parsed(reply.body)).get("cdn_delete_results")
        if not isinstance(files, list):
            return DeletionOutcome.PARTLY
        left = [file for file in files if not isinstance(file, dict) or file.get("exception")]
        return DeletionOutcome.PARTLY if left else DeletionOutcome.FORGOTTEN

    def find(self, mark: str, *, since: datetime, provider_model: str | None = None) -> Task | None:
        """The list is sorted by end time and may lack what still runs: absence proves nothing."""
        for endpoint in (provider_model,) if provider_model else ENDPOINTS:
            for item in self._listed(endpoint, since):
                request_id, clip = item.get("request_id"), part(item, "json_input").get("video_url")
                if mark in text(clip) and is_task_id(request_id):
                    return Task(task_id=str(request_id), provider_model=endpoint)
        return None

    def billed_for(self, task: Task, *, since: datetime) -> Billed | None:
        """'Billing Events' of the Platform APIs, which take a key of the scope ADMIN; another one
        is refused, and that is no trouble of the edit's."""
        query = urlencode({"request_id": task.task_id, "start": timestamp(since)})
        key = self._keys.key(self.name)
        try:
            reply = self._call("GET", f"{self._platform_url}/v1/models/billing-events?{query}", key)
        except OutboundError:
            return None
        return billed_in_events(parsed(reply.body), task.task_id) if reply.status == 200 else None

    def _listed(self, endpoint: str, since: datetime) -> Iterator[Mapping[str, Any]]:
        query = {
            "endpoint_id": endpoint,
            "start": timestamp(since),
            "limit": str(LISTING_PAGE_ITEMS),
            "expand": "payloads",
        }
        for _ in range(LISTING_PAGES):
            url = f"{self._platform_url}/v1/models/requests/by-endpoint?{urlencode(query)}"
            page = self.ask(url)
            if isinstance(page, Report) or not isinstance(page.get("items"), list):
                return
            yield from (item for item in page["items"] if isinstance(item, dict))
            cursor = page.get("next_cursor")
            if not isinstance(cursor, str) or not cursor or page.get("has_more") is False:
                return
            query["cursor"] = cursor

    def _address(self, task: Task, name: str) -> str:
        """The address fal gave for the task; the one its clients would build if we hold none."""
        given = task.urls.get(name, "")
        if self._is_ours(given):
            return given
        app = "/".join((task.provider_model or APP).split("/")[:2])
        request = f"{app}/requests/{quote(task.task_id, safe='')}"
        return f"{self._base_url}/{request}{ADDRESSES[name]}"

    def _is_ours(self, url: str) -> bool:
        """Whether the key may be sent there: fal's queue, or the server we submitted to."""
        try:
            given, base = urlsplit(url), urlsplit(self._base_url)
        except ValueError:
            return False
        origin = (given.scheme, given.netloc)
        fits = len(url) <= ADDRESS_CHARS and url.isprintable()
        return fits and origin in ((base.scheme, base.netloc), ("https", QUEUE_HOST))

    def _fetch(self, url: str) -> bytes:
        try:
            reply: Reply = self._http.request("GET", url, seconds=POLL_SECONDS)
        except OutboundError as error:
            raise Unavailable(f"fal's signing keys cannot be fetched: {error}") from None
        if reply.status != 200:
            raise Unavailable(f"fal's signing keys cannot be fetched: HTTP {reply.status}.")
        return reply.body


def _element(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"frontal_image_url": said["frontal"], "reference_image_urls": list(said["references"])}

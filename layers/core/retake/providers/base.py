"""What every provider does for Retake, and what is the same for all of them.

A provider is one file: how its request is built, where a task is asked for, and what is truly its
own. The POST, the rule that it is sent once, and the reading of answers are the same for all.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from retake.catalog.models import MODELS
from retake.domain.edit import Edit
from retake.domain.errors import Forbidden, NotSent, OutboundError, RetakeError
from retake.domain.stored import required
from retake.providers.answer_parsing import SAID_CHARS, parsed, retry_after, text
from retake.providers.callbacks import BadCallback, Callback
from retake.providers.contract import (
    Billed,
    Cancellation,
    DeletionOutcome,
    Order,
    PreparedSubmit,
    Report,
    Submission,
    Task,
    Verdict,
)
from retake.providers.error_body import ErrorBody, complaint_in, complaint_of_text
from retake.providers.error_table import poll_verdict, submit_verdict
from retake.providers.reports import report_on
from retake.providers.shapes import task_id_in

if TYPE_CHECKING:
    from retake.outbound.client import Outbound, Reply

__all__ = [
    "KeySource",
    "Order",
    "PreparedSubmit",
    "Provider",
    "Report",
    "Submission",
    "Task",
    "Verdict",
]

SUBMIT_SECONDS = 30.0  # total; well inside the function's 60 s, so that the verdict is recorded
POLL_SECONDS = 20.0
SHORTEST_KEY = 8  # characters; less than that also stands in words by chance


class KeySource(Protocol):
    """Where a provider's keys come from; `fresh` asks the vault again."""

    def key(self, provider: str, *, fresh: bool = False) -> str: ...

    def names(self, provider: str, *, fresh: bool = False) -> tuple[str, ...]: ...


class Provider(ABC):
    """The verbs of one provider, over guarded HTTP."""

    name: ClassVar[str]
    title: ClassVar[str]  # as people write it
    url: ClassVar[str]  # where it answers, unless the deployment says otherwise
    id_name: ClassVar[str]  # under which its documents show a task's id, squashed
    # How long the provider says it keeps what an edit leaves there; one sentence, for a person.
    keeps: ClassVar[str]
    # Hosts besides the base URL's that this provider's verbs call.
    other_hosts: ClassVar[tuple[str, ...]] = ()
    # How many of the credits that its answers count are a dollar; None where they count none.
    credits_per_usd: ClassVar[float | None] = None

    def __init__(self, base_url: str, keys: KeySource, http: "Outbound") -> None:
        self._base_url = base_url
        self._keys = keys
        self._http = http

    @abstractmethod
    def request_for(self, order: Order) -> tuple[str, dict[str, Any]]:
        """The path (with query) and JSON body of the submit."""

    @abstractmethod
    def task_url(self, task: Task) -> str:
        """Where a task is asked for."""

    def task_in(self, answer: Any) -> Task | None:
        """The task of a submit's answer, or None when it names none."""
        task_id = task_id_in(answer, self.id_name)
        return None if task_id is None else Task(task_id=task_id)

    def poll(self, task: Task) -> Report:
        """What the provider says of a task now. Never raises for the provider's own failures."""
        answer = self.ask(self.task_url(task), about=task.task_id)
        return answer if isinstance(answer, Report) else self.read_report(answer, task.task_id)

    def result(self, task: Task) -> Report:
        """The same of one that is said to be done: only a result is to be believed of it."""
        return self.poll(task)

    def read_report(self, answer: Any, task_id: str | None) -> Report:
        """What an answer within 2xx says of the task with this id."""
        return report_on(answer, task_id, credits_per_usd=self.credits_per_usd)

    def complaint_in(self, body: bytes, headers: Mapping[str, str]) -> ErrorBody | None:
        """What an error's body says; None for a web page, for nothing, and for broken JSON."""
        return complaint_in(parsed(body)) or complaint_of_text(body)

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """The task a callback speaks of and what it claims. Sends nothing that costs.

        Raises BadCallback, its kind ForgedCallback, and Unavailable while a signature cannot be
        checked.
        """
        raise BadCallback(f"{self.name} calls nobody back.")

    def cancel(self, task: Task) -> Cancellation:
        """Ask the provider to stop. Raises Misconfigured and Unavailable as `prepare` does."""
        return Cancellation.NOT_OFFERED

    def forget(self, task: Task) -> DeletionOutcome:
        """Ask the provider to delete what it holds of an ended task. Raises as `cancel`."""
        return DeletionOutcome.NOT_OFFERED

    def find(self, mark: str, *, since: datetime, provider_model: str | None = None) -> Task | None:
        """The task whose source's address carries this mark, where the provider keeps a list.

        `provider_model` is the provider's own name of the model it was ordered from, if known.

        None proves nothing: most providers keep no list, and a list may lag. Raises Misconfigured
        and Unavailable as `prepare` does.
        """
        return None

    def billed_for(self, task: Task, *, since: datetime) -> Billed | None:
        """What the provider's accounts say that it took for a task which has ended, where it can
        be asked. None says nothing: the entry may come later, and not every key may read it."""
        return None

    def key_names(self, *, fresh: bool = False) -> tuple[str, ...]:
        """The names of all keys that the stack has here. Raises as `prepare`."""
        return self._keys.names(self.name, fresh=fresh)

    def authorization(self, key: str) -> str:
        return f"Bearer {key}"

    def submit_headers(self, order: Order) -> dict[str, str]:
        return {}

    def prepare(self, order: Order) -> PreparedSubmit:
        """Everything a submit needs, gathered before the intent to submit is written.

        Raises Misconfigured when there is no usable key, Unavailable when the vault is silent.
        """
        path, body = self.request_for(order)
        headers = {
            "authorization": self.authorization(self._keys.key(self.name)),
            **self.submit_headers(order),
        }
        return PreparedSubmit(url=self._base_url + path, headers=headers, body=body)

    def send(self, envelope: PreparedSubmit) -> Submission:
        """The one POST. Never raises: the verdict says what may follow."""
        try:
            reply = self._http.request(
                "POST",
                envelope.url,
                headers=envelope.headers,
                json=envelope.body,
                seconds=SUBMIT_SECONDS,
            )
        except (NotSent, Forbidden) as error:
            return Submission(verdict=Verdict.NOT_SENT, detail=str(error))
        except OutboundError as error:
            return Submission(verdict=Verdict.AMBIGUOUS, detail=str(error))
        reply = _without_key(reply, envelope.headers)
        submission = self._judge_submit(reply, text(envelope.body.get("prompt")))
        if submission.verdict is Verdict.BAD_KEY:
            # Perhaps the key was changed meanwhile: the next edit shall find the new one. A vault
            # that cannot answer must not cost this verdict.
            with suppress(RetakeError):
                self._keys.key(self.name, fresh=True)
        return submission

    def _judge_submit(self, reply: "Reply", prompt: str) -> Submission:
        if 200 <= reply.status < 300:
            task = self.task_in(parsed(reply.body))
            if task is not None:
                return Submission(verdict=Verdict.ACCEPTED, task=task)
            error = complaint_in(parsed(reply.body)) or ErrorBody()
            said = error.summary or "The answer names no task."
            return Submission(verdict=Verdict.AMBIGUOUS, detail=f"HTTP {reply.status}: {said}")
        complaint = self.complaint_in(reply.body, reply.headers)
        verdict = submit_verdict(reply.status, complaint and complaint.without(prompt))
        said = _said(complaint, reply)
        if verdict is Verdict.AMBIGUOUS and complaint is not None:
            said = f"HTTP {reply.status}: {said}"
        return Submission(
            verdict=verdict, retry_after_seconds=_wait(verdict, reply), detail=said[:SAID_CHARS]
        )

    def ask(self, url: str, *, about: str | None = None) -> Mapping[str, Any] | Report:
        """The JSON object at an address, or what its absence means for the task asked about."""
        reply = self.get(url)
        if isinstance(reply, Report):
            return reply
        if not 200 <= reply.status < 300:
            return self.judge_poll_error(reply, about)
        answer = parsed(reply.body)
        if isinstance(answer, list) and len(answer) == 1:
            answer = answer[0]
        if not isinstance(answer, dict):
            return Report(verdict=Verdict.TRANSIENT, detail="The answer is not a JSON object.")
        return answer

    def get(self, url: str) -> "Reply | Report":
        """An authenticated GET; a Report when there was no answer to read."""
        try:
            return self.call("GET", url)
        except OutboundError as error:
            return Report(verdict=Verdict.TRANSIENT, detail=str(error))

    def call(self, method: str, url: str) -> "Reply":
        """An authenticated request about a task, never a submit. Raises OutboundError.

        A refused key is read afresh from the vault once, because keys change while edits run.
        """
        reply = self._call(method, url, self._keys.key(self.name))
        complaint = self.complaint_in(reply.body, reply.headers)
        if poll_verdict(reply.status, complaint) is Verdict.BAD_KEY:
            reply = self._call(method, url, self._keys.key(self.name, fresh=True))
        return reply

    def _call(self, method: str, url: str, key: str) -> "Reply":
        headers = {"authorization": self.authorization(key)}
        reply = self._http.request(method, url, headers=headers, seconds=POLL_SECONDS)
        return _without_key(reply, headers)

    def judge_poll_error(self, reply: "Reply", about: str | None = None) -> Report:
        """What an answer outside 2xx means for the task: mostly nothing, but it is told."""
        complaint = self.complaint_in(reply.body, reply.headers)
        verdict = poll_verdict(reply.status, complaint)
        if verdict is Verdict.TRANSIENT and 400 <= reply.status < 500:
            verdict = _standing(parsed(reply.body), about) or verdict
        return Report(
            verdict=verdict,
            retry_after_seconds=_wait(verdict, reply),
            detail=_said(complaint, reply),
            http_status=reply.status,
            is_certain=verdict not in ENDED,  # of an odd question, perhaps
        )


ENDED = frozenset({Verdict.FAILED, Verdict.MODERATION})


def _standing(answer: object, about: str | None) -> Verdict | None:
    """The failure of the very task, where a refusal's body tells one by a status of its own."""
    if about is None:
        return None
    report = report_on(answer, about)
    return report.verdict if report.verdict in ENDED and report.names_task else None


def _wait(verdict: Verdict, reply: "Reply") -> int | None:
    return retry_after(reply.headers) if verdict is Verdict.RATE_LIMITED else None


def _without_key(reply: "Reply", headers: Mapping[str, str]) -> "Reply":
    """A provider may repeat the key that it refuses; its words go on record and into messages."""
    key = headers["authorization"].rpartition(" ")[2].encode()
    if len(key) < SHORTEST_KEY or key not in reply.body:
        return reply
    return replace(reply, body=reply.body.replace(key, b"(key)"))


def _said(complaint: ErrorBody | None, reply: "Reply") -> str:
    return (complaint.summary if complaint else None) or f"HTTP {reply.status}"


def task_of(edit: Edit) -> Task:
    """The provider's job of an edit that it took."""
    return Task(
        task_id=required(edit.provider_task_id),
        provider_model=provider_model_of(edit),
        urls=edit.provider_urls,
    )


def provider_model_of(edit: Edit) -> str | None:
    """The provider's own name of an edit's model, where the catalog says one."""
    model, is_fast = MODELS.get(edit.model or ""), bool(edit.request and edit.request.fast)
    return model.variant(fast=is_fast).provider_model if model else None

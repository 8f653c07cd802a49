"""What strangers can send us, and what must hold whatever they send.

A target takes any bytes and raises only when something is wrong: it knows which errors of ours
are the right answer to nonsense, and lets every other one out.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from retake.aws.dynamodb_values import to_attribute
from retake.domain.edit import Edit
from retake.domain.errors import Misconfigured, Refused, Unavailable
from retake.domain.result_keys import result_keys
from retake.domain.signed_links import LinkSecrets, Signer, raw_body
from retake.domain.source import KEY_BYTES, Source, edit_id_for
from retake.domain.vocabulary import Status
from retake.providers.base import Provider
from retake.providers.callbacks import BadCallback
from retake.providers.contract import (
    Cancellation,
    DeletionOutcome,
    PreparedSubmit,
    Report,
    Submission,
    Task,
    Verdict,
)
from retake.providers.registry import PROVIDERS
from retake.request.json_object import object_from_json
from retake.request.parsing import fields_of_metadata, metadata_is_ours
from retake.request.placeholders import filled, values_for
from retake.request.variations import parse_variations
from retake.steps.intake import NotAnUpload, read_edit_id, read_event

from tests.fuzz import examples, media, shown
from tests.fuzz.examples import NOW, SECRETS
from tests.fuzz.media import kept
from tests.retake.providers.recorded_provider import FakeKeys, desk_of

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Target:
    """One reader of strangers' bytes, and good examples of what it reads."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


# ---------------------------------------------------------------- what starts an edit


def event(data: bytes) -> None:
    """A message of the intake queue: an upload under our prefix, or none of ours."""
    body = _text(data)
    assert read_edit_id(body) is None or len(str(read_edit_id(body))) == 22
    try:
        source = read_event(body, bucket="inbox", prefix="clips/")
    except NotAnUpload:
        return
    assert source.bucket == "inbox"
    assert source.key.startswith("clips/")
    assert source.key.encode()
    assert source.version_id is None or isinstance(source.version_id, str)
    to_attribute(source.to_mapping())
    _keys(source)


def _keys(source: Source) -> None:
    """Where the result of such an upload would go: inside its folder, and within S3's limit."""
    edit_id = edit_id_for(source.bucket, source.key, source.version_id or "")
    at = NOW.isoformat()
    edit = Edit(
        edit_id=edit_id, status=Status.RECEIVED, created_at=at, updated_at=at, upload=source
    )
    for key in result_keys(edit):
        assert key.startswith("edited/")
        assert len(key.encode()) <= KEY_BYTES
        assert not any(ord(char) < 32 or char == "\x7f" for char in key)


def key(data: bytes) -> None:
    """A key as S3 may have it: any text of at most 1,024 bytes."""
    text = data[:KEY_BYTES].decode("utf-8", "ignore")
    if text:
        _keys(Source(bucket="inbox", key=text, version_id="v1"))


# ---------------------------------------------------------------- settings


def metadata(data: bytes) -> None:
    """An upload's metadata, `name:value` on lines, as S3 hands it over."""
    lines = (line.partition(":") for line in data.decode("latin-1").split("\n"))
    given = {name.strip().lower(): value for name, _, value in lines}
    try:
        _asked(fields_of_metadata(given))
    except Refused as refusal:
        kept(refusal)
        assert metadata_is_ours(given)
    _filled(given)


def _filled(given: Mapping[str, str]) -> None:
    values = values_for("clips/a b.mp4", given, prefix="clips/", day="2026-03-01")
    with contextlib.suppress(Refused):
        filled(given.get("prompt", ""), values, "prompt")


def document(data: bytes) -> None:
    """A request file, a sidecar or a preset: an object of JSON, or a refusal that says why."""
    try:
        fields = object_from_json(data)
    except Refused as refusal:
        kept(refusal)
        return
    _asked(fields)


def _asked(fields: Mapping[str, Any]) -> None:
    try:
        asked = parse_variations(fields)
        requests = [asked.first(), *asked.entries]
    except Refused as refusal:
        kept(refusal)
        return
    for each in requests:
        if isinstance(each, Refused):
            kept(each)
        else:
            to_attribute(each.to_mapping())
            assert each.prompt.strip()


# ---------------------------------------------------------------- what providers say


@cache
def _provider(name: str) -> tuple[Provider, list[Any]]:
    options: dict[str, Any] = {"user_id": "me"} if name == "fal" else {}
    desk = desk_of(name, keys=FakeKeys("key"), **options)
    return desk.provider, desk.answers


VERBS: tuple[Callable[[Provider], Any], ...] = (
    lambda it: it.send(
        PreparedSubmit(url=it._base_url + "/x", headers={"authorization": "Bearer key-1"}, body={})
    ),
    lambda it: it.poll(Task(task_id="task-1")),
    lambda it: it.cancel(Task(task_id="task-1")),
    lambda it: it.find("a mark", since=NOW),
    lambda it: it.forget(Task(task_id="task-1")),
)
STATUSES = (200, 200, 200, 201, 202, 400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 302)


def answer(data: bytes) -> None:
    """A provider's answer: who, to what and with which status say the first three bytes."""
    import httpx

    who, what, status = (*data[:3], 0, 0, 0)[:3]
    provider, answers = _provider(list(PROVIDERS)[who % len(PROVIDERS)])
    body = data[3:]
    answers[:] = [httpx.Response(STATUSES[status % len(STATUSES)], content=body)]
    said = VERBS[what % len(VERBS)](provider)
    if isinstance(said, Submission):
        assert (said.task is not None) is (said.verdict is Verdict.ACCEPTED)
        assert said.verdict is not Verdict.NOT_SENT
        to_attribute([said.detail, said.retry_after_seconds])
        to_attribute([said.task.task_id, dict(said.task.urls)] if said.task else [])
    elif isinstance(said, Report):
        assert said.video_url is None or said.verdict is Verdict.SUCCEEDED
        assert len(said.detail or "") <= 500
        to_attribute([said.detail, said.provider_status, said.progress_percent, said.eta_seconds])
    else:
        assert said is None or isinstance(said, Cancellation | DeletionOutcome | Task)


def callback(data: bytes) -> None:
    """A body at the callback door: a task's id, or no callback of that provider."""
    who, body = (data[:1] or b"\0")[0], data[1:]
    provider, answers = _provider(list(PROVIDERS)[who % len(PROVIDERS)])
    answers[:] = [AssertionError("A callback costs nothing.")]
    text, _, rest = body.partition(b"\n")
    headers = {"x-fal-webhook-signature": text.decode("latin-1"), "content-type": "x"}
    try:
        said = provider.read_callback(headers, rest if who & 128 else body)
    except (BadCallback, Unavailable):
        return
    assert said.task_id
    assert said.claim.video_url is None
    to_attribute([said.task_id, said.claim.detail, said.claim.provider_status])


def token(data: bytes) -> None:
    """A token at a door, and what the secret behind it may hold."""
    text = _text(data)
    signer = Signer(lambda: SECRETS)
    assert not signer.holds(text, "callback", text, now=NOW)
    assert not signer.holds(text, "callback", "e-1", now=NOW)
    raw_body(text, True)
    raw_body(text, False)
    with contextlib.suppress(Misconfigured):
        LinkSecrets.from_json(text)


TARGETS: dict[str, Target] = {
    "event": Target(event, examples.events),
    "key": Target(key, examples.keys_seen),
    "metadata": Target(metadata, examples.metadata),
    "document": Target(document, examples.documents),
    "answer": Target(answer, examples.answers),
    "callback": Target(callback, examples.callbacks),
    "token": Target(token, examples.tokens),
    "page": Target(shown.page, examples.texts),
    "video": Target(media.video, examples.videos),
    "picture": Target(media.picture, examples.pictures),
    "marking": Target(media.marking, examples.videos),
    "poster": Target(media.poster, examples.videos),
    "repair": Target(media.repair, examples.files),
}

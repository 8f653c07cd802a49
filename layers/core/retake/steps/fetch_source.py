"""Bringing a clip that was given by its address into the inbox, where every other clip lies."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from retake.aws.s3 import Storage
from retake.catalog.schema import Model
from retake.domain.edit import Edit
from retake.domain.errors import Forbidden, OutboundError, Refused, TooLarge, Unavailable
from retake.domain.stored import moment, required
from retake.domain.vocabulary import Reason
from retake.records.queries import UnknownEdit
from retake.records.store import Records

if TYPE_CHECKING:
    from retake.outbound.client import Outbound

# For the clip and every redirect before it: within the function's minute, with time left to look.
FETCH_SECONDS = 40.0
REDIRECTS = 3
# How long a server that does not answer is asked again; the workflow comes back for this long.
PATIENCE = timedelta(minutes=10)
MOVED = frozenset({301, 302, 303, 307, 308})
# Answers that say nothing about the clip itself and may be another one soon.
PASSING = frozenset({408, 425, 429}) | frozenset(range(500, 600))


def fetched_key(prefix: str, edit_id: str) -> str:
    """Where the clip of an edit is put: below a folder of the inbox that starts no edit."""
    return f"{prefix}sources/fetched/{edit_id}.mp4"


def fetch_clip(
    edit: Edit,
    model: Model,
    *,
    records: Records,
    storage: Storage,
    downloads: "Outbound",
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Copy the clip behind `source_url` to where the request names it, once for a whole batch.

    The address may be signed: it stands in no message and no error, only the host does. Raises
    Refused for what will not be fetched; Unavailable while the server does not answer, for ten
    minutes after the edit was asked for.
    """
    url = required(edit.source_url)
    key = required(required(edit.request).source)
    if edit.batch_id is not None and _is_settled(edit, key, records, storage):
        return
    until = clock() + FETCH_SECONDS
    try:
        for _ in range(1 + REDIRECTS):
            target = _copied_or_moved(
                url, until - clock(), edit.bucket, key, model, storage, downloads
            )
            if target is None:
                return
            url = target
        raise _refused("Its server redirects too often.", f"at most {REDIRECTS} redirects")
    except Forbidden as error:
        raise _refused(str(error), "an https address of a public host, port 443") from None
    except TooLarge as error:
        raise Refused(
            Reason.FILE_TOO_LARGE,
            f"The clip behind the address is too large for {model.key}: {error}",
            field="source",
            allowed=f"at most {model.file_bytes / 1e6:,.0f} MB",
        ) from None
    except (OutboundError, _Passing) as error:
        if records.now() - moment(edit.created_at) < PATIENCE:
            raise Unavailable(f"The clip could not be fetched: {error}") from None
        raise _refused(str(error), "an address that answers") from None


def _is_settled(edit: Edit, key: str, records: Records, storage: Storage) -> bool:
    """Whether the clip of a batch is there. If not, the first of its edits that is open fetches it.

    What an earlier one was told of the address holds for all: nobody is asked twenty times.
    """
    if storage.size_of(edit.bucket, key) is not None:
        return True
    for edit_id in records.batches.get(required(edit.batch_id)).edit_ids[: edit.batch_index]:
        try:
            earlier = records.get(edit_id)
        except UnknownEdit:
            continue
        if earlier.conclusion is None and not earlier.is_finished:
            raise Unavailable("The clip is being fetched for another edit of the batch.")
        told = earlier.conclusion
        if told is not None and told.reason is Reason.SOURCE_UNREACHABLE:
            raise Refused(
                told.reason, told.message, field="source", allowed=told.details.get("allowed")
            )
    return False


class _Passing(Exception):
    """The server asks for patience."""


def _copied_or_moved(
    url: str,
    seconds: float,
    bucket: str,
    key: str,
    model: Model,
    storage: Storage,
    http: "Outbound",
) -> str | None:
    """Copy the clip; or where its server says it is, to be checked like the first address."""
    with http.download(url, seconds=seconds, maximum_bytes=model.file_bytes) as answer:
        if answer.status == 200:
            storage.save(bucket, key, answer.chunks, length=answer.length, is_digested=False)
            return None
        status, target = answer.status, answer.headers.get("location")
    if status in MOVED and target:
        try:
            return urljoin(url, target)
        except ValueError:
            raise Forbidden("The address it redirects to cannot be read.") from None
    if status in PASSING:
        raise _Passing(f"its server answers HTTP {status}")
    raise _refused(f"Its server answers HTTP {status}.", "HTTP 200", found=f"HTTP {status}")


def _refused(said: str, allowed: str, found: str | None = None) -> Refused:
    return Refused(
        Reason.SOURCE_UNREACHABLE,
        f"The clip cannot be fetched from its address. {said}",
        field="source",
        found=found,
        allowed=allowed,
    )

"""Where an answer keeps its task's id, its status and its video, in every shape seen.

One provider prints an id as `task_id` on one page and as `id` on the next, a gateway wraps the
whole in `data`, a client copes with links as strings, objects and lists. So all of them are read
the same way. Only names that are listed here are followed: an answer may repeat our own request.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from retake.providers.answer_parsing import is_task_id, text, video_link
from retake.providers.status_words import Kind, kind_of, squashed

MAX_DEPTH = 6
MAX_ITEMS = 20  # of a list; no answer names more than a few videos
WRAPPERS = ("task", "data", "output", "result", "response", "payload")
STATUS_NAMES = ("status", "taskstatus", "state")
ID_NAMES = ("taskid", "id", "generationid")
TRACE_NAME = "requestid"  # a task's id at some, the number of a mere call at others
# The first that holds a usable link counts, so the names that a request has too come last.
LINK_NAMES = (
    *("videos", "results", "resultdata", "resulturls", "resulturl", "outputs", "output"),
    *("outputurl", "response", "taskresult", "result", "creations", "generations", "files"),
    *("content", "video", "data", "task", "payload", "videourls", "videourl", "downloadurl"),
    *("fileurl", "file", "urls", "url"),
    "failreason",  # where the open-source gateway new-api puts the link of a success
)
TYPE_NAMES = ("contenttype", "mimetype", "type")

Fields = Mapping[str, Any]


def fields_of(answer: object) -> Fields:
    """An object's fields by their squashed names; a list of one object counts as that object."""
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if not isinstance(answer, Mapping):
        return {}
    return {squashed(name): value for name, value in answer.items() if isinstance(name, str)}


def layers(answer: object, depth: int = 0) -> Iterator[Fields]:
    """An answer's fields, then those of what is wrapped in it, outermost first."""
    fields = fields_of(answer)
    if not fields:
        return
    yield fields
    if depth < MAX_DEPTH // 2:
        for name in WRAPPERS:
            yield from layers(fields.get(name), depth + 1)


def task_id_in(answer: object, own_name: str) -> str | None:
    """The id of the task that an answer names, looked for under the provider's own name first.

    A number counts too. `request_id` is no task where an error stands beside it.
    """
    found = list(layers(answer))
    is_error = any(fields.get("error") or fields.get("detail") for fields in found)
    trace = () if is_error else (TRACE_NAME,)
    for name in (own_name, *ID_NAMES, *trace):
        for fields in found:
            task_id = _usable_id(fields.get(name))
            if task_id is not None:
                return task_id
    return None


def _usable_id(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    return value if isinstance(value, str) and is_task_id(value) else None


def status_in(answer: object) -> tuple[object, Fields] | None:
    """The status of the task that an answer speaks of, and the fields beside it; None without one.

    An envelope has a status of its own, the task's is within it: where the outer one is no word,
    or says no more than that the call succeeded, the inner one counts.
    """
    found = [(_status(fields), fields) for fields in layers(answer)]
    stated = [(status, fields) for status, fields in found if status is not _ABSENT]
    if not stated:
        return None
    outer, *inner = stated
    if isinstance(outer[0], str) and kind_of(outer[0]) is not Kind.SUCCEEDED:
        return outer
    return next((each for each in inner if kind_of(each[0]) is not None), outer)


_ABSENT = object()


def _status(fields: Fields) -> object:
    return next((fields[name] for name in STATUS_NAMES if name in fields), _ABSENT)


def video_in(answer: object) -> str | None:
    """The link to the video of an answer: of several the first, never to a picture."""
    return next(_links(answer, 0), None)


def _links(value: object, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        link = video_link(value)
        yield from () if link is None else (link,)
    elif isinstance(value, list):
        for item in value[:MAX_ITEMS]:
            yield from _links(item, depth + 1)
    elif isinstance(value, Mapping) and not _is_other_media(fields := fields_of(value)):
        yield from _links_in(fields, depth)


def _links_in(fields: Fields, depth: int) -> Iterable[str]:
    for name in LINK_NAMES:
        yield from _links(fields.get(name), depth + 1)


def _is_other_media(fields: Fields) -> bool:
    kinds = (text(fields.get(name)).casefold() for name in TYPE_NAMES)
    return any(kind.startswith(("image", "audio")) for kind in kinds)

"""Where an answer keeps its task's id and its status, in every shape seen.

One provider prints an id as `task_id` on one page and as `id` on the next, a gateway wraps the
whole in `data` and adds an id of the call. So all of them are read the same way.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from retake.domain.patterns import pattern
from retake.providers.answer_parsing import is_task_id, parsed
from retake.providers.status_words import Kind, kind_of, squashed

MAX_DEPTH = 6
MAX_ITEMS = 20  # of a list; no answer names more than a few videos
WRAPPERS = ("task", "data", "output", "result", "response", "payload")
# What an envelope holds the task itself in: an id in there is the task's, one beside it the call's.
ENVELOPED = ("data", "task", "payload", "response")
STATUS_NAMES = ("status", "taskstatus", "state", "jobstatus")
NESTED_STATUS_NAMES = (*STATUS_NAMES, "code", "name", "value")
# An id that says whose it is comes before one that does not.
ID_NAMES = ("taskid", "taskids", "jobid", "generationid", "predictionid", "id", "uuid")
LISTS = frozenset({"taskids"})
BROKEN = "\ufffd"  # stands for what could not be read
TRACE_NAME = "requestid"  # a task's id at some, the number of a mere call at others
LARGEST_ID = 10**15  # as a number with a point; above it JSON readers disagree
_BARE_ID = pattern(r"(?=.*\d)[\w.:-]{1,128}")

Fields = Mapping[str, Any]


def fields_of(answer: object) -> Fields:
    """An object's fields by their squashed names; a list of one object counts as that object, and
    so does a text that holds one."""
    if isinstance(answer, str) and answer.lstrip()[:1] == "{":
        answer = parsed(answer.encode(errors="replace"))
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
    found = [*_enveloped(answer), *layers(answer)]
    is_error = any(fields.get("error") or fields.get("detail") for fields in found)
    trace = () if is_error else (TRACE_NAME,)
    own = () if own_name == "id" else (own_name,)  # `id` alone may be anybody's
    for name in (*own, *ID_NAMES, *trace):
        for fields in found:
            task_id = _usable_id(_only(fields.get(name)) if name in LISTS else fields.get(name))
            if task_id is not None:
                return task_id
    return None if is_error else _bare_id(fields_of(answer))


def names_task(answer: object, task_id: str) -> bool:
    """Whether an answer speaks of this very task: an id of the call, or of the event, is not it."""
    return any(
        _usable_id(fields.get(name)) == task_id
        for fields in layers(answer)
        for name in (*ID_NAMES, TRACE_NAME)
    )


def _enveloped(answer: object) -> list[Fields]:
    """What an answer wraps its task in, the innermost first."""
    found: list[Fields] = []
    fields = fields_of(answer)
    while len(found) < MAX_DEPTH // 2:
        inner = next(filter(None, (fields_of(fields.get(name)) for name in ENVELOPED)), None)
        if inner is None:
            break
        found.insert(0, inner)
        fields = inner
    return found


def _only(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _usable_id(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer() and value < LARGEST_ID:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    task_id = value.strip() if isinstance(value, str) else ""
    return task_id if is_task_id(task_id) and BROKEN not in task_id else None


def _bare_id(fields: Fields) -> str | None:
    """An id that is all there is in `data`: one word with a digit in it, beside no other code."""
    if str(fields.get("code", 0)).casefold() not in ("0", "200", "success", "ok", "none"):
        return None
    task_id = _usable_id(_only(fields.get("data")))
    return task_id if task_id is not None and _BARE_ID.fullmatch(task_id) else None


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
    """The status among these fields: of several the one that says more than "fine"."""
    stated = [_plain_status(fields[name]) for name in STATUS_NAMES if name in fields]
    said = [each for each in stated if each not in (None, "")]
    kinds = [each for each in said if kind_of(each) not in (None, Kind.SUCCEEDED)]
    return next(iter((*kinds, *said, *stated)), _ABSENT)


def _plain_status(status: object) -> object:
    if not isinstance(status, Mapping):
        return status
    fields = fields_of(status)
    return next((fields[name] for name in NESTED_STATUS_NAMES if name in fields), status)

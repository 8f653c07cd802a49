"""How much a record, a message and a state's output may hold, whoever filled them.

DynamoDB takes 400 KB an item, SNS 256 KB a message, Step Functions 256 KB a state's output, and a
refusal by one of them comes when the result is paid for already. So everything that strangers can
make longer is cut where it joins a record; a message that is too long all the same has a short
form (retake.presentation.messages).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from retake.domain.edit import Conclusion, Edit
from retake.domain.patterns import pattern
from retake.domain.plain_text import one_line, within_bytes
from retake.domain.vocabulary import Status

RECORD_BYTES = 64 * 1024
MESSAGE_BYTES = 200 * 1000  # as the output of the state before `Notify`
MAX_WARNINGS, WARNING_BYTES, WARNINGS_BYTES = 20, 600, 4096
SENTENCE_BYTES, DETAILS_BYTES, SAID_BYTES, WORD_BYTES = 2000, 2048, 1000, 200
MAX_ATTEMPTS = 50  # on record, of those that ended
MAX_LISTED = 30  # of a list among the details
MAX_NESTING = 16  # of JSON from outside: a request needs 4, a provider's answer fewer than 10
_LEFT_OUT = pattern(r"\((\d+) more remarks are left out\.\)")


def size_of(value: Any) -> int:
    """Bytes of a value as JSON in UTF-8: what DynamoDB, SNS and Step Functions count, or more."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return len(text.encode("utf-8", "backslashreplace"))


def is_nested_deeper(value: Any, levels: int = MAX_NESTING) -> bool:
    """Whether lists and objects lie in each other more than so many levels deep."""
    here = [value]
    for _ in range(levels + 1):
        here = [
            each
            for outer in here
            if isinstance(outer, dict | list)
            for each in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not here:
            return False
    return any(isinstance(each, dict | list) for each in here)


def warnings_within(warnings: Sequence[str]) -> tuple[str, ...]:
    """The first and the last of many remarks, and how many lie between; doing it again adds up."""
    each = list(dict.fromkeys(sentence_within(it, WARNING_BYTES) for it in warnings))
    if len(each) <= MAX_WARNINGS and size_of(each) <= WARNINGS_BYTES:
        return tuple(each)
    first, last = each[:1], each[-1:]
    middle = [it for it in each[1:-1] if not _LEFT_OUT.fullmatch(it)]
    gone = len(middle) + sum(int(n) for it in each for n in _LEFT_OUT.findall(it))
    for it in middle:
        more = [*first, it, *last]
        if len(more) >= MAX_WARNINGS or size_of(more) > WARNINGS_BYTES - WORD_BYTES:
            break
        first.append(it)
        gone -= 1
    return (*first, f"({gone} more remarks are left out.)", *last)


def details_within(details: Mapping[str, Any]) -> dict[str, Any]:
    """The rule, what was found and what is allowed, each cut; without what is too long even so."""
    kept: dict[str, Any] = {}
    for name, value in details.items():
        shown = _shortened(value)
        if size_of({**kept, name: shown}) <= DETAILS_BYTES:
            kept[name] = shown
    return kept


def _shortened(value: Any, levels: int = 2) -> Any:
    if isinstance(value, str):
        return within_bytes(value, SAID_BYTES)
    if isinstance(value, list | tuple) and levels:
        more = [f"… {len(value) - MAX_LISTED} more"] if len(value) > MAX_LISTED else []
        return [_shortened(each, levels - 1) for each in value[:MAX_LISTED]] + more
    if isinstance(value, dict) and levels:
        some = list(value.items())[:MAX_LISTED]
        return {within_bytes(str(k), WORD_BYTES): _shortened(v, levels - 1) for k, v in some}
    if value is None or isinstance(value, bool | int | float):
        return value
    return within_bytes(str(value), WORD_BYTES)


def sentence_within(text: str, size_bytes: int = SENTENCE_BYTES) -> str:
    """One sentence for a person, on one line: it may quote names and words of strangers."""
    return within_bytes(one_line(text, size_bytes), size_bytes)


def conclusion_within(conclusion: Conclusion) -> Conclusion:
    """An end with its sentence, its details and the provider's words cut."""
    said = conclusion.provider_said
    return replace(
        conclusion,
        message=sentence_within(conclusion.message),
        details=details_within(conclusion.details),
        provider_said=None if said is None else sentence_within(said, SAID_BYTES),
    )


def attempts_within(attempts: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The attempts that ended, without the oldest of those that ended alike where there are too
    many: a provider may say for days that it is busy. Each that may be billed stays."""
    kept = list(attempts)
    for place, each in enumerate(attempts):
        if len(kept) <= MAX_ATTEMPTS:
            break
        alike = [it for it in attempts[place + 1 :] if _ending(it) == _ending(each)]
        if alike and each.get("ended") != Status.UNCERTAIN:
            kept.remove(each)
    return tuple(kept)


def _ending(attempt: Mapping[str, Any]) -> tuple[Any, Any]:
    return attempt.get("model"), attempt.get("ended")


# What strangers can make long, by its name on the record, and how it is cut.
_CUTS: Mapping[str, Callable[[Any], Any]] = {
    "attempts": attempts_within,
    "warnings": warnings_within,
    "message": sentence_within,
    "details": details_within,
    "conclusion": conclusion_within,
    "provider_status": lambda text: sentence_within(str(text), WORD_BYTES),
}


def within_budget(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as they may join a record."""
    return {
        name: _CUTS[name](value) if name in _CUTS and value is not None else value
        for name, value in facts.items()
    }


def lightened(edit: Edit) -> dict[str, Any]:
    """What to leave out of a record that is too long all the same: the sizes above are of each
    part, and all parts of one edit are rarely long. Keys, request and sums are never touched."""
    lighter: dict[str, Any] = {}
    for part in ("warnings", "details", "conclusion"):
        if size_of(replace(edit, **lighter).to_mapping()) <= RECORD_BYTES:
            break
        lighter[part] = _LIGHTER[part](edit)
    return lighter


_LIGHTER: Mapping[str, Callable[[Edit], Any]] = {
    "warnings": lambda edit: ("The remarks did not fit on the record.",),
    "details": lambda edit: {},
    "conclusion": lambda edit: (
        replace(edit.conclusion, details={}, provider_said=None) if edit.conclusion else None
    ),
}

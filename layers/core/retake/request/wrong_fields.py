"""What is wrong with a field of a request, in people's words."""

from collections.abc import Mapping, Sequence
from typing import Any

from retake.domain.errors import Refused, shortened
from retake.domain.patterns import pattern
from retake.domain.spelling import closest
from retake.domain.vocabulary import Reason


def refusal(problem: Mapping[str, Any], fields: Mapping[str, Any], known: Sequence[str]) -> Refused:
    """What was found wrong with some fields, in pydantic's form, as a refusal; `known` are all."""
    path = ".".join(str(step) for step in problem["loc"]) or "request"
    top = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return unknown_field(path, known, closest(top, known))
    found = shortened(fields.get(top, "nothing"))
    wanted = _WANTED.get(problem["type"], problem["msg"])
    near = closest(found, choices_of(problem))
    hint = f" Did you mean '{near}'?" if near else ""
    return Refused(
        Reason.INVALID_REQUEST,
        f"The field '{path}' is not valid: found {found!r}; {wanted.lower()}.{hint}",
        field=path,
        found=found,
        allowed=wanted,
    )


def choices_of(problem: Mapping[str, Any]) -> Sequence[str]:
    """The words there are, where none was found of a closed list."""
    return _CHOICES.findall(str((problem.get("ctx") or {}).get("expected", "")))


_CHOICES = pattern(r"'([^']+)'")
# Kinds of values in people's words; pydantic's own speak of its types.
_WANTED: Mapping[str, str] = {
    "tuple_type": 'It is a list, such as ["images/a.png"]',
    "list_type": 'It is a list, such as ["images/a.png"]',
    "dataclass_type": "It is an object with 'frontal' and 'references'",
    "model_type": "It is a JSON object",
    "bool_parsing": "It is true or false",
    "bool_type": "It is true or false",
}


def unknown_field(name: str, known: Sequence[str], near: str | None) -> Refused:
    """The refusal of a name that is no field; `near` is the one that was perhaps meant."""
    hint = f" Did you mean '{near}'?" if near else ""
    return Refused(
        Reason.INVALID_REQUEST,
        f"'{name}' is not a field of a request.{hint}",
        field=name,
        found=name,
        allowed=", ".join(known),
    )

"""The few forms of JSONata that the workflow uses, compiled once; anything else is refused."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Scope = Mapping[str, Any]
_PATH = re.compile(r"\$states((?:\.[A-Za-z_]+)+)")
_TEXT = re.compile(r"'([^']*)'")


class Undefined(Exception):
    """The expression names what is not there; Step Functions calls it a query error."""


def evaluated(template: Any, scope: Scope) -> Any:
    """A field of a state with its expressions filled in. Raises Undefined."""
    if isinstance(template, dict):
        return {name: evaluated(value, scope) for name, value in template.items()}
    if isinstance(template, list):
        return [evaluated(value, scope) for value in template]
    if isinstance(template, str) and template.startswith("{%"):
        return compiled(template)(scope)
    return template


@cache
def compiled(template: str) -> Callable[[Scope], Any]:
    """`{% … %}` as a function of `$states` and `now`. Raises ValueError for other forms."""
    return _compiled(template.removeprefix("{%").removesuffix("%}").strip())


def _compiled(text: str) -> Callable[[Scope], Any]:
    for sign, join in ((" = ", _equal), (" & ", _joined)):
        left, found, right = text.partition(sign)
        if found:
            return join(_compiled(left.strip()), _compiled(right.strip()))
    if text == "$now()":
        return lambda scope: scope["now"]
    literal = _TEXT.fullmatch(text)
    if literal:
        return lambda scope: literal[1]
    path = _PATH.fullmatch(text)
    if path is None:
        raise ValueError(f"The interpreter does not know this form: {text}")
    names = path[1].split(".")[1:]
    return lambda scope: _at(scope, names)


def _at(scope: Any, names: list[str]) -> Any:
    for name in names:
        if not isinstance(scope, Mapping) or name not in scope:
            raise Undefined(".".join(names))
        scope = scope[name]
    return scope


Form = Callable[[Scope], Any]


def _equal(left: Form, right: Form) -> Form:
    return lambda scope: left(scope) == right(scope)


def _joined(left: Form, right: Form) -> Form:
    return lambda scope: str(left(scope)) + str(right(scope))

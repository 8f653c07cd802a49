"""Python values as DynamoDB keeps them, and back.

boto3 has the same two steps; importing it for them alone costs a tenth of a cold start. Tags and
limits are those of the DynamoDB API reference, "AttributeValue", and the developer guide, "Data
types": a number has at most 38 digits.
"""

from collections.abc import Callable, Mapping
from decimal import (
    Clamped,
    Context,
    Decimal,
    DecimalException,
    Inexact,
    Overflow,
    Rounded,
    Underflow,
)
from enum import Enum
from typing import Any

from retake.domain.errors import RetakeError

# What would not come back as it went in is refused instead of rounded.
_NUMBERS = Context(
    prec=38, Emin=-128, Emax=126, traps=[Clamped, Overflow, Inexact, Rounded, Underflow]
)


class Unwritable(RetakeError):
    """The store will never take this write; asking again changes nothing."""


def to_attribute(content: Any) -> Any:
    """A Python value as a DynamoDB attribute; floats keep their shortest decimal form.

    Raises Unwritable for what has no form there or would not come back as it went in: NaN and
    infinities, more than 38 digits, text that is not Unicode, sets, bytes, foreign objects.
    """
    try:
        return _tagged(content)
    except (TypeError, ValueError, DecimalException):
        raise Unwritable(f"A value of type {type(content).__name__} cannot be stored.") from None


def _tagged(content: Any) -> dict[str, Any]:
    if isinstance(content, Enum):
        return _tagged(content.value)
    if content is None:
        return {"NULL": True}
    for kind, tag, form in _FORMS:
        if isinstance(content, kind):
            return {tag: form(content)}
    raise TypeError


def _text(content: str) -> str:
    content.encode()  # half of a surrogate pair is no text; better refused here than by AWS
    return content


def _number(content: int | float | Decimal) -> str:
    number = Decimal(repr(content)) if isinstance(content, float) else Decimal(content)
    if not number.is_finite():
        raise ValueError
    # 1.0 and 1 are one number there, and so they are here.
    whole = number.adjusted() < 38 and number == number.to_integral_value()
    return str(_NUMBERS.create_decimal(int(number) if whole else number))


def _name(content: Any) -> str:
    if isinstance(content, Enum):
        return _name(content.value)
    _tagged(content)  # refuses what is no text, nor a number or a truth that can be its name
    return str(content)


_FORMS: tuple[tuple[Any, str, Callable[[Any], Any]], ...] = (
    (Mapping, "M", lambda content: {_name(n): _tagged(each) for n, each in content.items()}),
    (list | tuple, "L", lambda content: [_tagged(each) for each in content]),
    (str, "S", _text),
    (bool, "BOOL", bool),  # before int, which it is one of
    (int | float | Decimal, "N", _number),
)


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A DynamoDB item as plain Python values; numbers come as int or float."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(attribute: Mapping[str, Any]) -> Any:
    ((tag, content),) = attribute.items()
    read = _READERS.get(tag)
    return read(content) if read else content


def _read_number(content: str) -> int | float:
    number = Decimal(content)
    return int(number) if number == number.to_integral_value() else float(number)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "NULL": lambda _: None,
    "N": _read_number,
    "L": lambda content: [_plain(each) for each in content],
    "M": from_item,
}

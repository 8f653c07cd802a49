"""What a request's fields may hold, and how each is read: by pydantic's rules, without pydantic.

Loading pydantic and having it make one reader is a quarter of a function's start, and only the
HTTP door needs it for more. A test holds the reader against pydantic's own, on anything that JSON
can say: both take the same, as the same, and say the same of the rest.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from types import UnionType
from typing import Any

from retake.domain.request import Element, Request

# White space as Unicode has it: Python's own idea of it knows four control characters more.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
FLAGS: Mapping[Any, bool] = {
    **dict.fromkeys((True, "true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys((False, "false", "f", "no", "n", "off", "0"), False),
}
MAX_DIGITS = 4300  # in one number, as Python's own limit
_LARGEST = 2.0**63

Reader = Callable[[Any], Any]


class WrongValue(Exception):
    """What is wrong with a value, in the form and the words of pydantic's errors."""

    def __init__(self, kind: str, sentence: str, expected: str = "") -> None:
        super().__init__(sentence)
        told = {"expected": expected}
        self.problem: dict[str, Any] = {"type": kind, "loc": (), "msg": sentence, "ctx": told}

    def within(self, step: str | int) -> "WrongValue":
        """The same of a value that lies there."""
        self.problem["loc"] = (step, *self.problem["loc"])
        return self


def read_request(said: Mapping[str, Any]) -> Request:
    """Raises WrongValue for the first of the fields that cannot be read, then for unknown ones."""
    return Request(**_read(said, _REQUEST, {"prompt"}))


def _read(
    said: Mapping[str, Any], readers: Mapping[str, Reader], needed: set[str]
) -> dict[str, Any]:
    whole = {}
    for name, read in readers.items():
        if name in said:
            whole[name] = _at(name, read, said[name])
        elif name in needed:
            raise WrongValue("missing", "Field required").within(name)
    for name in said:
        if name not in readers:
            kind = "unexpected_keyword_argument"
            raise WrongValue(kind, "Unexpected keyword argument").within(name)
    return whole


def _at(step: str | int, read: Reader, value: Any) -> Any:
    try:
        return read(value)
    except WrongValue as wrong:
        raise wrong.within(step) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValue("string_type", "Input should be a valid string")
    try:
        value.encode()
    except UnicodeEncodeError:
        said = "Input should be a valid string, unable to parse raw data as a unicode string"
        raise WrongValue("string_unicode", said) from None
    return value.strip(WHITE_SPACE)


def _flag(value: Any) -> bool:
    is_number = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if not (is_number or isinstance(value, str)):
        raise WrongValue("bool_type", "Input should be a valid boolean")
    read = FLAGS.get(value.lower() if isinstance(value, str) else value)
    if read is None:
        said = "Input should be a valid boolean, unable to interpret input"
        raise WrongValue("bool_parsing", said)
    return read


def _whole_number(value: Any) -> int:
    too_large = "Unable to parse input string as an integer, exceeded maximum size"
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if value - value != 0:  # infinite, or no number
            raise WrongValue("finite_number", "Input should be a finite number")
        if not value.is_integer():
            said = "Input should be a valid integer, got a number with a fractional part"
            raise WrongValue("int_from_float", said)
        if not -_LARGEST < value < _LARGEST:
            raise WrongValue("int_parsing_size", too_large)
        return int(value)
    if not isinstance(value, str):
        raise WrongValue("int_type", "Input should be a valid integer")
    if len(value) > MAX_DIGITS:
        raise WrongValue("int_parsing_size", too_large)
    written = value.strip(WHITE_SPACE)
    if not re.fullmatch(r"[+-]?[0-9]+(_[0-9]+)*(\.0+)?", written):
        said = "Input should be a valid integer, unable to parse string as an integer"
        raise WrongValue("int_parsing", said)
    return int(written.partition(".")[0])


def _word(words: type[StrEnum]) -> Reader:
    *first, last = (f"'{word}'" for word in words)
    expected = f"{', '.join(first)} or {last}"

    def read(value: Any) -> StrEnum:
        found = next((word for word in words if isinstance(value, str) and word == value), None)
        if found is None:
            raise WrongValue("enum", f"Input should be {expected}", expected)
        return found

    return read


def _list_of(read: Reader) -> Reader:
    def read_all(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise WrongValue("tuple_type", "Input should be a valid tuple")
        return tuple(_at(place, read, each) for place, each in enumerate(value))

    return read_all


def _element(value: Any) -> Element:
    if isinstance(value, Element):
        return value
    if not isinstance(value, dict):
        said = "Input should be a dictionary or an instance of Element"
        raise WrongValue("dataclass_type", said)
    return Element(**_read(value, _ELEMENT, {"frontal", "references"}))


def _or_none(read: Reader) -> Reader:
    return lambda value: None if value is None else read(value)


def _readers_of(cls: Any) -> Mapping[str, Reader]:
    """By the types that the class gives its fields, in their order, which is that of problems."""
    return {field.name: _reader_of(field.type) for field in fields(cls)}


def _reader_of(kind: Any) -> Reader:
    if isinstance(kind, UnionType):  # there is no other than with None
        return _or_none(_reader_of(kind.__args__[0]))
    return _BY_TYPE.get(kind) or _word(kind)


_BY_TYPE: Mapping[Any, Reader] = {
    str: _text,
    bool: _flag,
    int: _whole_number,
    tuple[str, ...]: _list_of(_text),
    tuple[Element, ...]: _list_of(_element),
}
_ELEMENT, _REQUEST = _readers_of(Element), _readers_of(Request)

"""The reader of requests is held against pydantic, which reads the same class by itself."""

import dataclasses
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from retake.domain.errors import Refused
from retake.domain.request import Element, Request
from retake.request.parsing import FIELDS
from retake.request.reading import FLAGS, WHITE_SPACE, WrongValue, read_request
from retake.request.wrong_fields import refusal

FORM = {"extra": "forbid", "str_strip_whitespace": True}
NAMES = [field.name for field in dataclasses.fields(Request)]


def _judge(cls: type, **types: Any) -> Any:
    """The same fields, read by pydantic."""
    fields: list[Any] = [
        (each.name, types.get(each.name, each.type))
        if each.default is dataclasses.MISSING
        else (each.name, types.get(each.name, each.type), dataclasses.field(default=each.default))
        for each in dataclasses.fields(cls)
    ]
    namespace = {"__pydantic_config__": FORM}
    return dataclasses.make_dataclass(cls.__name__, fields, namespace=namespace, kw_only=True)


ELEMENTS_OF_JUDGE: Any = tuple.__class_getitem__((_judge(Element), ...))
READ = TypeAdapter(_judge(Request, elements=ELEMENTS_OF_JUDGE)).validate_python

EDGES = st.text(alphabet=[*WHITE_SPACE, "\x1c", "\u200b"], max_size=2)
WRITTEN_NUMBERS = st.builds(
    lambda before, sign, digits, end, after: before + sign + digits + end + after,
    EDGES,
    st.sampled_from(["", "+", "-", "--", "_"]),
    st.text(alphabet="0123456789_\u0665e", max_size=6),
    st.sampled_from(["", ".", ".0", ".00", ".5", ".0_0", "e1"]),
    EDGES,
)
WORDS = st.sampled_from(["edit", "EDIT", "auto", "split", "none", "anchor", "fail", "high", "low"])
FLAG_WORDS = st.sampled_from([str(word) for word in FLAGS] + ["TRUE", "Off", " on"])
# No halves of surrogate pairs: both doors refuse them before (retake.request.json_object).
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 2, -1, 2**63, 0.0, 1.0, 2.0, -0.0, 2.0**63, 1e300]),
    st.integers(),
    st.floats(),
    st.builds(lambda before, word, after: before + word + after, EDGES, st.text(), EDGES),
    WRITTEN_NUMBERS,
    WORDS,
    FLAG_WORDS,
)
ELEMENTS = st.fixed_dictionaries(
    {}, optional={"frontal": PLAIN, "references": PLAIN | st.lists(PLAIN), "more": PLAIN}
)
VALUES = PLAIN | st.lists(PLAIN | ELEMENTS, max_size=3) | ELEMENTS
ANYTHING = st.dictionaries(st.sampled_from([*NAMES, "more", "Prompt"]), VALUES, max_size=3)
NEARLY_RIGHT = st.fixed_dictionaries({"prompt": st.just("Make it snow")}).flatmap(
    lambda right: ANYTHING.map(lambda wild: right | wild)
)


def _read(fields: dict[str, Any]) -> Any:
    """The fields of the request, or the sentence that refuses them."""
    try:
        return dataclasses.asdict(read_request(fields))
    except WrongValue as wrong:
        return _told(refusal(wrong.problem, fields, FIELDS))


def _read_by_pydantic(fields: dict[str, Any]) -> Any:
    try:
        return dataclasses.asdict(READ(fields))
    except ValidationError as error:
        return _told(refusal(error.errors(include_url=False)[0], fields, FIELDS))


def _told(refused: Refused) -> Any:
    return str(refused), refused.field, refused.found, refused.allowed


@settings(max_examples=300, deadline=None)
@given(fields=NEARLY_RIGHT | ANYTHING)
@example(fields={"prompt": "a", "duration_seconds": "9" * 5000})
@example(fields={"prompt": "a", "duration_seconds": "1_0.0"})
@example(fields={"prompt": "a", "images": ["\ud800"]})
def test_both_readers_take_the_same_and_say_the_same_of_the_rest(fields: dict[str, Any]) -> None:
    assert repr(_read(fields)) == repr(_read_by_pydantic(fields))


@settings(max_examples=200, deadline=None)
@given(value=PLAIN)
def test_both_read_one_value_alike_in_every_field(value: Any) -> None:
    for name in NAMES:
        fields = {"prompt": "a", name: value}
        assert repr(_read(fields)) == repr(_read_by_pydantic(fields)), name


def test_an_element_that_was_read_before_is_taken_as_it_is() -> None:
    element = Element(frontal="a.png", references=("b.png",))

    assert read_request({"prompt": "a", "elements": [element]}).elements == (element,)

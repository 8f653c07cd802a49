"""Reading a callback's body: strictly, and without the interpreter's own limits deciding."""

import json
import sys

import pytest
from retake.providers.callbacks import MAX_DEPTH, BadCallback, object_in


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_a_body_as_deep_as_allowed_is_read() -> None:
    assert object_in(nested(MAX_DEPTH)) == json.loads(nested(MAX_DEPTH))


@pytest.mark.parametrize("limit", [1_000, 100_000])
def test_a_deeper_one_is_refused_whatever_the_interpreter_could_take(limit: int) -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        with pytest.raises(BadCallback, match="too deeply"):
            object_in(nested(MAX_DEPTH + 1))
    finally:
        sys.setrecursionlimit(before)


def test_brackets_in_a_text_are_no_depth() -> None:
    assert object_in(json.dumps({"a": '[{"\\' * 500}).encode())


def test_a_byte_order_mark_is_passed_over() -> None:
    assert object_in(b'\xef\xbb\xbf{"id": "a-1"}') == {"id": "a-1"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff", b"[" * 99_999]
)
def test_what_is_not_one_plain_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadCallback):
        object_in(body)

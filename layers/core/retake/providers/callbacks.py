"""What a provider posts to us of its own accord: read and checked here, believed nowhere.

A callback is a hint to ask now. Only an authenticated poll decides, so the link to the result
is left out of what a callback claims.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from retake.domain.errors import RetakeError
from retake.domain.patterns import pattern
from retake.domain.values import dataclass
from retake.providers.answer_parsing import is_task_id
from retake.providers.contract import Report

MAX_DEPTH = 64  # no provider's callback goes deeper than six
_STRING = pattern(rb'"(?:[^"\\]|\\.)*"')


class BadCallback(RetakeError):
    """The message is not a callback this provider sends."""


class ForgedCallback(BadCallback):
    """The message was not signed by the provider for us, or not just now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """The task a callback speaks of, by the provider's id, and what it claims of it."""

    task_id: str
    claim: Report


def callback_about(task_id: object, claim: Report) -> Callback:
    """A callback whose id is usable. Raises BadCallback."""
    if not isinstance(task_id, str) or not is_task_id(task_id):
        raise BadCallback("The callback names no task.")
    return Callback(task_id=task_id, claim=replace(claim, video_url=None))


def object_in(body: bytes) -> Mapping[str, Any]:
    """The one JSON object of a callback's body, read strictly. Raises BadCallback.

    It is in UTF-8, as RFC 8259 (8.1) asks for between strangers, which also lets a reader pass over
    a byte order mark; json.loads would take five other encodings. Names given twice and numbers
    JSON does not have are refused, because two readers may take them differently.
    """
    if _depth(body) > MAX_DEPTH:
        raise BadCallback("The callback is nested too deeply.")
    try:
        content = json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_distinct, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        raise BadCallback("The callback is not JSON.") from None
    if not isinstance(content, dict):
        raise BadCallback("The callback is not a JSON object.")
    return content


def _depth(body: bytes) -> int:
    """How deep the brackets of a JSON text go; told without the recursion a reader would need."""
    deepest = depth = 0
    for bracket in re.findall(rb"[\[\]{}]", _STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name is given twice")
    return content


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")

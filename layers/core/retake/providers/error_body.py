"""The body of an error: what it says in words for machines, and in sentences for people."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from retake.domain.patterns import pattern
from retake.domain.values import dataclass
from retake.providers.answer_parsing import cleaned
from retake.providers.shapes import MAX_DEPTH, MAX_ITEMS, fields_of
from retake.providers.status_words import Kind, kind_of

PLAIN_TEXT_CHARS = 2000
SHORTEST_PROMPT = 8  # characters; less than that also stands in sentences by chance


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error body says: in words for machines, and in sentences for people.

    `is_json` is false for a text that no provider's own form holds, such as a router's
    `404 page not found`.
    """

    words: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    is_json: bool = True

    @property
    def types(self) -> tuple[str, ...]:
        """The words that say something: a number only repeats a status."""
        return tuple(word for word in self.words if not word.isdecimal())

    @property
    def summary(self) -> str | None:
        """One line for a record."""
        return cleaned(": ".join(dict.fromkeys((*self.types[:1], *self.sentences))))

    def without(self, prompt: str) -> "ErrorBody":
        """The same where no sentence repeats the prompt: that is no word of the provider's."""
        if len(prompt) < SHORTEST_PROMPT:
            return self
        sentences = (sentence.replace(prompt, " ") for sentence in self.sentences)
        return replace(self, sentences=tuple(sentences))


_WORD = pattern(r"[\w.:/-]{1,80}")
_COINED = pattern(r"[A-Za-z0-9]+([_.:-][A-Za-z0-9]+)+")  # a sentence of one word is none
WORD_NAMES = ("errortype", "code", "errorcode", "errcode", "reason")
# At the top these are the kind and the name of a task or of a document, and no error.
# `kind` is AIML API's, within `error.data`.
NESTED_WORD_NAMES = (*WORD_NAMES, "type", "name", "kind")
_SENTENCE_NAME = pattern(
    r"^(message|msg|reason|errdetail|errordescription|cause)$|"
    # task_status_msg, failMsg, failed_reason, failure_reason, error_detail, err_msg, fail_reason
    r"^(task)?(status|fail|failed|failure|err|error|reject|rejected|rejection)"
    r"(msg|message|reason|detail|details|description|desc|info|cause)$"
)
NESTED_NAMES = ("error", "errors", "detail", "details", "meta")
DEEP_NAMES = (*NESTED_NAMES, "data")  # within an error, not beside it
FINE = frozenset({"", "0", "200", "201", "202", "none", "null"})


def complaint_in(answer: Any) -> ErrorBody | None:
    """What a JSON answer complains of; None when it is no object, list or sentence."""
    if not isinstance(answer, dict | list | str):
        return None
    words: list[str] = []
    sentences: list[str] = []
    for is_word, said in _said(answer, 0):
        (words if is_word else sentences).append(said)
    return ErrorBody(tuple(words), tuple(sentences))


def complaint_of_text(body: bytes) -> ErrorBody | None:
    """A body that is neither JSON nor a page: an application's own plain words, or None."""
    try:
        said = body.decode().strip("\ufeff \t\r\n")
    except ValueError:
        return None
    if not said or said[0] in "<{[" or len(said) > PLAIN_TEXT_CHARS:
        return None
    return ErrorBody(sentences=(said,), is_json=False)


def _said(value: object, depth: int) -> Iterator[tuple[bool, str]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        yield from ((True, value),) if _COINED.fullmatch(value) else ()
        yield False, value
    elif isinstance(value, list):
        for item in value[:MAX_ITEMS]:
            yield from _said(item, depth + 1)
    elif isinstance(value, Mapping):
        fields = fields_of(value)
        for name in NESTED_WORD_NAMES if depth else WORD_NAMES:
            yield from _word(fields.get(name))
        told = {name for name in fields if _SENTENCE_NAME.match(name)}
        for name in sorted(told):
            yield from _sentences(fields[name])
        for name in DEEP_NAMES if depth else NESTED_NAMES:
            yield from _said(fields.get(name), depth + 1)


def _word(value: object) -> Iterator[tuple[bool, str]]:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**9 else ""
    if isinstance(value, str) and _WORD.fullmatch(value) and not _is_fine(value):
        yield True, value


def _sentences(value: object) -> Iterator[tuple[bool, str]]:
    for each in value[:MAX_ITEMS] if isinstance(value, list) else [value]:
        if isinstance(each, str) and not _is_fine(each):
            yield False, each


def _is_fine(said: str) -> bool:
    """Whether a word says that all is well, as an envelope's `"message": "SUCCEED"` does."""
    return said.casefold() in FINE or kind_of(said) is Kind.SUCCEEDED

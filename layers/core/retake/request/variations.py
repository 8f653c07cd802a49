"""Reading a request that names several prompts or models: one entry for each edit."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import product
from typing import Any

from retake.domain.errors import Refused
from retake.domain.request import Request
from retake.domain.values import dataclass
from retake.domain.vocabulary import Reason
from retake.domain.webhooks import WEBHOOK_URL_FORM, is_webhook_url
from retake.records.batches import MAX_EDITS
from retake.request.parsing import in_our_spelling, parse_request

# The list that may stand instead of each field.
LISTS = {"prompts": "prompt", "models": "model"}
# The sender's own words, which are only echoed: lines of text, as the API's form says too.
MAX_TAGS = 20
TAG, REFERENCE = r"[^\x00-\x1f\x7f]{1,64}", r"[^\x00-\x1f\x7f]{1,256}"


@dataclass(frozen=True, slots=True)
class Variations:
    """What a request asks for: one entry, or several that make a batch.

    Each is a request, or why that one alone is refused. The edits of all prompts with the first
    model come first, then those with the second.
    """

    entries: tuple[Request | Refused, ...]
    warnings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    reference: str | None = None
    webhook_url: str | None = field(default=None, repr=False)

    @property
    def labels(self) -> dict[str, Any]:
        """The sender's own words, by their names on the record, where there are any."""
        said = {name: getattr(self, name) for name in ("tags", "reference", "webhook_url")}
        return {name: value for name, value in said.items() if value}

    @property
    def is_batch(self) -> bool:
        return len(self.entries) > 1

    @property
    def source(self) -> str | None:
        """The clip that all of them name."""
        return next((each.source for each in self.requests), None)

    @property
    def requests(self) -> tuple[Request, ...]:
        """Those that are not refused."""
        return tuple(each for each in self.entries if isinstance(each, Request))

    def all_or_refused(self) -> "Variations":
        """The same, if none of them is refused. Raises Refused."""
        for index, entry in enumerate(self.entries):
            if isinstance(entry, Refused):
                raise numbered(entry, index, len(self.entries))
        return self

    def first(self) -> Request:
        """The first request, which is the only one where there is no batch. Raises Refused."""
        entry = self.entries[0]
        if isinstance(entry, Refused):
            raise entry
        return entry


def parse_variations(fields: Mapping[str, Any]) -> Variations:
    """The entries of a request that may hold `prompts`, `models` and the sender's own words.

    Raises Refused for lists that cannot be read or are too long, and when no entry is a request.
    """
    fields = in_our_spelling(fields)
    tags, reference = _tags(fields.pop("tags", None)), _reference(fields.pop("reference", None))
    webhook_url = webhook_url_in(fields.pop("webhook_url", None))
    said = [name for name in LISTS if fields.get(name) is not None]
    lists = {name: _values(name, fields) for name in said}
    distinct = {name: list(dict.fromkeys(values)) for name, values in lists.items()}
    _check_number(distinct)
    shared = {name: value for name, value in fields.items() if name not in LISTS}
    entries = [_entry({**shared, **own}) for own in _combinations(distinct)]
    if all(isinstance(entry, Refused) for entry in entries):
        # One reason for all of them, said once.
        raise next(entry for entry in entries if isinstance(entry, Refused))
    return Variations(tuple(entries), tuple(_doubles(lists)), tags, reference, webhook_url)


def numbered(refusal: Refused, index: int, count: int) -> Refused:
    """A refusal of one of several, saying which."""
    if count == 1:
        return refusal
    said = f"Edit {index + 1} of {count}: {refusal}"
    return Refused(refusal.reason, said, **refusal.details())


def beneath(top: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Some settings with others on top: a field hides the list that may stand instead of it, and
    a list the field."""
    said = {name for name, value in top.items() if value is not None}
    hidden = {other for pair in LISTS.items() for one, other in (pair, pair[::-1]) if one in said}
    return {**{name: value for name, value in more.items() if name not in hidden}, **top}


def _tags(found: Any) -> tuple[str, ...]:
    listed = [] if found is None else found
    if (
        not isinstance(listed, list)
        or len(listed) > MAX_TAGS
        or not all(_is(TAG, it) for it in listed)
    ):
        raise _invalid("tags", found, f"a list of at most {MAX_TAGS} texts of 1 to 64 characters")
    return tuple(dict.fromkeys(listed))


def _reference(found: Any) -> str | None:
    if found is not None and not _is(REFERENCE, found):
        raise _invalid("reference", found, "a line of 1 to 256 characters")
    return None if found is None else str(found)


def webhook_url_in(found: Any) -> str | None:
    """Where the sender wants to be told. Raises Refused, which does not repeat it: the address
    may hold a secret."""
    address = found.strip() if isinstance(found, str) else found
    if address is None or is_webhook_url(address):
        return address
    raise Refused(
        Reason.INVALID_REQUEST,
        f"The field 'webhook_url' is no {WEBHOOK_URL_FORM}.",
        field="webhook_url",
        allowed=f"an {WEBHOOK_URL_FORM}",
    )


def _is(form: str, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(form, value) is not None


def _invalid(name: str, found: Any, allowed: str) -> Refused:
    return Refused(
        Reason.INVALID_REQUEST,
        f"The field '{name}' is {allowed}.",
        field=name,
        found=str(found)[:200],
        allowed=allowed,
    )


def _combinations(lists: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    names = sorted(lists)  # models before prompts: the prompt changes faster
    for values in product(*(lists[name] for name in names)):
        yield {LISTS[name]: value for name, value in zip(names, values, strict=True)}


def _entry(fields: Mapping[str, Any]) -> Request | Refused:
    try:
        return parse_request(fields)
    except Refused as refused:
        return refused


def _values(name: str, fields: Mapping[str, Any]) -> list[str]:
    values, single = fields[name], LISTS[name]
    if fields.get(single) is not None:
        raise Refused(
            Reason.INVALID_REQUEST,
            f"The request says both '{single}' and '{name}'; say one of them.",
            field=name,
            found=[single, name],
            allowed=f"'{single}' or '{name}'",
        )
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _refused(name, type(values).__name__)
    if not values:
        raise _refused(name, 0)
    return [value.strip() for value in values]


def _refused(name: str, found: Any) -> Refused:
    return Refused(
        Reason.INVALID_REQUEST,
        f"The field '{name}' is a list of 1 to {MAX_EDITS} texts, in metadata as JSON.",
        field=name,
        found=found,
        allowed=f"a list of 1 to {MAX_EDITS} texts",
    )


def _check_number(lists: Mapping[str, Sequence[str]]) -> None:
    count = 1
    for values in lists.values():
        count *= len(values)
    if count > MAX_EDITS:
        by = " by ".join(f"{len(values)} {name}" for name, values in lists.items())
        raise Refused(
            Reason.INVALID_REQUEST,
            f"The request asks for {count} edits ({by}); at most {MAX_EDITS} are allowed.",
            field=next(iter(lists)),
            found=count,
            allowed=MAX_EDITS,
        )


def _doubles(lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """A remark for each list that says something more than once: it is made and paid once."""
    for name, values in lists.items():
        first: dict[str, int] = {}
        again = [
            (first[value], place)
            for place, value in enumerate(values, start=1)
            if first.setdefault(value, place) < place
        ]
        if again:
            others = f" So do {len(again) - 1} others." if len(again) > 1 else ""
            one, other = again[0]
            yield f"'{name}' says the same at {one} and {other}; it was made once.{others}"

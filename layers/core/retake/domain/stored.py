"""What every part of a record has in common: how it is stored, read back, and tells the time."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypeVar

from retake.domain.errors import RetakeError

T = TypeVar("T")
Readers = Mapping[str, Callable[[Any], Any]]  # how an attribute becomes a typed value again
EMPTY: tuple[Any, ...] = (None, "", (), [], {})  # not worth storing; reading gives them back


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, the one form of time on a record; it sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The reverse of `timestamp`."""
    return datetime.fromisoformat(text)


class IncompleteRecord(RetakeError):
    """A record lacks what an earlier step should have written."""


def required(value: T | None) -> T:
    """A part of a record that an earlier step must have written; raises IncompleteRecord."""
    if value is None:
        raise IncompleteRecord
    return value


class Part:
    """A part of a record that can be stored as a plain mapping and read back.

    Reading ignores attributes it does not know, so that a record written by a newer deployment
    can still be read by an older one that is finishing its executions.
    """

    readers: ClassVar[Readers] = {}

    @classmethod
    def from_mapping(cls, stored: Mapping[str, Any]) -> Self:
        known = [f.name for f in fields(cls)]  # type: ignore[arg-type]  # every Part is a dataclass
        whole = {name: stored[name] for name in known if stored.get(name) is not None}
        return cls(**{n: cls.readers[n](v) if n in cls.readers else v for n, v in whole.items()})

    def to_mapping(self) -> dict[str, Any]:
        """Without the empty attributes."""
        names = [f.name for f in fields(self)]  # type: ignore[arg-type]  # every Part is a dataclass
        whole = {name: _stored(getattr(self, name)) for name in names}
        return {name: value for name, value in whole.items() if value not in EMPTY}


def _stored(value: Any) -> Any:
    if isinstance(value, Part):
        return value.to_mapping()
    return [_stored(each) for each in value] if isinstance(value, tuple) else value

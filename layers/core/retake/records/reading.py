"""An item of the table becomes an edit again, also one that another version has written."""

from collections.abc import Callable, Mapping
from typing import Any

from retake.domain.edit import Edit
from retake.domain.errors import RetakeError

Report = Callable[[str, Exception], None]  # the record it is about, and what is wrong with it


class UnreadableRecord(RetakeError):
    """A record has a shape that this version cannot read; a newer one, or a hand, has written it.

    Deploy the newer version again, or mend the record by hand. Until then it is left as it is.
    """

    def __init__(self, key: str, cause: Exception) -> None:
        super().__init__(f"The record {key} cannot be read ({type(cause).__name__}).")
        self.key = key


def edit_of(item: Mapping[str, Any]) -> Edit:
    """The edit that an item of the table holds. Raises UnreadableRecord."""
    # Records of older versions hold one time for the index and for the last change.
    told = {**item, "updated_at": item.get("changed_at") or item.get("updated_at")}
    try:
        return Edit.from_mapping(told)
    except Exception as error:  # whatever may stand where something else was ever written
        raise UnreadableRecord(str(item.get("pk")), error) from None

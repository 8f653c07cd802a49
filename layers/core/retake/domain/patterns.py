"""`pattern` for regular expressions that most starts of a function never come to use.

    _UNSEEN = pattern(r"[\\u200b\\u200e]")

A process compiles each pattern anew, and the table of a provider's errors alone costs as much as a
dozen modules. This one is compiled when it is first used, and is otherwise what `re.compile` gives.
"""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from re import compile

    pattern = compile
else:

    def pattern(text: str | bytes, flags: int = 0) -> "_Pattern":
        return _Pattern(text, flags)


class _Pattern:
    def __init__(self, text: Any, flags: int) -> None:
        self._written = text, flags

    def __getattr__(self, name: str) -> Any:
        """Called for each method once: what is found stays on the object."""
        text, flags = self._written
        found = getattr(re.compile(text, flags), name)
        setattr(self, name, found)
        return found

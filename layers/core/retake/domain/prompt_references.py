"""How a prompt points at what came with it: `@Image1`, `@Element1`, `@Video1`, counted from 1.

People write this one form, which is fal's; each model's catalog entry says how its provider
wants to read it.
"""

import re
from collections.abc import Iterator, Mapping

from retake.domain.errors import Refused
from retake.domain.patterns import pattern
from retake.domain.vocabulary import Reason

KINDS = ("image", "element", "video")
_REFERENCE = pattern(r"@(image|element|video)(\d{1,4})", re.IGNORECASE)

AS_WRITTEN = "@{Kind}{number}"
# Kling's own form for its O1 model (API reference of `kling-video-o1`, field `prompt`).
KLING = "<<<{kind}_{number}>>>"


def references_in(prompt: str) -> Iterator[tuple[str, int]]:
    """Each reference as its kind, one of KINDS, and its number."""
    for kind, number in _REFERENCE.findall(prompt):
        yield kind.lower(), int(number)


def in_form(prompt: str, form: str) -> str:
    """The prompt with every reference rewritten; `form` names `kind` or `Kind`, and `number`."""

    def rewritten(match: re.Match[str]) -> str:
        kind = match[1].lower()
        return form.format(kind=kind, Kind=kind.title(), number=int(match[2]))

    return _REFERENCE.sub(rewritten, prompt)


def check_references(prompt: str, given: Mapping[str, int]) -> None:
    """Raises Refused where a prompt points at what did not come; `given` counts by kind."""
    for kind, number in references_in(prompt):
        count = given[kind]
        if not 1 <= number <= count:
            reference = f"@{kind.title()}{number}"
            raise Refused(
                Reason.UNKNOWN_REFERENCE,
                f"The prompt speaks of {reference}, but {count or 'no'} {kind}"
                f"{'' if count == 1 else 's'} came with it.",
                field="prompt",
                found=reference,
                allowed=f"@{kind.title()}1 to @{kind.title()}{count}" if count else "none",
            )

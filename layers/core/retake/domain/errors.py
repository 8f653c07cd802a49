"""Every error Retake raises on purpose. A class name is its name in the workflow.

RetakeError
├── Refused           the edit may not be done as asked; nothing was sent
├── NotFootage        the object is not a video that can be edited
├── Misconfigured     the deployment lacks something; only its owner can mend it
├── Unavailable       a service we need cannot answer now; asking again later is safe
├── Unpublishable     no topic takes this message, however often it is offered
├── LostRace          another worker changed the record first; read it again
└── OutboundError     an HTTP call did not give an answer we can use
    ├── NotSent         certainly no byte of the request reached the other side
    ├── NoAnswer        the request may have arrived; whether it was acted on is unknown
    ├── Forbidden       the address is not one this stack may talk to
    └── TooLarge        the answer exceeds the cap set for it
"""

from typing import Any

from retake.domain.vocabulary import Reason

# A refusal quotes what was sent, of which a request file holds 64 KB; a notification, in which it
# stands more than once, 256.
MESSAGE_CHARS, VALUE_CHARS = 2000, 500
QUOTED_CHARS = 80


class RetakeError(Exception):
    """Something Retake can name went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n")[0])


class Refused(RetakeError):
    """The edit may not be done as asked; nothing was sent to a provider.

    `reason` is the closed word, `field` the part of the request, `found` and `allowed` the two
    values that disagree, in the user's units.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        field: str | None = None,
        found: Any = None,
        allowed: Any = None,
    ) -> None:
        super().__init__(_told(message, MESSAGE_CHARS))
        self.reason = reason
        self.field = field
        self.found = found
        self.allowed = allowed

    def details(self) -> dict[str, Any]:
        """The rule, the value found and the value allowed, without the empty ones."""
        named = {"field": self.field, "found": self.found, "allowed": self.allowed}
        return {name: _told(value) for name, value in named.items() if value is not None}


def _told(value: Any, chars: int = VALUE_CHARS) -> Any:
    """A value somebody sent, in a form that records, logs and messages can hold.

    Texts are cut. Halves of surrogate pairs, which JSON can escape, are no text; numbers no table
    keeps are told as text.
    """
    if isinstance(value, str):
        text = value.encode("utf-8", "backslashreplace").decode()
        return text if len(text) <= chars else text[: chars - 1] + "…"
    if isinstance(value, int | float):
        return value if value == 0 or 1e-15 < abs(value) < 1e15 else str(value)
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]
    return _told(str(value))


def shortened(value: Any, chars: int = QUOTED_CHARS) -> str:
    """A value for the middle of a sentence: of a long one its beginning, and how long it is."""
    text = str(value)
    return text if len(text) <= chars else f"{text[:chars]}… ({len(text):,} characters)"


class NotFootage(Refused):
    """The object is not a video that can be edited."""


class Misconfigured(RetakeError):
    """The deployment lacks something only its owner can supply."""


class Unavailable(RetakeError):
    """A service we need cannot answer now; the same question may be asked again later."""


class Unpublishable(RetakeError):
    """No topic takes this message, however often it is offered; a shorter one may be taken."""


class NotDone(RetakeError):
    """Nothing is there to be saved yet; the workflow goes on with Poll."""


class LostRace(RetakeError):
    """Another worker changed the record first; read it again and decide anew."""


class OutboundError(RetakeError):
    """An HTTP call did not give an answer we can use."""


class NotSent(OutboundError):
    """Certainly no byte of the request reached the other side."""


class NoAnswer(OutboundError):
    """The request may have arrived; whether it was acted on is unknown."""


class Forbidden(OutboundError):
    """The address is not one this stack may talk to."""


class TooLarge(OutboundError):
    """The answer exceeds the cap set for it."""

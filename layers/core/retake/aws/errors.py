"""What AWS's errors mean here: the one place where they are translated."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from retake.domain.errors import Misconfigured, RetakeError, Unavailable

Meaning = Callable[[ClientError], RetakeError | None]


def code_of(error: ClientError) -> str:
    """AWS's word for what went wrong."""
    return str(error.response["Error"]["Code"])


@contextmanager
def translated(
    service: str,
    *,
    verb: str = "",
    settled: Collection[str] = (),
    owners: Collection[str] = (),
    owners_sentence: str = "",
    meaning: Meaning = lambda error: None,
) -> Iterator[None]:
    """Run calls of AWS so that they fail in Retake's words: Unavailable, if nothing else is known.

    Codes in `settled` are no failure: what was wanted is so already. Codes in `owners` only the
    stack's owner can mend, so they raise Misconfigured with the `owners_sentence`; `meaning` may
    name any other error, and is asked first.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in settled:
            return
        named = meaning(error)
        if named is not None:
            raise named from None
        if code in owners:
            raise Misconfigured(f"{owners_sentence} ({code}).") from None
        raise Unavailable(_sentence(service, verb, code)) from None
    except BotoCoreError as error:
        raise Unavailable(_sentence(service, verb, type(error).__name__)) from None


def _sentence(service: str, verb: str, why: str) -> str:
    return f"{service} cannot answer now ({f'{verb}: ' if verb else ''}{why})."

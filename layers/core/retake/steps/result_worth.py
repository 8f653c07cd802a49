"""What came in place of a video that plays: what it is worth, and how that is said.

All of it was paid for, so the best of what came is kept: more of a film before less of it, any film
before a web page.
"""

from retake.domain.edit import Edit
from retake.domain.errors import NotFootage
from retake.media.file_type import looks_like

HEAD_BYTES = 512
UNKNOWN = "of a kind not known here"
_FILM_WORDS = ("video", "stream", "Windows Media")


def worth(head: bytes, size_bytes: int) -> tuple[int, int]:
    """How good a file is by its first bytes and its size; more is better."""
    name = looks_like(head)
    kind = 2 if _is_film(name) else int(name == UNKNOWN and size_bytes > 0)
    return kind, size_bytes


def sentence_about(edit: Edit, refusal: NotFootage) -> str:
    """What is wrong with a result, for its owner. What a clip would need is no advice here."""
    name = refusal.found if isinstance(refusal.found, str) else ""
    if _is_film(name):
        return (
            f"What {edit.provider} delivered is {name}. This stack can look only into MP4 and MOV, "
            "so it was not checked; it may well play."
        )
    if name.startswith(("a ", "an ")):
        return f"What {edit.provider} delivered is {name} and no video."
    return f"What {edit.provider} delivered is not a usable video: {refusal}"


def _is_film(name: str) -> bool:
    return any(word in name for word in _FILM_WORDS)

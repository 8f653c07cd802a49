"""Keeping a film: copied once from where it was put together, marked, and found again."""

from retake.domain.edit import Edit
from retake.domain.errors import Unavailable
from retake.domain.result_keys import result_keys
from retake.domain.stored import required
from retake.media.ai_label import Marking
from retake.steps.result_extras import SavedResult
from retake.steps.save_result import ResultSaver, comment_on


def kept_film(edit: Edit, keeper: ResultSaver, *, now: float) -> SavedResult:
    """The film in its place, copied now or by an earlier run. `now` is Unix time.

    Raises Unavailable while it cannot be stored.
    """
    found = keeper.adopted(edit)
    if found is not None:
        return found
    whole = required(required(edit.film).whole)
    chunks, length = keeper.storage.stream(whole), whole.size_bytes
    if keeper.mark:
        marking = Marking(chunks, comment_on(edit, now))
        chunks, length = iter(marking), length + marking.growth_bytes
    key, _ = result_keys(edit)
    found = keeper.adopted(edit, keeper.storage.save(keeper.bucket, key, chunks, length=length))
    if found is None:
        raise Unavailable("The film that was put together cannot be read where it was stored.")
    return found

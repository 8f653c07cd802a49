"""Which model may take an edit that another one proved not to take."""

from collections.abc import Sequence

from retake.catalog.admission import admit_clip, admit_request
from retake.catalog.models import MODELS
from retake.catalog.schema import Model
from retake.domain.edit import Edit
from retake.domain.errors import Refused
from retake.domain.footage import Footage
from retake.domain.stored import required
from retake.providers.contract import Verdict

# Proven refusals that another provider need not share. Never after an ambiguous submit, which may
# be running, and never after moderation, which is not to be shopped around.
FAILOVER_VERDICTS = frozenset(
    {
        Verdict.NO_CREDIT,
        Verdict.BAD_KEY,
        Verdict.GONE,
        Verdict.RATE_LIMITED,
        Verdict.NOT_SENT,
    }
)


def next_model(edit: Edit, model_order: Sequence[str]) -> Model | None:
    """The next model of the stack's order that may take this edit; None when there is none.

    Only for requests that left the model to the stack, only a model of the same operation that
    was not tried, and only if it admits the request and the clip.
    """
    request = required(edit.request)
    if request.model is not None:
        return None
    tried = {edit.model, *(each["model"] for each in edit.attempts)}
    for key in model_order:
        model = MODELS.get(key)
        if model is None or key in tried or model.operation is not edit.operation:
            continue
        try:
            admit_request(request, model, has_source=edit.source is not None)
            if edit.footage:
                admit_clip(Footage(**edit.footage), request, model)
        except Refused:
            continue
        return model
    return None

"""P10: from an upload to the paid call, and from the provider's call to the message, by part."""

import time
from collections.abc import Sequence

from retake.domain.stored import moment

from bench.figures import Figure, Part, Row
from bench.observed import CALLED, Observed, observed
from bench.orchestration import PARAMETERS

TO_SUBMIT = "upload to POST"
TO_MESSAGE = "call to message"
Times = dict[str, float]


def measure(quick: bool) -> Part:
    stacks, edits = (1, 4) if quick else (3, 12)
    cold: list[Times] = []
    warm: list[Times] = []
    for _ in range(stacks):
        with observed(parameters=PARAMETERS, counted=False) as seen:
            cold.append(_one(seen))
            seen.warm(CALLED)
            warm += [_one(seen) for _ in range(edits)]
    rows = [_row("warm", warm, warm), _row("cold", cold, warm)]
    notes = (
        f"{len(warm)} edits one after another, and the first of {stacks} fresh stacks, whose "
        "functions have no process yet. On the local engine, whose own answers take longer than "
        "AWS's and whose queue asks by its own clock: the parts say where time goes, not how "
        "long AWS takes.",
        "The upload is there when S3 has answered it; the queue and Intake follow until the "
        "record is written, Validate until its decision is, the intent before a byte leaves, the "
        "POST when the provider has it. The call counts from the job's end at the provider; then "
        "somebody is woken, asks and begins the copy; the copy is stored, looked into, and its "
        "poster and page made; at last the message is out.",
        "No part of it waits for a time of ours: the queue has no batching window, a call leads to "
        "Persist without a state between, Submit reads what it needs in one request. One does in "
        "the cold row: nobody relies on the calls of a provider that has never called, so the very "
        "first edit is asked about after FirstPollSeconds, here "
        f"{PARAMETERS['FirstPollSeconds']} s, and its job is over before.",
    )
    return Part("p10", "Time to submit, and to the message", "the same, warm", rows, notes)


def _one(seen: Observed) -> Times:
    dropped = time.time()
    (edit,) = seen.run(CALLED, [1])
    record = edit.record
    (accepted, *_) = seen.simulators.ledger.entries(
        None, "accepted", str(record["provider_task_id"])
    )

    def at(name: str) -> float:
        return moment(record[name]).timestamp()

    return {
        TO_SUBMIT: accepted.at - dropped,
        "event, queue, Intake": at("created_at") - dropped,
        "Validate": at("validated_at") - at("created_at"),
        "intent": at("submit_started_at") - at("validated_at"),
        "POST": accepted.at - at("submit_started_at"),
        TO_MESSAGE: edit.known_at - edit.finished_there,
        "call, wake, question": at("saving_at") - edit.finished_there,
        "copy, look, page": at("finished_at") - at("saving_at"),
        "message": edit.known_at - at("finished_at"),
    }


def _row(what: str, times: Sequence[Times], reference: Sequence[Times]) -> Row:
    usual = Figure.of([each[TO_SUBMIT] for each in reference], "s").median
    figures = {name: Figure.of([each[name] for each in times], "s") for name in times[0]}
    return Row(what, figures, Figure.of([each[TO_SUBMIT] / usual for each in times], "×"))

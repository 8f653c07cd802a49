"""Answers as real services gave them, served by name in place of a simulator's own words.

They come from the file by which the adapters are judged, so that a simulator does not speak the
adapters' own list of words. `$LINK` and `$ID` in them stand for the job's result and id.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from local.simulators.exchange import HttpReply

PATH = Path(__file__).parents[2] / "tests" / "payloads" / "answers.json"
ANY = "*"
# fal tells a result apart from its status; both are answers to one question.
ASKED_AS = {"submit": "submit", "poll": "poll", "result": "poll"}


@cache
def _all() -> dict[tuple[str, str, str], dict[str, Any]]:
    cases = json.loads(PATH.read_text())
    return {(case["provider"], case["call"], case["name"]): case for case in cases}


def names(call: str, provider: str | None = None) -> list[str]:
    """The names of the answers to a call, of one provider or of all."""
    asked = ASKED_AS[call]
    return [
        name
        for owner, kind, name in _all()
        if kind == asked and (provider is None or owner in (provider, ANY))
    ]


def is_accepted(name: str) -> bool:
    """Whether a submit that is answered so was taken, as far as its answer says."""
    wanted = [
        case["want"]
        for (_, call, known), case in _all().items()
        if (call, known) == ("submit", name)
    ]
    return any("ACCEPTED" in want for want in wanted)


def reply(provider: str, call: str, name: str, number: int, job_id: str, link: str) -> HttpReply:
    """The answer to the call of this number, from 1; the last one is repeated for ever.

    Raises ValueError for an answer that this provider has not.
    """
    asked = ASKED_AS[call]
    case = _all().get((provider, asked, name)) or _all().get((ANY, asked, name))
    if case is None:
        raise ValueError(f"{provider} has no answer {name!r} to {call}")
    answers = case["answers"]
    if provider == "fal":
        answer = answers[-1] if call == "result" else answers[0]
    else:
        answer = answers[min(number, len(answers)) - 1]
    is_text = "text" in answer
    body = answer["text"] if is_text else json.dumps(answer["json"])
    body = body.replace("$LINK", link).replace("$ID", job_id)
    kind = "text/html" if is_text else "application/json"
    return HttpReply(
        answer["status"], body.encode(), {"Content-Type": kind, **answer.get("headers", {})}
    )

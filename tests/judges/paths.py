"""The ways an edit can take through the workflow, as answers of the states that call something.

The form is that of mocked service integrations (Step Functions Developer Guide, "Using mocked
service integrations"), which both interpreters read: by state, what each call gives or throws.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.template_reader import states

MACHINE = "edit-video"
GIVEN = {"edit_id": "e-1"}
FOR_EVER = "0-999"
CRASH = {"Throw": {"Error": "Lambda.Unknown", "Cause": "the sandbox died"}}
Answers = Mapping[str, Mapping[str, Any]]


def gives(*next_states: str) -> dict[str, Any]:
    """A function's answers, one call after the other: which state shall come."""
    return {
        str(number): {"Return": {"Payload": {**GIVEN, "next": word, "wait_seconds": 1}}}
        for number, word in enumerate(next_states)
    }


def throws(name: str, times: str = FOR_EVER) -> dict[str, Any]:
    return {times: {"Throw": {"Error": name, "Cause": "as it happens"}}}


SAVED = {"0": {"Return": {"Payload": {**GIVEN, "notification_id": "e-1.succeeded"}}}}
OF_AN_OLDER_VERSION = {"0": {"Return": {"Payload": GIVEN}}}
# What every state answers where the path says nothing else.
USUALLY: Answers = {
    "Validate": gives("SUBMIT"),
    "Submit": gives("POLL"),
    "Fit": gives("SUBMIT"),
    "Poll": gives("PERSIST"),
    "Persist": SAVED,
    "Give Up": SAVED,
    "Wait For Callback": {"0": {"Return": {}}},
    "Wait For Turn": {"0": {"Return": {}}},
    "Wait For Settings": {"0": {"Return": {}}},
    "Confirm Notice": {"0": {"Return": {}}},
}


@dataclass(frozen=True)
class Path:
    """One way, and how it ends."""

    name: str
    answers: Answers = field(default_factory=dict)
    through: tuple[str, ...] = ()
    status: str = "SUCCEEDED"


PATHS = (
    Path("polled twice", {"Poll": gives("POLL", "PERSIST")}, ("Wait To Poll",)),
    Path(
        "settled and fitted",
        {
            "Validate": gives("SUBMIT", "SUBMIT"),
            "Submit": gives("SETTLE", "FIT", "POLL"),
        },
        ("Wait For Settings", "Fit"),
    ),
    Path("its turn came", {"Submit": gives("TURN", "POLL")}, ("Wait For Turn",)),
    Path(
        "its turn had come before it waited",
        {
            "Submit": gives("TURN", "POLL"),
            "Wait For Turn": throws("DynamoDb.ConditionalCheckFailedException"),
        },
        ("Wait For Turn",),
    ),
    Path("offered again", {"Submit": gives("SUBMIT", "POLL")}, ("Wait To Submit",)),
    Path("refused", {"Submit": gives("PERSIST")}, ("Persist",)),
    Path("called", {"Submit": gives("LISTEN")}, ("Wait For Callback",)),
    Path(
        "called too early",
        {"Submit": gives("LISTEN"), "Persist": throws("NotDone", "0") | {"1": SAVED["0"]}},
        ("Wait For Callback", "Poll"),
    ),
    Path(
        "listened in vain",
        {"Submit": gives("LISTEN"), "Wait For Callback": throws("States.Timeout")},
        ("Wait For Callback",),
    ),
    Path(
        "called before",
        {
            "Submit": gives("LISTEN"),
            "Wait For Callback": throws("DynamoDb.ConditionalCheckFailedException"),
        },
        ("Wait For Callback",),
    ),
    Path(
        "could not listen",
        {"Submit": gives("LISTEN"), "Wait For Callback": throws("DynamoDb.AccessDenied")},
        ("Wait For Callback", "Wait To Poll"),
    ),
    Path("a submit that died", {"Submit": {"0": CRASH}}, ("Poll",)),
    Path("a validate that fails", {"Validate": throws("Misconfigured")}, ("Persist",)),
    Path("a persist that crashes", {"Persist": {FOR_EVER: CRASH}}, ("Give Up",)),
    Path(
        "both persists fail",
        {"Persist": throws("Misconfigured"), "Give Up": throws("Misconfigured")},
        ("Left To Sweep",),
        "FAILED",
    ),
    Path("an unknown edit is asked about", {"Poll": throws("UnknownEdit")}, ("Persist",)),
    Path(
        "nothing can be confirmed",
        {"Confirm Notice": throws("States.Timeout")},
        ("Left To Sweep",),
        "FAILED",
    ),
)

# By one interpreter only: the engine has a state that throws throw for ever.
TRIED_AGAIN = Path(
    "tried again",
    {
        "Validate": throws("Unavailable", "0-2") | {"3": gives("SUBMIT")["0"]},
        "Poll": {"0-1": CRASH, "2": gives("PERSIST")["0"]},
        "Persist": throws("LostRace", "0-1") | {"2": SAVED["0"]},
    },
)
# The engine fills in no arguments of a call that is mocked, and so misses what is not there.
UNPUBLISHED = Path(
    "nothing was published",
    {"Persist": OF_AN_OLDER_VERSION},
    ("Confirm Notice", "Left To Sweep"),
    "FAILED",
)
# How AWS and our own code name what a retry may mend ("Handling errors in Step Functions
# workflows"; what Lambda says of a function that died), and what none can.
MENDABLE = (
    *("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"),
    *("Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException"),
    *("Lambda.Unknown", "Lambda.KMSAccessDeniedException", "Sandbox.Timedout"),
    *("Runtime.ExitError", "Runtime.OutOfMemory", "States.Timeout", "States.TaskFailed"),
    *("Unavailable", "LostRace", "KeyError"),
)
FINAL = ("UnknownEdit", "IncompleteRecord", "Unwritable")
PATIENT = {"Poll": "Persist", "Persist": "Give Up", "Give Up": "Left To Sweep"}


def _befalling(state: str, said: Mapping[str, Any], name: str, *through: str) -> Path:
    before = {"Persist": {"0": throws("UnknownEdit")[FOR_EVER]}} if state == "Give Up" else {}
    status = "FAILED" if "Left To Sweep" in through else "SUCCEEDED"
    return Path(f"{name} in {state}", {**before, state: said}, (state, *through), status)


STUMBLING = tuple(
    _befalling(state, throws(name, "0-1") | {"2": USUALLY[state]["0"]}, name)
    for state in PATIENT
    for name in MENDABLE
)
# One answer: whoever calls once more than that finds none.
GIVEN_UP = (
    UNPUBLISHED,
    *(
        _befalling(state, throws(name, "0"), name, caught)
        for state, caught in PATIENT.items()
        for name in FINAL
    ),
)
BY_MOTO_ALONE = (TRIED_AGAIN, *STUMBLING, *GIVEN_UP)


def answers(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What each state that calls something answers on this path."""
    for state in states("Task"):
        yield state, path.answers.get(state, USUALLY[state])


def configuration() -> dict[str, Any]:
    """All of it in one file of the documented form."""
    cases: dict[str, dict[str, str]] = {}
    responses: dict[str, Any] = {}
    for number, path in enumerate((*PATHS, *BY_MOTO_ALONE)):
        case = cases[case_name(path)] = {}
        for state, said in answers(path):
            case[state] = f"{number}-{state}"
            responses[case[state]] = said
    return {"StateMachines": {MACHINE: {"TestCases": cases}}, "MockedResponses": responses}


def case_name(path: Path) -> str:
    return path.name.replace(" ", "_").replace(".", "-")

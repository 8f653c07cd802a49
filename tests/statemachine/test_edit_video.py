"""The workflow as a graph: linters of SAM templates do not look inside it."""

import inspect
import json
from typing import Any

import pytest
import retake.aws.dynamodb
import retake.domain.errors
import retake.domain.stored
import retake.records.queries
from retake.steps.outcome import Next

from tests.support.template_reader import (
    ROOT,
    WORKFLOW,
    function_of,
    names_to_fill,
    of_type,
    states,
    substitutions,
    successors,
    template,
    workflow,
)

TASKS = sorted(states("Task"))
CALLS = sorted(name for name, state in states("Task").items() if function_of(state))
# Errors in which Lambda itself did not run the function, or says so: the paid call may be retried
# on these and on nothing else.
SAFE_FOR_SUBMIT = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
}
# Functions that are no step of the workflow: they start it or speak to it from outside.
DOORS = {"intake", "callback", "api", "approve", "sweep", "erase", "share", "webhook"}
LISTENING = "Wait For Callback"
IN_LINE = "Wait For Turn"
SETTLING = "Wait For Settings"
NEXT_POLL = "{% $states.input.wait_seconds %}"
OF_AWS = ("States.", "Lambda.", "Sandbox.", "SNS.", "DynamoDB.", "DynamoDb.", "Runtime.")


def reached(start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += successors(states()[name])
    return seen


def test_every_way_leads_to_a_state_that_exists() -> None:
    targets = {target for state in states().values() for target in successors(state)}

    assert targets <= states().keys()


def test_every_state_can_be_reached() -> None:
    assert reached(workflow()["StartAt"]) == states().keys()


def test_every_state_leads_to_an_end() -> None:
    ends = {name for name, it in states().items() if it.get("End") or it["Type"] == "Fail"}

    stuck = {name for name in states() if not reached(name) & ends}

    assert not stuck


def test_every_choice_has_a_way_for_what_nobody_thought_of() -> None:
    for choice in states("Choice").values():
        assert "Default" in choice


def test_the_choice_reads_only_words_that_the_steps_can_say() -> None:
    conditions = [
        case["Condition"] for choice in states("Choice").values() for case in choice["Choices"]
    ]

    read = {condition.split("'")[1] for condition in conditions}

    assert read == set(Next) - {Next.WAIT}  # the default


def test_every_name_in_the_workflow_is_filled_by_the_template_and_no_other() -> None:
    assert names_to_fill() == substitutions().keys()


def test_the_workflow_is_the_one_the_template_deploys() -> None:
    machine = of_type("AWS::Serverless::StateMachine")["EditStateMachine"]

    assert machine["DefinitionUri"] == WORKFLOW
    assert machine["Type"] == "STANDARD"
    assert workflow()["QueryLanguage"] == "JSONata"


def test_every_custom_error_is_a_class_of_the_package() -> None:
    named = {
        error
        for state in states("Task").values()
        for rule in (*state["Retry"], *state["Catch"])
        for error in rule["ErrorEquals"]
        if not error.startswith(OF_AWS)
    }

    homes = (
        retake.domain.errors,
        retake.domain.stored,
        retake.records.queries,
        retake.aws.dynamodb,
    )
    known = {name for home in homes for name, _ in inspect.getmembers(home, inspect.isclass)}

    assert named
    assert named <= known


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_time_limit_retries_and_a_way_out(name: str) -> None:
    task = states()[name]

    asleep = name in (LISTENING, IN_LINE, SETTLING)
    assert task["TimeoutSeconds"] == NEXT_POLL if asleep else task["TimeoutSeconds"] > 0
    assert task["Retry"]
    assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("name", TASKS)
def test_every_retry_backs_off_with_jitter_and_a_ceiling(name: str) -> None:
    for rule in states()[name]["Retry"]:
        if rule["MaxAttempts"] == 0:  # what no retry can mend
            continue
        assert rule["BackoffRate"] > 1
        assert rule["JitterStrategy"] == "FULL"
        assert rule["IntervalSeconds"] <= rule["MaxDelaySeconds"]
        assert rule["MaxAttempts"] > 0


@pytest.mark.parametrize("name", TASKS)
def test_states_all_stands_alone_and_last(name: str) -> None:
    for rules in (states()[name]["Retry"], states()[name]["Catch"]):
        catch_all = [n for n, rule in enumerate(rules) if "States.ALL" in rule["ErrorEquals"]]

        assert catch_all in ([], [len(rules) - 1])
        assert all(rules[n]["ErrorEquals"] == ["States.ALL"] for n in catch_all)


def test_submit_is_retried_only_where_lambda_did_not_run_it() -> None:
    submitting = [s for s in states("Task").values() if function_of(s) == "SubmitFunction"]

    for state in submitting:
        retried = {error for rule in state["Retry"] for error in rule["ErrorEquals"]}
        assert retried == SAFE_FOR_SUBMIT
    assert len(submitting) == 1


@pytest.mark.parametrize("name", CALLS)
def test_a_state_outlasts_its_function_so_that_no_second_one_starts_beside_it(name: str) -> None:
    state = states()[name]
    function = template()["Resources"][function_of(state)]

    assert state["TimeoutSeconds"] > function["Properties"]["Timeout"]


def test_the_workflow_outlasts_the_longest_deadline_and_the_saving_after_it() -> None:
    deadline = template()["Parameters"]["DeadlineSeconds"]["MaxValue"]
    closing = [states()[name] for name in ("Persist", "Give Up", "Confirm Notice")]

    assert workflow()["TimeoutSeconds"] > deadline + sum(s["TimeoutSeconds"] for s in closing)


@pytest.mark.parametrize("name", CALLS)
def test_a_function_gets_and_gives_nothing_but_what_travels(name: str) -> None:
    state = states()[name]

    assert state["Arguments"].keys() == {"FunctionName", "Payload"}
    assert state["Arguments"]["Payload"] == "{% $states.input %}"
    assert state["Output"] == "{% $states.result.Payload %}"


@pytest.mark.parametrize("name", sorted({*TASKS} - {LISTENING, IN_LINE, SETTLING}))
def test_an_error_travels_by_name_never_by_its_text(name: str) -> None:
    for rule in states()[name]["Catch"]:
        if rule["ErrorEquals"] == ["NotDone"]:
            assert (name, rule["Next"]) == ("Persist", "Poll")  # no error of the edit
            continue
        assert rule["Output"] == {
            "edit_id": "{% $states.input.edit_id %}",
            "error": {"name": "{% $states.errorOutput.Error %}"},
        }


def test_no_state_names_what_must_not_stay_in_the_history() -> None:
    text = json.dumps([_without_comment(state) for state in states().values()]).lower()

    for word in ("url", "prompt", "secret", "presigned", "authorization", "errorOutput.Cause"):
        assert word.lower() not in text


def _without_comment(state: Any) -> Any:
    return {key: value for key, value in state.items() if key != "Comment"}


def test_a_step_that_lost_a_race_reads_again_what_the_winner_wrote() -> None:
    for name in ("Validate", "Poll", "Persist", "Give Up"):
        retried = {error for rule in states()[name]["Retry"] for error in rule["ErrorEquals"]}

        assert {"LostRace", "Unavailable"} <= retried or "States.ALL" in retried


@pytest.mark.parametrize("name", ["Poll", "Persist", "Give Up"])
def test_where_a_paid_result_waits_whatever_breaks_is_tried_again_for_hours(name: str) -> None:
    final, _, patient = states()[name]["Retry"]
    waits = [
        min(
            patient["IntervalSeconds"] * patient["BackoffRate"] ** tried, patient["MaxDelaySeconds"]
        )
        for tried in range(patient["MaxAttempts"])
    ]

    assert patient["ErrorEquals"] == ["States.ALL"]
    assert sum(waits) / 2 > 4 * 3600  # of the jitter, the half
    assert not any(error.startswith(OF_AWS) for error in final["ErrorEquals"])


def test_whatever_fails_before_the_end_comes_to_persist() -> None:
    # Submit hands over to Poll, because the record knows whether anything was sent.
    caught = {name: states()[name]["Catch"][-1]["Next"] for name in ("Validate", "Submit", "Poll")}

    assert caught == {"Validate": "Persist", "Submit": "Poll", "Poll": "Persist"}
    assert states()["Persist"]["Catch"][-1]["Next"] == "Give Up"
    assert function_of(states()["Give Up"]) == "PersistFunction"


@pytest.mark.parametrize(
    "name", sorted(app.parent.name for app in (ROOT / "functions").glob("*/app.py"))
)
def test_one_word_names_folder_resource_substitution_and_state(name: str) -> None:
    word = name.capitalize()
    resource = template()["Resources"][f"{word}Function"]["Properties"]

    assert resource["CodeUri"] == f"functions/{name}"
    if name in DOORS:
        return
    assert substitutions()[f"{word}FunctionArn"] == {"Fn::GetAtt": [f"{word}Function", "Arn"]}
    assert function_of(states()[word]) == f"{word}Function"


@pytest.mark.parametrize("name", sorted(states()))
def test_every_state_says_why_it_is_there(name: str) -> None:
    assert len(states()[name]["Comment"]) > 40


@pytest.mark.parametrize("name", TASKS)
def test_a_task_calls_only_what_the_machine_may_call(name: str) -> None:
    assert states()[name]["Resource"] in {
        "arn:aws:states:::lambda:invoke",
        "arn:aws:states:::dynamodb:updateItem",
        "arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken",
    }

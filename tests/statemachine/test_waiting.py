"""How long the workflow waits, and that its history holds all of it."""

import pytest
from retake.steps.poll import BUSY, BUSY_SECONDS, MAX_POLLS, wait_seconds

from tests.support.template_reader import function_of, states, template, workflow

# "Quotas related to state machine executions", AWS Step Functions developer guide.
MAX_EVENTS = 25_000
MOST_ATTEMPTS = 99_999_999  # "Retrying after an error" there
# Entered, Scheduled, Started, Succeeded, Exited: a task. Entered, Exited: any other state.
EVENTS_OF = {"Task": 5, "Wait": 2, "Choice": 2}
EVENTS_OF_A_RETRY = 3  # Scheduled, Started, Failed

CALLS = sorted(name for name, state in states("Task").items() if function_of(state))


@pytest.mark.parametrize("name", CALLS)
def test_a_busy_function_is_waited_for_by_time_and_not_by_a_count_of_tries(name: str) -> None:
    (busy,) = (it for it in states()[name]["Retry"] if BUSY in it["ErrorEquals"])

    assert busy["ErrorEquals"] == [BUSY]
    assert busy["MaxAttempts"] == MOST_ATTEMPTS
    assert "States.ALL" not in states()[name]["Retry"][0]["ErrorEquals"]


def test_an_edit_waits_for_a_stopped_function_as_long_as_an_upload_in_the_queue() -> None:
    queue = template()["Resources"]["IntakeQueue"]["Properties"]
    deadline = template()["Parameters"]["DeadlineSeconds"]["MaxValue"]
    after = workflow()["TimeoutSeconds"] - queue["MessageRetentionPeriod"]

    assert queue["MessageRetentionPeriod"] == BUSY_SECONDS
    assert after > deadline


def test_the_longest_edit_by_the_template_s_defaults_stays_below_the_limit_of_events() -> None:
    parameters = template()["Parameters"]
    first, most = (parameters[name]["Default"] for name in ("FirstPollSeconds", "MaxPollSeconds"))
    age, polls = 0, 0
    while age < parameters["DeadlineSeconds"]["MaxValue"]:
        age += wait_seconds(age, first=first, maximum=most)
        polls += 1
    polls = min(polls, MAX_POLLS)

    loop = sum(
        EVENTS_OF[states()[name]["Type"]] for name in ("Wait To Poll", "Poll", "Is It Done?")
    )
    once = sum(
        EVENTS_OF[state["Type"]] for state in states("Task").values()
    ) + EVENTS_OF_A_RETRY * sum(
        rule["MaxAttempts"]
        for state in states("Task").values()
        for rule in state["Retry"]
        if BUSY not in rule["ErrorEquals"]
    )
    # Of the jitter, the half. A function that is busy for longer than uploads wait and edits run
    # is not waited for by one execution: its history ends, and the sweep begins another.
    (longest,) = {
        rule["MaxDelaySeconds"]
        for state in states("Task").values()
        for rule in state["Retry"]
        if BUSY in rule["ErrorEquals"]
    }
    deadline = parameters["DeadlineSeconds"]["MaxValue"]
    busy = EVENTS_OF_A_RETRY * (BUSY_SECONDS + deadline) / (longest / 2)
    # Every poll once more because Lambda stumbled, every state once with all its retries, and busy
    # functions for all of its time.
    assert polls * (loop + EVENTS_OF_A_RETRY) + once + busy < MAX_EVENTS

"""The states that wait for a word from outside, and how each wait ends."""

import pytest

from tests.support.template_reader import states

LISTENING = "Wait For Callback"
IN_LINE = "Wait For Turn"
SETTLING = "Wait For Settings"


@pytest.mark.parametrize(("name", "next_state"), [(IN_LINE, "Submit"), (SETTLING, "Validate")])
def test_whatever_ends_a_wait_leads_on_and_no_trouble_leads_there_at_once(
    name: str, next_state: str
) -> None:
    waiting = states()[name]
    over, trouble = waiting["Catch"]

    assert waiting["Next"] == over["Next"] == next_state
    assert {"States.Timeout", "DynamoDb.ConditionalCheckFailedException"} <= {*over["ErrorEquals"]}
    assert (trouble["Next"], trouble["Output"]["wait_seconds"]) == ("Wait To Submit", 60)
    assert waiting["Arguments"]["ConditionExpression"] == "attribute_exists(waits_for)"


def test_whatever_ends_the_listening_leads_to_a_question() -> None:
    listening = states()[LISTENING]
    called, over, trouble = listening["Catch"]

    assert listening["Next"] == called["Next"] == "Persist"
    assert "DynamoDb.ConditionalCheckFailedException" in called["ErrorEquals"]
    assert (over["ErrorEquals"], over["Next"]) == (["States.Timeout"], "Poll")
    assert (trouble["Next"], trouble["Output"]) == ("Wait To Poll", "{% $states.input %}")
    assert listening["Arguments"]["ExpressionAttributeValues"] == {
        ":token": {"S": "{% $states.context.Task.Token %}"}
    }

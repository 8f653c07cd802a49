"""What the workflow may do, and who may wake it."""

from tests.support.template_reader import listed, of_type, roles, statements, transformed

# The doors by which providers and callers come, whoever may free a slot for the next in line, and
# whoever decides the end of an edit that waits for its settings.
WAKING = {
    f"{word}FunctionRole"
    for word in ("Api", "Approve", "Callback", "Validate", "Submit", "Poll", "Persist", "Sweep")
}


def test_only_doors_and_who_ends_a_wait_may_wake_the_workflow_and_no_other_machine() -> None:
    waking = {
        role: listed(statement["Resource"])
        for role in roles()
        for statement in statements(role)
        if "states:SendTaskSuccess" in listed(statement["Action"])
    }

    machine = of_type("AWS::StepFunctions::StateMachine", source=transformed())["EditStateMachine"]
    assert waking.keys() == WAKING
    assert waking.pop("SweepFunctionRole") == [{"Ref": "EditStateMachine"}]
    for (resource,) in waking.values():
        name = machine["StateMachineName"]["Fn::Sub"]
        assert resource["Fn::Sub"].endswith(f":stateMachine:{name}")


def test_the_workflow_may_call_its_five_steps_and_mark_and_nothing_else() -> None:
    granted = {
        action: listed(statement["Resource"])
        for statement in statements("EditStateMachineRole")
        for action in listed(statement["Action"])
        if not action.startswith("logs:")
    }

    assert granted == {
        "lambda:InvokeFunction": [
            {"Fn::GetAtt": [f"{word}Function", "Arn"]}
            for word in ("Validate", "Fit", "Submit", "Poll", "Persist")
        ],
        "dynamodb:UpdateItem": [{"Fn::GetAtt": ["EditTable", "Arn"]}],
    }

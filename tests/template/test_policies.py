"""Who may do what, read from the roles that CloudFormation would create."""

import pytest

from tests.blueprint import actions, listed, of_type, roles, statements, transformed

# A wildcard needs a reason, and this is where it is given.
WILDCARDS = {
    ("EditStateMachineRole", "logs:"): "Log delivery knows no resources, says the guide to logging",
}
# Policies of AWS that SAM attaches, and what for.
MANAGED = {
    "service-role/AWSLambdaBasicExecutionRole": "write log lines",
    "service-role/AWSLambdaSQSQueueExecutionRole": "take messages from a queue",
    "AWSXrayWriteOnlyAccess": "write traces",
}
PROVIDER_SECRETS = [{"Ref": f"{name}Secret"} for name in ("Novita", "Evolink", "Aimlapi", "Fal")]
# The whole of what each role may do, apart from the managed policies. A new action belongs here
# and in the template, with a reason there.
MAY = {
    "IntakeFunctionRole": {"dynamodb:GetItem", "dynamodb:UpdateItem", "states:StartExecution"},
    "ValidateFunctionRole": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
    },
    "SubmitFunctionRole": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "secretsmanager:GetSecretValue",
    },
    "SweepFunctionRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "s3:ListBucketVersions",
        "sns:Publish",
        "states:DescribeExecution",
        "states:StartExecution",
    },
    "PollFunctionRole": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
    },
    "PersistFunctionRole": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
    },
}


def test_every_function_and_the_workflow_have_a_role_of_their_own() -> None:
    functions = of_type("AWS::Lambda::Function", source=transformed())
    machines = of_type("AWS::StepFunctions::StateMachine", source=transformed())

    used = [it["Role"]["Fn::GetAtt"][0] for it in functions.values()]
    used += [it["RoleArn"]["Fn::GetAtt"][0] for it in machines.values()]

    assert sorted(used) == roles()


@pytest.mark.parametrize("role", sorted(MAY))
def test_a_function_may_do_what_is_listed_and_nothing_else(role: str) -> None:
    assert actions(role) == MAY[role]


def test_no_role_is_missing_from_the_list() -> None:
    assert {*MAY, "EditStateMachineRole"} == set(roles())


@pytest.mark.parametrize("role", roles())
def test_no_role_has_a_wildcard_without_a_reason(role: str) -> None:
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            assert "*" not in action
            if "*" in listed(statement["Resource"]):
                service = action.split(":")[0] + ":"
                assert (role, service) in WILDCARDS


@pytest.mark.parametrize("role", roles())
def test_a_role_carries_only_managed_policies_with_a_reason(role: str) -> None:
    attached = of_type("AWS::IAM::Role", source=transformed())[role]["ManagedPolicyArns"]

    for arn in attached:
        assert arn.partition(":policy/")[2] in MANAGED


def test_nobody_may_write_into_the_inbox() -> None:
    # An edit that could put a clip there could start another, and each is paid for.
    writing = {
        (role, action)
        for role in roles()
        for statement in statements(role)
        for action in listed(statement["Action"])
        if action.startswith(("s3:Put", "s3:Delete", "s3:Abort", "s3:Restore"))
        and "InboxBucket" in str(statement["Resource"])
    }

    assert not writing


def test_only_persist_may_write_objects_and_only_below_edited() -> None:
    written = {
        (role, str(statement["Resource"]))
        for role in roles()
        for statement in statements(role)
        for action in listed(statement["Action"])
        if action.startswith(("s3:Put", "s3:Delete", "s3:Abort"))
    }

    assert written == {("PersistFunctionRole", str({"Fn::Sub": "${ResultsBucket.Arn}/edited/*"}))}


def test_only_those_who_talk_to_providers_may_read_their_keys() -> None:
    readers = {
        role: listed(statement["Resource"])
        for role in roles()
        for statement in statements(role)
        if "secretsmanager:GetSecretValue" in listed(statement["Action"])
    }

    assert readers.keys() == {"SubmitFunctionRole", "PollFunctionRole", "PersistFunctionRole"}
    assert all(resources == PROVIDER_SECRETS for resources in readers.values())


def test_the_workflow_may_call_its_four_steps_publish_and_mark_and_nothing_else() -> None:
    granted = {
        action: listed(statement["Resource"])
        for statement in statements("EditStateMachineRole")
        for action in listed(statement["Action"])
        if not action.startswith("logs:")
    }

    assert granted == {
        "lambda:InvokeFunction": [
            {"Fn::GetAtt": [f"{word}Function", "Arn"]}
            for word in ("Validate", "Submit", "Poll", "Persist")
        ],
        "sns:Publish": [{"Ref": "CompletionTopic"}],
        "dynamodb:UpdateItem": [{"Fn::GetAtt": ["EditTable", "Arn"]}],
    }


@pytest.mark.parametrize("role", roles())
def test_a_role_can_be_taken_on_by_its_own_service_only(role: str) -> None:
    trust = of_type("AWS::IAM::Role", source=transformed())[role]["AssumeRolePolicyDocument"]

    (statement,) = trust["Statement"]
    service = "states.amazonaws.com" if role == "EditStateMachineRole" else "lambda.amazonaws.com"
    assert statement["Principal"] == {"Service": [service]}

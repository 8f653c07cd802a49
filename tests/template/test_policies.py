"""Who may do what, read from the roles that CloudFormation would create."""

import pytest
from retake.providers.base import Provider
from retake.providers.registry import PROVIDERS

from tests.support.template_reader import actions, listed, of_type, roles, statements, transformed

# A wildcard needs a reason, and this is where it is given.
WILDCARDS = {
    ("EditStateMachineRole", "logs:"): "Log delivery knows no resources, says the guide to logging",
}
# Policies of AWS that SAM attaches, and what for.
MANAGED = {
    "service-role/AWSLambdaBasicExecutionRole": "write log lines",
    "service-role/AWSLambdaSQSQueueExecutionRole": "take messages from a queue",
    "AWSXrayWriteOnlyAccess": "write traces",
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": "write the access log of the API",
}
# Of the providers that the stack has an address of.
PROVIDER_SECRETS = [
    {
        "Fn::If": [
            f"Uses{name.capitalize()}",
            {"Ref": f"{name.capitalize()}Secret"},
            {"Ref": "AWS::NoValue"},
        ]
    }
    for name in PROVIDERS
]
# Roles that are not a function's own, and who takes them on.
SERVICES = {
    "EditStateMachineRole": "states.amazonaws.com",
    "ApiLogRole": "apigateway.amazonaws.com",
}


# Each kind of link has its secret, read by who makes such links and who checks them.
LINKS = {
    "LinksSecret": {
        *("ApiFunctionRole", "PersistFunctionRole"),
        *("ShareFunctionRole", "WebhookFunctionRole"),
    },
    "WebhooksSecret": {"WebhookFunctionRole"},
    "BoardSecret": {"ShareFunctionRole"},
    "CallbacksSecret": {"SubmitFunctionRole", "CallbackFunctionRole"},
    "ApprovalsSecret": {"SubmitFunctionRole", "ApproveFunctionRole"},
}
# The providers that can be asked to forget: whoever erases needs no other key.
FORGETFUL = [
    {"Ref": f"{name.capitalize()}Secret"}
    for name, kind in PROVIDERS.items()
    if kind.forget is not Provider.forget
]
# The whole of what each role may do, apart from the managed policies. A new action belongs here
# and in the template, with a reason there.
MAY = {
    "ApiFunctionRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "lambda:InvokeFunction",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
        "sqs:SendMessage",
        "states:SendTaskSuccess",
    },
    "ApproveFunctionRole": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "states:SendTaskSuccess",
    },
    "CallbackFunctionRole": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "states:SendTaskSuccess",
    },
    "IntakeFunctionRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "s3:ListBucketVersions",
        "sqs:SendMessage",
        "states:StartExecution",
    },
    "ValidateFunctionRole": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:PutObject",
        "sqs:SendMessage",
        "states:SendTaskSuccess",
    },
    "FitFunctionRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:PutObject",
    },
    "SubmitFunctionRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "secretsmanager:GetSecretValue",
        "sns:Publish",
        "states:SendTaskSuccess",
        "sqs:SendMessage",
    },
    "EraseFunctionRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
        "secretsmanager:GetSecretValue",
    },
    "SweepFunctionRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "lambda:InvokeFunction",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "sns:Publish",
        "sqs:SendMessage",
        "states:DescribeExecution",
        "states:SendTaskSuccess",
        "states:StartExecution",
    },
    "ShareFunctionRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "secretsmanager:GetSecretValue",
    },
    "PollFunctionRole": {
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "states:SendTaskSuccess",
    },
    "PersistFunctionRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "lambda:InvokeFunction",
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:PutObject",
        "s3:PutObjectTagging",
        "secretsmanager:GetSecretValue",
        "sns:Publish",
        "states:SendTaskSuccess",
        "sqs:SendMessage",
    },
    "WebhookFunctionRole": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "sns:Publish",
        "sqs:SendMessage",
    },
}


def test_every_function_and_the_workflow_have_a_role_of_their_own() -> None:
    functions = of_type("AWS::Lambda::Function", source=transformed())
    machines = of_type("AWS::StepFunctions::StateMachine", source=transformed())

    used = ["ApiLogRole"]
    used += [it["Role"]["Fn::GetAtt"][0] for it in functions.values()]
    used += [it["RoleArn"]["Fn::GetAtt"][0] for it in machines.values()]

    assert sorted(used) == roles()


@pytest.mark.parametrize("role", sorted(MAY))
def test_a_function_may_do_what_is_listed_and_nothing_else(role: str) -> None:
    assert actions(role) == MAY[role]


def test_no_role_is_missing_from_the_list() -> None:
    assert {*MAY, *SERVICES} == set(roles())


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
        text = arn["Fn::Sub"] if isinstance(arn, dict) else arn
        assert text.partition(":policy/")[2] in MANAGED


def test_only_those_who_talk_to_providers_may_read_their_keys() -> None:
    readers = {
        role
        for role in roles()
        for statement in statements(role)
        if "secretsmanager:GetSecretValue" in listed(statement["Action"])
        and any(each in PROVIDER_SECRETS for each in listed(statement["Resource"]))
        and listed(statement["Resource"]) != FORGETFUL
    }

    assert readers == {"SubmitFunctionRole", "PollFunctionRole", "PersistFunctionRole"}
    for role in readers:
        assert PROVIDER_SECRETS in [listed(each["Resource"]) for each in statements(role)]
    assert FORGETFUL in [listed(each["Resource"]) for each in statements("EraseFunctionRole")]


@pytest.mark.parametrize("secret", sorted(LINKS))
def test_only_those_who_make_or_check_links_may_read_what_signs_them(secret: str) -> None:
    readers = {
        role
        for role in roles()
        for it in statements(role)
        if {"Ref": secret} in listed(it["Resource"])
    }

    assert readers == LINKS[secret]


@pytest.mark.parametrize("role", roles())
def test_a_role_can_be_taken_on_by_its_own_service_only(role: str) -> None:
    trust = of_type("AWS::IAM::Role", source=transformed())[role]["AssumeRolePolicyDocument"]

    (statement,) = trust["Statement"]
    service = SERVICES.get(role, "lambda.amazonaws.com")
    assert statement["Principal"] == {"Service": [service]}

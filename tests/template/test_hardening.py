"""What a stack can be hardened with: off it changes nothing, on it does what SECURITY.md says."""

import json
from typing import Any

import pytest
from retake.container import NEW_RESULT_HOST
from retake.providers.registry import PROVIDERS

from tests.least_privilege.intrinsics import Filled
from tests.support.template_reader import template
from tools.transformed import transformed

READERS = {"SubmitFunctionRole", "PollFunctionRole", "PersistFunctionRole"}
ROLE = "arn:aws:iam::111122223333:role/studio"
EVALUATOR: Any = pytest.importorskip("ministack.core.iam_evaluator")


def filled(**parameters: str) -> Filled:
    """The template as SAM, which puts parameters in itself, and CloudFormation make it."""
    given = json.loads(json.dumps(template()))
    for name, value in parameters.items():
        given["Parameters"][name]["Default"] = value
    return Filled(transformed(given), parameters)


def statements_of_the_api(**parameters: str) -> list[dict[str, Any]]:
    body = filled(**parameters).resources("AWS::ApiGateway::RestApi")["JobApi"]["Body"]
    found: list[dict[str, Any]] = body["x-amazon-apigateway-policy"]["Statement"]
    return found


def test_the_policy_of_the_api_opens_what_carries_a_proof_and_nothing_else() -> None:
    (only,) = statements_of_the_api()

    assert (only["Effect"], only["Principal"]) == ("Allow", "*")
    assert set(only["Resource"]) == {
        "execute-api:/v1/POST/callbacks/*",
        "execute-api:/v1/GET/share/*",
        "execute-api:/v1/HEAD/share/*",
        "execute-api:/v1/GET/board/*",
        "execute-api:/v1/GET/approvals/*",
        "execute-api:/v1/POST/approvals/*",
    }


def test_signed_calls_are_taken_from_named_addresses_only() -> None:
    open_routes, denied = statements_of_the_api(ApiSourceAddresses="203.0.113.0/24,2001:db8::/32")

    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert denied["NotResource"] == open_routes["Resource"]
    assert denied["Condition"] == {
        "NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}
    }


def test_other_accounts_are_admitted_by_their_number() -> None:
    _, admitted = statements_of_the_api(ApiAccounts="111122223333,444455556666")

    assert admitted["Effect"] == "Allow"
    assert admitted["Principal"] == {"AWS": ["111122223333", "444455556666"]}


def test_behind_vpc_endpoints_the_api_is_private_and_reached_through_these_only() -> None:
    ends = "vpce-0123456789abcdef0,vpce-0123456789abcdef1"
    _, denied = statements_of_the_api(ApiVpcEndpoints=ends)
    private = filled(ApiVpcEndpoints=ends).resources("AWS::ApiGateway::RestApi")["JobApi"]
    public = filled().resources("AWS::ApiGateway::RestApi")["JobApi"]

    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"StringNotEquals": {"aws:SourceVpce": ends.split(",")}}
    assert private["EndpointConfiguration"] == {
        "Types": ["PRIVATE"],
        "VpcEndpointIds": ends.split(","),
    }
    assert public["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


def test_a_web_acl_stands_before_the_whole_stage() -> None:
    acl = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/mine/0123-45"

    (firewall,) = filled(WebAclArn=acl).resources("AWS::WAFv2::WebACLAssociation").values()

    assert firewall["WebACLArn"] == acl
    assert firewall["ResourceArn"].endswith("/restapis/JobApi/stages/JobApiv1Stage")
    assert not filled().resources("AWS::WAFv2::WebACLAssociation")


@pytest.mark.parametrize(
    ("role", "key", "is_denied"),
    [
        (ROLE, "shots/clip.mp4.json", False),
        (ROLE, "presets/default.json", False),
        ("arn:aws:iam::111122223333:role/camera", "shots/clip.mp4.json", True),
        ("arn:aws:iam::111122223333:role/camera", "presets/default.json", True),
        ("arn:aws:iam::111122223333:role/camera", "shots/clip.mp4", False),
        ("arn:aws:iam::111122223333:role/camera", "shots/clip.mp4.JSON", True),
        ("arn:aws:iam::111122223333:role/camera", "shots/x.request.Json", True),
        ("arn:aws:iam::111122223333:role/camera", "shots/X.REQUEST.jSoN", True),
    ],
)
def test_settings_are_written_by_named_roles_only(role: str, key: str, is_denied: bool) -> None:
    policy = filled(SettingsRoleArns=ROLE).resources("AWS::S3::BucketPolicy")["InboxBucketPolicy"]
    _, ours = policy["PolicyDocument"]["Statement"]
    identity = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    # The evaluator knows no principals in policies of identities, which are always of the caller.
    named = {name: value for name, value in ours.items() if name != "Principal"}
    context = EVALUATOR.EvalContext(
        principal_arn=role,
        principal_type="AssumedRole",
        principal_account="111122223333",
        action="s3:PutObject",
        resource_arn=f"arn:aws:s3:::InboxBucket/{key}",
        region="us-east-1",
        service_context={"aws:PrincipalArn": role},
    )

    told = EVALUATOR.parse_policy_document(
        {"Version": "2012-10-17", "Statement": [identity, named]}
    )

    assert (str(EVALUATOR.evaluate(context, [told]).decision) == "Deny") is is_denied


def test_unless_roles_are_named_the_inbox_denies_plain_http_only() -> None:
    policy = filled().resources("AWS::S3::BucketPolicy")["InboxBucketPolicy"]

    assert [each["Sid"] for each in policy["PolicyDocument"]["Statement"]] == ["OnlyOverTls"]


@pytest.mark.long
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_without_an_address_takes_its_key_from_whoever_would_call_it(
    provider: str,
) -> None:
    secret = f"{provider.capitalize()}Secret"
    without = filled(**{f"{provider.capitalize()}BaseUrl": ""})

    assert {role for role in READERS if secret in keys_of(role, filled())} == READERS
    assert {role for role in READERS if secret in keys_of(role, without)} == set()


def keys_of(role: str, stack: Filled) -> set[str]:
    return {
        secret
        for policy in stack.resources("AWS::IAM::Role")[role]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "secretsmanager:GetSecretValue"
        for secret in [statement["Resource"]]
        for secret in (secret if isinstance(secret, list) else [secret])
    }


def test_a_result_from_a_host_that_is_not_known_raises_an_alarm() -> None:
    alarm = filled().resources("AWS::CloudWatch::Alarm")["ToBeMendedAlarm"]

    assert alarm["MetricName"] in NEW_RESULT_HOST

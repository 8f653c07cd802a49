"""The API in the template: every route behind IAM but those with a proof; nothing loggable."""

import re
from typing import Any

import pytest
from retake.api.openapi import CONTRACT

from tests.support.template_reader import FUNCTION, of_type, template, transformed

# Whoever comes here proves itself by what stands in the path.
OPEN_TO_ALL = {
    ("post", "/callbacks/{provider}/{edit_id}/{attempt}/{token}"),
    ("get", "/share/{edit_id}/{token}"),
    ("head", "/share/{edit_id}/{token}"),
    ("get", "/approvals/{edit_id}/{token}"),
    ("post", "/approvals/{edit_id}/{token}"),
    ("get", "/board/{token}"),
    ("get", "/board/{token}/edits"),
}
SHOWN_TO_ALL = {"ApproveFunction", "CallbackFunction", "ShareFunction"}
VERBS = {"get", "post", "put", "patch", "delete", "head", "options"}
ANY = "x-amazon-apigateway-any-method"


def api() -> dict[str, Any]:
    found: dict[str, Any] = of_type("AWS::Serverless::Api")["JobApi"]
    return found


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Every route of the API as CloudFormation would make it, by verb and path."""
    body = of_type("AWS::ApiGateway::RestApi", source=transformed())["JobApi"]["Body"]
    return {
        (verb, path): operation
        for path, item in body["paths"].items()
        for verb, operation in item.items()
        if verb in VERBS | {ANY}
    }


def test_every_route_without_an_authorizer_is_named_here_and_has_a_token_in_its_path() -> None:
    secured = {route for route, it in operations().items() if {"AWS_IAM": []} in it["security"]}
    without = {route for route, it in operations().items() if it["security"] == [{"NONE": []}]}

    assert without == OPEN_TO_ALL
    assert all("{token}" in path for _, path in without)
    assert secured == operations().keys() - OPEN_TO_ALL


def test_a_caller_needs_no_permission_but_that_to_call_the_api() -> None:
    integrations = [it["x-amazon-apigateway-integration"] for it in operations().values()]
    admitted = {
        it["FunctionName"]["Ref"]
        for it in of_type("AWS::Lambda::Permission", source=transformed()).values()
        if it["Principal"] == "apigateway.amazonaws.com"
    }

    assert not [it for it in integrations if "credentials" in it]
    called = {re.search(r"\$\{(\w+)\.Arn\}", it["uri"]["Fn::Sub"]) for it in integrations}
    assert {it[1] for it in called if it} == admitted == {"ApiFunction", *SHOWN_TO_ALL}


def test_there_is_one_stage_which_has_limits_and_a_log() -> None:
    stages = of_type("AWS::ApiGateway::Stage", source=transformed())
    deployments = of_type("AWS::ApiGateway::Deployment", source=transformed())

    (stage,) = stages.values()
    assert stage["StageName"] == "v1"
    assert stage["MethodSettings"]
    assert stage["AccessLogSetting"]["DestinationArn"]
    # A deployment that names a stage makes one of its own beside it.
    assert not [it for it in deployments.values() if "StageName" in it]


def test_signatures_are_what_the_authorizer_asks_for() -> None:
    body = of_type("AWS::ApiGateway::RestApi", source=transformed())["JobApi"]["Body"]

    scheme = body["securityDefinitions"]["AWS_IAM"]

    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_the_template_has_the_routes_of_the_contract_and_one_for_all_others() -> None:
    promised = {
        (route.method.lower(), re.sub(r"<(\w+)>", r"{\1}", route.path))
        for route in CONTRACT.values()
    }

    assert operations().keys() == promised | OPEN_TO_ALL | {(ANY, "/{proxy+}")}


@pytest.mark.parametrize(
    ("verb", "path", "parameter"),
    [
        ("*", "/*", "ApiCallsPerSecond"),
        ("POST", "/~1edits", "EditsPerSecond"),
        ("POST", "/~1edits~1{edit_id}~1retry", "EditsPerSecond"),
        (
            "POST",
            "/~1callbacks~1{provider}~1{edit_id}~1{attempt}~1{token}",
            "CallbacksPerSecond",
        ),
        ("GET", "/~1share~1{edit_id}~1{token}", "PagesPerSecond"),
        ("HEAD", "/~1share~1{edit_id}~1{token}", "PagesPerSecond"),
        ("GET", "/~1board~1{token}", "PagesPerSecond"),
        ("GET", "/~1board~1{token}~1edits", "PagesPerSecond"),
    ],
)
def test_a_flood_is_turned_away_before_it_reaches_a_function(
    verb: str, path: str, parameter: str
) -> None:
    (setting,) = (
        it
        for it in api()["MethodSettings"]
        if (it["HttpMethod"], it["ResourcePath"]) == (verb, path)
    )

    assert setting["ThrottlingRateLimit"] == {"Ref": parameter}
    assert setting["ThrottlingBurstLimit"] == {"Ref": parameter}


def test_every_method_that_is_throttled_by_itself_is_a_route() -> None:
    named = {
        (it["HttpMethod"].lower(), it["ResourcePath"].replace("~1", "/").removeprefix("/"))
        for it in api()["MethodSettings"]
        if it["HttpMethod"] != "*"
    }

    assert named <= operations().keys()


def test_no_log_of_the_gateway_holds_a_path_a_query_a_header_or_a_body() -> None:
    logged = set(re.findall(r"\$context\.[\w.]+", api()["AccessLogSetting"]["Format"]))

    assert logged == {
        f"$context.{name}"
        for name in (
            "requestId",
            "requestTimeEpoch",
            "httpMethod",
            "resourcePath",
            "status",
            "responseLength",
            "responseLatency",
            "identity.sourceIp",
            "identity.userArn",
            "error.responseType",
        )
    }
    for setting in api()["MethodSettings"]:
        assert setting["LoggingLevel"] == "OFF"
        assert not setting.get("DataTraceEnabled", False)


def test_what_the_gateway_refuses_has_the_shape_of_a_problem() -> None:
    responses = api()["GatewayResponses"]

    assert responses.keys() == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for response in responses.values():
        kind = response["ResponseParameters"]["Headers"]["Content-Type"]
        assert kind == "'application/problem+json'"
        body = response["ResponseTemplates"]["application/json"]
        assert set(re.findall(r'"(\w+)":', body)) == {"type", "title", "code", "request_id"}


def test_there_is_no_cors() -> None:
    assert "Cors" not in api()
    assert not [verb for verb, _ in operations() if verb == "options"]


def test_the_api_function_answers_before_the_gateway_gives_up() -> None:
    assert of_type(FUNCTION)["ApiFunction"]["Timeout"] <= 29


def test_the_account_s_logging_is_changed_only_when_asked_and_never_taken_away() -> None:
    assert template()["Parameters"]["ApiLogging"]["Default"] == "as-it-is"
    for name in ("ApiLogAccount", "ApiLogRole"):
        resource = template()["Resources"][name]
        assert resource["Condition"] == "SetsUpApiLogging"
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"


@pytest.mark.parametrize("name", ["LinksSecret", "BoardSecret", "CallbacksSecret"])
def test_links_are_signed_with_a_secret_nobody_chose(name: str) -> None:
    made = of_type("AWS::SecretsManager::Secret")[name]["GenerateSecretString"]

    assert made["PasswordLength"] >= 32
    assert made["GenerateStringKey"] == "secret"
    assert "SecretString" not in of_type("AWS::SecretsManager::Secret")[name]


def test_no_trace_holds_the_path_of_a_call() -> None:
    stage = of_type("AWS::ApiGateway::Stage", source=transformed())
    assert not any(each.get("TracingEnabled") for each in stage.values())

"""Functions as they are deployed: logs, environment, layers, names."""

import re
from collections.abc import Iterator, Mapping

import pytest
from retake.catalog.models import MODELS
from retake.providers.registry import PROVIDERS
from retake.settings import Settings

from tests.support.template_reader import FUNCTION, ROOT, of_type, template
from tools.models_page import TEMPLATE, choices
from tools.provider_lines import renewed

FUNCTIONS = sorted(of_type(FUNCTION))
OUTPUTS = {
    "InboxBucketName",
    "InboxPrefix",
    "ResultsBucketName",
    "TableName",
    "CompletionTopicArn",
    "StateMachineArn",
    "ApiUrl",
    "IntakeQueueUrl",
    "IntakeDeadLetterQueueUrl",
    "LinksSecretArn",
    "BoardSecretArn",
    "WebhookQueueUrl",
    "WebhookDeadLetterQueueUrl",
    "WebhooksSecretArn",
    *(f"{name.capitalize()}SecretArn" for name in PROVIDERS),
}
# Only the local engine sets it; a deployed function refuses to start with it.
NEVER_DEPLOYED = {"RETAKE_LOOPBACK_PORTS"}
# Lambda sets these itself.
OF_LAMBDA = {"AWS_LAMBDA_RUNTIME_API", "AWS_ENDPOINT_URL"}
# Read by Powertools, not by us.
OF_POWERTOOLS = {"LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}


URL = "https://provider.example"


HOLD = "2026-11-28T10:00Z/2026-11-28T12:00Z"


class Overheard(Mapping[str, str]):
    """An environment that remembers which variables were asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        if name in NEVER_DEPLOYED | OF_LAMBDA:
            raise KeyError(name)
        words = {"ON_UNCERTAIN": "fail", "MARK_RESULTS": "on", "INBOX_HOLD": HOLD}
        words |= {"SHARE_SHOWS_COST": "on"}
        words |= {"BUDGET_CAPS": "daily_edits=9", "CALLER_BUDGETS": "a:daily_usd=9"}
        words |= {"BUDGET_TIME_ZONE": "UTC", "ON_FULL_BUDGET": "refuse", "REUSE_RESULTS": "on"}
        words |= {"SHARED_FOLDERS": "a/", "CALLER_FOLDERS": "a=a/"}
        words |= {"MAX_RUNNING": "novita=4", "MAX_PER_MINUTE": "fal=9"}
        words |= {"WEBHOOK_URL": f"{URL}/hook"}
        return words.get(name, URL if name.endswith("_URL") else "1")

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("The environment is read by name.")

    def __len__(self) -> int:
        raise AssertionError("The environment is read by name.")


def environment(function: str) -> set[str]:
    everywhere = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = of_type(FUNCTION)[function].get("Environment", {}).get("Variables", {})
    return set(everywhere) | set(own)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_to_its_own_log_group_which_forgets(function: str) -> None:
    group = of_type(FUNCTION)[function]["LoggingConfig"]["LogGroup"]["Ref"]

    properties = of_type("AWS::Logs::LogGroup")[group]
    assert group == function.replace("Function", "LogGroup")
    assert properties["RetentionInDays"] == {"Ref": "LogDays"}


def test_the_workflow_logs_its_path_and_never_what_it_carries() -> None:
    machine = of_type("AWS::Serverless::StateMachine")["EditStateMachine"]

    (destination,) = machine["Logging"]["Destinations"]
    group = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0]
    assert machine["Logging"]["IncludeExecutionData"] is False
    assert machine["Tracing"] == {"Enabled": True}
    assert of_type("AWS::Logs::LogGroup")[group]["RetentionInDays"] == {"Ref": "LogDays"}


def test_every_variable_the_code_reads_is_deployed_and_every_other_is_left_out() -> None:
    overheard = Overheard()
    Settings.from_environment(overheard)
    read = overheard.asked - NEVER_DEPLOYED - OF_LAMBDA

    deployed = set().union(*(environment(name) for name in FUNCTIONS)) - OF_POWERTOOLS

    assert read == deployed


def test_no_function_of_the_workflow_knows_the_workflow_s_address() -> None:
    # It would make the template a circle.
    knowing = {name for name in FUNCTIONS if "STATE_MACHINE_ARN" in environment(name)}

    steps = ("Validate", "Fit", "Submit", "Poll", "Persist")
    assert not knowing & {f"{word}Function" for word in steps}


def test_the_environment_is_read_in_one_file_only() -> None:
    code = [*(ROOT / "layers/core/retake").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]

    readers = {path.name for path in code if re.search(r"\benviron\b|\bgetenv\b", path.read_text())}

    # And whether this is Lambda at all, before anything else is imported.
    assert readers == {"settings.py", "__init__.py"}


@pytest.mark.parametrize("name", sorted(NEVER_DEPLOYED))
def test_what_opens_loopback_is_nowhere_in_the_template(name: str) -> None:
    assert name not in (ROOT / "template.yaml").read_text()


def test_only_what_looks_inside_a_video_carries_the_media_layer() -> None:
    carrying = {
        name
        for name, it in of_type(FUNCTION).items()
        if {"Ref": "MediaLayer"} in it.get("Layers", [])
    }

    assert carrying == {"ValidateFunction", "FitFunction", "PersistFunction", "ApiFunction"}


@pytest.mark.parametrize("layer", ["CoreLayer", "MediaLayer"])
def test_a_layer_is_built_for_what_the_functions_run_on(layer: str) -> None:
    resource = template()["Resources"][layer]
    runtime = template()["Globals"]["Function"]["Runtime"]
    (architecture,) = template()["Globals"]["Function"]["Architectures"]

    assert resource["Metadata"] == {"BuildMethod": runtime, "BuildArchitecture": architecture}
    assert resource["Properties"]["CompatibleRuntimes"] == [runtime]
    assert resource["Properties"]["CompatibleArchitectures"] == [architecture]
    assert (ROOT / resource["Properties"]["ContentUri"] / "requirements.txt").is_file()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_says_what_it_is_for(function: str) -> None:
    properties = of_type(FUNCTION)[function]

    assert len(properties["Description"]) > 30
    assert (ROOT / properties["CodeUri"] / "app.py").is_file()


def test_every_output_the_tools_read_is_there_and_explained() -> None:
    outputs = template()["Outputs"]

    assert outputs.keys() == OUTPUTS
    assert all(output["Description"] for output in outputs.values())


def test_the_template_knows_the_models_and_providers_of_the_code() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")

    assert choices(text) == text, "renew it: make docs"
    assert renewed(text) == text, "renew it: make docs"
    assert set(template()["Parameters"]["DefaultModel"]["AllowedValues"]) == set(MODELS)


@pytest.mark.parametrize(
    ("url", "is_accepted"),
    [
        ("https://api.novita.ai", True),
        ("https://proxy.example:8443/novita", True),
        ("http://127.0.0.1:9000", True),
        ("http://api.novita.ai", False),  # the key would travel in the clear
        ("http://127.0.0.1.example.com:80", False),
        ("https://user:key@api.novita.ai", False),
        ("https://api.novita.ai/?key=1", False),
        ("", False),
    ],
)
def test_a_provider_s_address_is_https_or_this_machine(url: str, is_accepted: bool) -> None:
    patterns = {
        parameter["AllowedPattern"]
        for name, parameter in template()["Parameters"].items()
        if name.endswith(("PlatformUrl", "KeysUrl"))
    }

    (pattern,) = patterns
    assert bool(re.fullmatch(pattern, url)) is is_accepted
    for name in PROVIDERS:  # of which one may also be left out
        own = template()["Parameters"][f"{name.capitalize()}BaseUrl"]["AllowedPattern"]
        assert own == f"^$|{pattern}"


@pytest.mark.parametrize(
    ("prefix", "is_accepted"),
    [("", True), ("clips/", True), ("team a/", False), ("/clips/", False), ("clips", False)],
)
def test_a_prefix_is_a_folder(prefix: str, is_accepted: bool) -> None:
    pattern = template()["Parameters"]["InboxPrefix"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, prefix)) is is_accepted


@pytest.mark.parametrize("parameter", ["MaxRunning", "MaxPerMinute"])
@pytest.mark.parametrize(
    ("said", "is_accepted"),
    [
        ("", True),
        ("novita=4,fal=2", True),
        ("fal=2,fal/team-b=5", True),
        ("fal/=2", False),
        ("fal/Team=2", False),
        (f"fal/{'a' * 21}=2", False),
        ("kling=2", False),
        ("fal=0", False),
    ],
)
def test_room_is_for_a_provider_or_one_of_its_keys(
    parameter: str, said: str, is_accepted: bool
) -> None:
    pattern = template()["Parameters"][parameter]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, said)) is is_accepted

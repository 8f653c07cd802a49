"""What `make deploy` reads and says before it builds, and what it hands to SAM."""

import re
from typing import Any

import pytest

from local.errors import UserError
from tests.support.template_reader import ROOT, template
from tools import deploy
from tools.deploy import (
    DeployStage,
    changes,
    check_status,
    checked_name,
    idle_usd,
    logging_choice,
    main,
    overridden,
    override,
    parameters,
    report,
)

CONFIG = (ROOT / "samconfig.toml").read_text()
OURS = "arn:aws:iam::123456789012:role/retake-ApiLogRole-AB12"


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is logged in anywhere, and a build would be a mistake."""

    def build(*_: Any) -> None:
        raise AssertionError("It was built before it was known to lead anywhere.")

    monkeypatch.setattr(deploy, "build", build)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")


@pytest.mark.parametrize(
    ("environment", "arguments", "sentence"),
    [
        ({}, [], "No region is set"),
        ({"AWS_REGION": "us-east-1"}, [], "AWS does not know who you are"),
        ({"AWS_PROFILE": "nobody"}, [], "could not be found. Name another one with AWS_PROFILE"),
        ({"AWS_REGION": "no region"}, [], "no region"),
        ({}, ["--env=nowhere"], "deploys no section nowhere; it has dev, prod."),
        ({}, ["--env=default"], "deploys no section default; it has dev, prod."),
        ({}, ["--env=version"], "deploys no section version; it has dev, prod."),
    ],
)
@pytest.mark.usefixtures("unbuilt")
def test_what_is_missing_is_said_in_a_sentence_before_anything_is_built(
    environment: dict[str, str],
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    code = main(arguments)

    assert code == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[dev", "cannot be read"),
        ("[dev.deploy.parameters]\nregion = 'eu-west-1'", "says no stack_name for dev"),
        ("[dev.deploy.parameters]\nstack_name = 5", "a letter first"),
        (
            "[dev.deploy.parameters]\nstack_name = 'x'\nparameter_overrides = ['LogDays']",
            'write it as "LogDays=value"',
        ),
        (
            "[dev.deploy.parameters]\nstack_name = 'x'\nparameter_overrides = '\"LogDays=7'",
            "parameter_overrides",
        ),
    ],
)
def test_a_samconfig_that_cannot_be_used_is_refused_with_a_sentence(
    text: str, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        DeployStage.read("dev", text)


def test_a_section_takes_what_it_does_not_say_from_its_global_part() -> None:
    text = (
        "[dev.global.parameters]\nstack_name = 'x'\nregion = 'eu-west-1'\n"
        "[dev.deploy.parameters]\nregion = 'eu-central-1'"
    )

    stage = DeployStage.read("dev", text)

    assert (stage.stack, stage.region) == ("x", "eu-central-1")


@pytest.mark.parametrize(
    "said",
    [
        ["LogDays=7", "DefaultPrompt=Make it snow"],
        ["LogDays=7", 'DefaultPrompt="Make it snow"'],
        "LogDays=7 DefaultPrompt='Make it snow'",
        {"LogDays": 7, "DefaultPrompt": "Make it snow"},
    ],
)
def test_parameters_are_read_in_every_form_that_sam_takes(said: Any) -> None:
    assert overridden(said) == {"LogDays": "7", "DefaultPrompt": "Make it snow"}


@pytest.mark.parametrize(
    "name", ["", "1a", "-a", "a_b", "a.b", "a b", "a/b", "$(id)", "ä", "a\n", "a" * 62]
)
def test_a_name_of_which_no_stack_can_be_made_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        checked_name(name)


def test_the_longest_name_is_taken() -> None:
    assert checked_name("a" * 61)


def test_a_parameter_of_no_template_is_refused_and_one_left_out_gets_its_default() -> None:
    stage = DeployStage.read("dev", CONFIG)
    wrong = DeployStage("dev", "x", None, None, {"LogDay": "7"})

    assert parameters(template(), stage)["LogDays"] == "7"
    assert parameters(template(), stage)["RecordDays"] == "90"
    with pytest.raises(UserError, match="LogDay"):
        parameters(template(), wrong)


# SAM's own reading of one override, samcli/cli/types.py 1.170: `_pattern_2` for " NAME=VALUE", and
# what `_unquote_wrapped_quotes` leaves of the value.
SAM_READS = re.compile(r""" X=("(?:\\.|[^"\\]+)*"|'(?:\\.|[^'\\]+)*'|(?:\\.|[^ "\\]+)+)""")


@pytest.mark.parametrize(
    "value",
    ["", "Make it snow", 'Write "hi" on it', "it's a=b, $HOME", "{folder} für €5", '"all"'],
)
def test_sam_reads_each_value_as_it_was_meant(value: str) -> None:
    found = SAM_READS.findall(" " + override("X", value))

    assert [each[1:-1].replace('\\"', '"') for each in found] == [value]


def test_a_value_that_sam_would_change_is_refused() -> None:
    with pytest.raises(UserError, match="backslash"):
        override("DefaultPrompt", "back\\slash")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("ROLLBACK_COMPLETE", "sam delete --stack-name x"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name x"),
        ("UPDATE_IN_PROGRESS", "Try again"),
    ],
)
def test_a_stack_that_takes_no_deployment_is_told_of_with_the_way_out(
    status: str, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        check_status("x", status)


@pytest.mark.parametrize(
    "status",
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"],
)
def test_a_stack_that_stands_is_deployed_to(status: str) -> None:
    check_status("x", status)


@pytest.mark.parametrize(
    ("role", "choice"),
    [("", "set-up"), (OURS, "set-up"), (OURS.replace("retake", "other"), "as-it-is")],
)
def test_the_account_s_role_for_api_logs_is_never_taken_from_somebody_else(
    role: str, choice: str
) -> None:
    assert logging_choice(role, "retake") == choice


def test_only_what_changes_is_said() -> None:
    before = {"LogDays": "7", "OnUncertain": "fail", "Gone": "x"}

    said = changes(before, {"LogDays": "30", "OnUncertain": "fail", "New": "y"})

    assert said == ["  LogDays: 7 → 30"]


def test_the_page_says_what_the_stack_costs_idle() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    usd = idle_usd(template(), {})

    assert f"About ${usd:.2f} a month" in page
    assert idle_usd(template(), {"OwnKey": "on"}) == pytest.approx(usd + 1)


def test_the_report_names_outputs_costs_and_three_commands() -> None:
    said = report("x", {"InboxBucketName": "inbox", "CompletionTopicArn": "arn:topic"}, 3.2)

    assert "$3.20 a month" in said
    assert [line.split()[1] for line in said.splitlines() if line.startswith("  aws ")] == [
        "secretsmanager",
        "sns",
        "s3",
    ]
    assert "s3://inbox/" in said
    assert "--topic-arn arn:topic" in said
    assert report("x", {}, 3.2)

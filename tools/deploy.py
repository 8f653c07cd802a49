"""Deploys to AWS: `python -m tools.deploy --env dev` (make deploy).

What can be known beforehand is said before anything is built: the region, the credentials, the
name, what changes. Then the build, `sam deploy`, and what the stack is called and costs.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from samtranslator.yaml_helper import yaml_parse

from local.emulator.engine import ROOT, WORKSHOP
from local.errors import UserError
from tools.build import build, for_lambda

SAM = WORKSHOP / "sam/bin/sam"
# CloudFormation's own form; the longest name that is made of it is that of a queue of the check of
# a deployed stack, NAME-smoke-123456789012, of which SQS takes 80 characters.
MAX_NAME_CHARS = 80 - len("-smoke-123456789012")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
QUOTED = re.compile(r"""(["'])(.*)\1""", re.DOTALL)
# us-east-1, in dollars a month; docs/operations.md, "What it costs when nothing happens". The
# dashboard is not in it: the first three of an account are free.
MONTHLY_USD = {"AWS::SecretsManager::Secret": 0.40, "AWS::CloudWatch::Alarm": 0.10}
POLLING_USD = 2 * 0.26 + 0.05  # Lambda's looks into two empty queues, and the sweep
KEY_USD = 1.00
DELETE_FIRST = (
    "It failed when it was made, and must go first: .local/sam/bin/sam delete --stack-name "
)
# "Stack status codes", AWS CloudFormation User Guide: those in which no deployment begins.
STUCK = {
    "ROLLBACK_COMPLETE": DELETE_FIRST + "{stack}",
    "ROLLBACK_FAILED": DELETE_FIRST + "{stack}",
    "CREATE_FAILED": DELETE_FIRST + "{stack}",
    "DELETE_FAILED": "Delete it once more: .local/sam/bin/sam delete --stack-name {stack}",
    "UPDATE_ROLLBACK_FAILED": "Its events name the cause; mend it, then:"
    " aws cloudformation continue-update-rollback --stack-name {stack}",
}

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeployStage:
    """A section of samconfig.toml."""

    env: str
    stack: str
    region: str | None
    profile: str | None
    chosen: Mapping[str, str]

    @classmethod
    def read(cls, env: str, text: str) -> "DeployStage":
        """Raises UserError."""
        try:
            tables = tomllib.loads(text).items()
        except tomllib.TOMLDecodeError as error:
            raise UserError(f"samconfig.toml cannot be read: {error}.") from None
        stages = {name: it for name, it in tables if isinstance(it, dict) and "deploy" in it}
        if env not in stages:
            known = ", ".join(stages)
            raise UserError(f"samconfig.toml deploys no section {env}; it has {known}.")
        said = {
            name: value
            for command in ("global", "deploy")  # as SAM reads them: the command's own wins
            for name, value in stages[env].get(command, {}).get("parameters", {}).items()
        }
        if "stack_name" not in said:
            raise UserError(f"samconfig.toml says no stack_name for {env}.")
        return cls(
            env,
            checked_name(str(said["stack_name"])),
            said.get("region"),
            said.get("profile"),
            overridden(said.get("parameter_overrides", ())),
        )


def overridden(said: str | Mapping[str, Any] | Sequence[str]) -> dict[str, str]:
    """The parameters of samconfig.toml, in each of the forms that SAM takes. Raises UserError."""
    if isinstance(said, Mapping):
        return {name: str(value) for name, value in said.items()}
    if isinstance(said, str):
        try:
            said = shlex.split(said)
        except ValueError as error:
            raise UserError(f"parameter_overrides in samconfig.toml: {error}.") from None
    chosen: dict[str, str] = {}
    for line in said:
        name, is_set, value = str(line).partition("=")
        if not is_set:
            raise UserError(f'samconfig.toml says {line}; write it as "{line}=value".')
        quoted = QUOTED.fullmatch(value)
        chosen[name.strip()] = quoted[2] if quoted else value
    return chosen


def override(name: str, value: str) -> str:
    """One word of `sam deploy --parameter-overrides`. Raises UserError.

    SAM ends a value at a quote that is not escaped, without a word, and keeps a doubled backslash
    as two: of a value with one it would deploy another.
    """
    if "\\" in value:
        raise UserError(f"{name} holds a backslash, which SAM does not hand over as it is.")
    escaped = value.replace('"', '\\"')
    return f'{name}="{escaped}"'


def checked_name(name: str) -> str:
    """A stack's name that all names made of it fit. Raises UserError."""
    if not NAME.fullmatch(name):
        raise UserError(
            f"The stack cannot be called {name!r}: letters, digits and hyphens, a letter first."
        )
    if len(name) > MAX_NAME_CHARS:
        raise UserError(
            f"The stack's name has {len(name)} characters; {MAX_NAME_CHARS} are allowed, because"
            " longer names are made of it."
        )
    return name


def parameters(template: Data, stage: DeployStage) -> dict[str, str]:
    """Every parameter with what samconfig.toml says, or else its default.

    All are handed over: what is left out keeps the value that the stack has. Raises UserError.
    """
    known = template["Parameters"]
    for name in stage.chosen.keys() - known.keys():
        raise UserError(f"samconfig.toml sets {name}, which is no parameter of the template.")
    return {name: str(it["Default"]) for name, it in known.items()} | dict(stage.chosen)


def check_status(stack: str, status: str) -> None:
    """Raises UserError for a stack that CloudFormation would not change as it stands."""
    if status in STUCK:
        raise UserError(f"The stack {stack} is {status}. {STUCK[status].format(stack=stack)}")
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise UserError(f"The stack {stack} is {status}. Try again when that has ended.")


def logging_choice(role_in_use: str, stack: str) -> str:
    """Whether this stack sets the account's role for API logs: not where somebody else has."""
    is_ours = f":role/{stack}-ApiLogRole-" in role_in_use
    return "set-up" if is_ours or not role_in_use else "as-it-is"


def idle_usd(template: Data, chosen: Mapping[str, str]) -> float:
    """What the stack costs in a month in which nothing happens."""
    kinds = [it["Type"] for it in template["Resources"].values()]
    things = sum(usd * kinds.count(kind) for kind, usd in MONTHLY_USD.items())
    return things + POLLING_USD + (KEY_USD if chosen.get("OwnKey") == "on" else 0)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What a deployment changes in the parameters of a stack that is there, one line each."""
    return [
        f"  {name}: {before[name] or 'empty'} → {value or 'empty'}"
        for name, value in sorted(after.items())
        if name in before and before[name] != value
    ]


def report(stack: str, outputs: Mapping[str, str], usd: float) -> str:
    """What to know and to do once it stands."""
    width = max((len(name) for name in outputs), default=0)
    return "\n".join(
        [
            f"\n{stack} stands. It costs about ${usd:.2f} a month while nothing happens.\n",
            *(f"  {name:<{width}}  {value}" for name, value in sorted(outputs.items())),
            "\nNext: a provider's key, somebody to tell, and a clip.\n",
            f"  aws secretsmanager put-secret-value --secret-id {stack}/providers/novita"
            " --secret-string 'YOUR KEY'",
            f"  aws sns subscribe --topic-arn {outputs.get('CompletionTopicArn', '…')}"
            " --protocol email --notification-endpoint you@example.com",
            f"  aws s3 cp clip.mp4 s3://{outputs.get('InboxBucketName', '…')}/"
            """ --metadata '{"prompt": "Make it snow"}'""",
        ]
    )


class DeployAccount:
    """Where it is deployed. Raises UserError when there is no region, or nobody to be."""

    def __init__(self, stage: DeployStage) -> None:
        try:
            # Only the AWS CLI reads AWS_REGION by itself; boto3 and SAM do not.
            region = stage.region or os.environ.get("AWS_REGION")
            self._session = boto3.Session(profile_name=stage.profile, region_name=region)
        except BotoCoreError as error:
            raise UserError(
                f"{str(error).rstrip('.')}. Name another one with AWS_PROFILE."
            ) from None
        if self._session.region_name is None:
            raise UserError("No region is set. Say it with AWS_REGION, or in your AWS profile.")
        try:
            who = self._session.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise UserError(
                f"AWS does not know who you are ({error}). Log in, or name a profile with"
                " AWS_PROFILE."
            ) from None
        self.region = self._session.region_name
        self.name = f"account {who['Account']}, {self.region}"

    def parameters_of(self, stack: str) -> dict[str, str]:
        """Those of a stack that is there already. Raises UserError if it cannot be deployed to."""
        found = self._described(stack)
        if found is None:
            return {}
        check_status(stack, found["StackStatus"])
        given = found.get("Parameters", [])
        return {it["ParameterKey"]: it["ParameterValue"] for it in given}

    def outputs_of(self, stack: str) -> dict[str, str]:
        found = self._described(stack) or {}
        return {it["OutputKey"]: it["OutputValue"] for it in found.get("Outputs", [])}

    def role_of_api_logs(self) -> str:
        """Empty where there is none, or where it may not be looked at."""
        try:
            return str(
                self._session.client("apigateway").get_account().get("cloudwatchRoleArn", "")
            )
        except (BotoCoreError, ClientError) as error:
            raise UserError(
                f"Whether this account has a role for API logs cannot be seen ({error}). Say it in"
                " samconfig.toml: ApiLogging=as-it-is if it has one, else ApiLogging=set-up."
            ) from None

    def _described(self, stack: str) -> Data | None:
        try:
            answer = self._session.client("cloudformation").describe_stacks(StackName=stack)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise UserError(str(error)) from None
        except BotoCoreError as error:
            raise UserError(str(error)) from None
        return dict(answer["Stacks"][0])


def deploy(env: str) -> int:
    """Check, build, deploy, report. Raises UserError before anything is built."""
    stage = DeployStage.read(env, (ROOT / "samconfig.toml").read_text())
    template: Data = yaml_parse((ROOT / "template.yaml").read_text())
    wanted = parameters(template, stage)
    account = DeployAccount(stage)
    if "ApiLogging" not in stage.chosen:
        wanted["ApiLogging"] = logging_choice(account.role_of_api_logs(), stage.stack)
    print(f"Deploying {stage.stack} to {account.name}")
    overrides = [override(name, value) for name, value in wanted.items()]
    print("\n".join(changes(account.parameters_of(stage.stack), wanted)), flush=True)
    build(for_lambda())
    done = subprocess.run(
        [
            *(SAM, "deploy", "--config-env", env, "--region", account.region),
            *("--parameter-overrides", *overrides),
        ],
        cwd=ROOT,
        check=False,
    )
    if done.returncode == 0:
        print(report(stage.stack, account.outputs_of(stage.stack), idle_usd(template, wanted)))
    return done.returncode


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy", description=__doc__)
    parser.add_argument("--env", default="dev", help="the section of samconfig.toml")
    try:
        return deploy(parser.parse_args(arguments).env)
    except UserError as error:
        print(f"make deploy: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

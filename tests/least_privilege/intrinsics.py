"""A template filled in (`Ref`, `Fn::Sub`, `Fn::If`, …) for given parameters and names."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.emulator.engine import ACCOUNT, REGION
from tests.least_privilege.calls import arn

PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "retake",
}
NO_VALUE = object()
# What a resource's ARN is made of; elsewhere `Ref` is the ARN itself.
ARNS: dict[str, Callable[[str], str]] = {
    "AWS::S3::Bucket": lambda name: f"arn:aws:s3:::{name}",
    "AWS::DynamoDB::Table": lambda name: arn("dynamodb", f"table/{name}"),
    "AWS::SQS::Queue": lambda url: arn("sqs", url.rpartition("/")[2]),
    "AWS::Lambda::Function": lambda name: arn("lambda", f"function:{name}"),
    "AWS::IAM::Role": lambda name: f"arn:aws:iam::{ACCOUNT}:role/{name}",
    "AWS::KMS::Key": lambda name: arn("kms", f"key/{name}"),
    "AWS::Events::Rule": lambda name: arn("events", f"rule/{name}"),
    "AWS::Logs::LogGroup": lambda name: arn("logs", f"log-group:{name}:*"),
}


class Filled:
    """A template as CloudFormation would fill it in.

    `names` are physical ids by logical id; what has none is named after itself.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, str] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._resources = template["Resources"]
        self._conditions = template.get("Conditions", {})
        self._names = dict(names or {})
        self._values = PSEUDO | {
            name: str(said["Default"])
            for name, said in template.get("Parameters", {}).items()
            if "Default" in said
        }
        self._values |= dict(parameters or {})

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is true."""
        return bool(self._truth(self._conditions[condition]))

    def resources(self, kind: str | None = None) -> dict[str, Any]:
        """The properties of every resource that is made, filled in, by logical id."""
        return {
            name: self.value(it.get("Properties", {}))
            for name, it in self._resources.items()
            if kind in (None, it["Type"]) and self._is_made(it)
        }

    def value(self, said: Any) -> Any:
        """Anything of the template with its functions replaced by what they give."""
        if isinstance(said, list):
            return [it for each in said if (it := self.value(each)) is not NO_VALUE]
        if not isinstance(said, dict):
            return said
        if len(said) == 1:
            (name, given), *_ = said.items()
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](self, given)
        filled = {name: self.value(each) for name, each in said.items()}
        return {name: each for name, each in filled.items() if each is not NO_VALUE}

    def _is_made(self, resource: Mapping[str, Any]) -> bool:
        return "Condition" not in resource or self.holds(resource["Condition"])

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._resources:
            return self._names.get(name, name)
        return self._values[name]

    def _attribute(self, given: Any) -> str:
        name, _, attribute = (
            given.partition(".") if isinstance(given, str) else (*given[:1], "", given[1])
        )
        physical = self._names.get(name, name)
        if attribute == "Arn":
            return ARNS[self._resources[name]["Type"]](physical)
        if attribute == "Name":
            return str(physical.rpartition(":")[2])
        return f"{name}.{attribute}"

    def _sub(self, given: Any) -> str:
        text, extra = given if isinstance(given, list) else (given, {})

        def replace(found: re.Match[str]) -> str:
            name = found[1]
            if name in extra:
                return str(self.value(extra[name]))
            return str(self._attribute(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([\w:.]+)\}", replace, text)

    def _if(self, given: Any) -> Any:
        condition, yes, no = given
        return self.value(yes if self.holds(condition) else no)

    def _join(self, given: Any) -> str:
        between, parts = given
        return str(between).join(str(part) for part in self.value(parts))

    def _split(self, given: Any) -> list[str]:
        between, text = given
        return str(self.value(text)).split(between)

    def _truth(self, said: Any) -> bool:
        ((name, given),) = said.items()
        if name == "Condition":
            return self.holds(given)
        if name == "Fn::Equals":
            left, right = (str(self.value(each)) for each in given)
            return left == right
        if name == "Fn::Not":
            return not self._truth(given[0])
        parts = [self._truth(each) for each in given]
        return {"Fn::And": all, "Fn::Or": any}[name](parts)


_FUNCTIONS = {
    "Ref": Filled._ref,
    "Fn::GetAtt": Filled._attribute,
    "Fn::Sub": Filled._sub,
    "Fn::If": Filled._if,
    "Fn::Join": Filled._join,
    "Fn::Split": Filled._split,
}

"""Prints what SAM makes of template.yaml, for tools that look at what CloudFormation is given.

Run by `make security`: on the raw template such tools see no role, since SAM writes those.
"""

import copy
import json
import os
from functools import cache
from typing import Any
from unittest.mock import patch

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from local.emulator.engine import REGION, ROOT


@cache
def template() -> dict[str, Any]:
    """template.yaml with `!Ref x` as {"Ref": "x"}, `!GetAtt x.y` as {"Fn::GetAtt": ["x", "y"]}."""
    whole: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return whole


def listed(value: Any) -> list[Any]:
    """IAM and ASL allow one item where they mean a list of one."""
    return value if isinstance(value, list) else [value]


def transformed(source: dict[str, Any]) -> dict[str, Any]:
    """The template with roles, event sources and versions written out; local paths become any."""
    whole = copy.deepcopy(source)
    for resource in whole["Resources"].values():
        for path in {"CodeUri", "ContentUri", "DefinitionUri"} & resource["Properties"].keys():
            resource["Properties"][path] = "s3://packages/any"
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}):
        return dict(transform(whole, {}, _NoManagedPolicies()))


class _NoManagedPolicies:
    """SAM may look up managed policies by name in the account; this template names none."""

    def load(self) -> dict[str, str]:
        return {}


if __name__ == "__main__":
    print(json.dumps(transformed(template()), default=str))

"""Prints what SAM makes of template.yaml, for tools that look at what CloudFormation is given.

Run by `make security`: on the raw template such tools see no role, since SAM writes those.
"""

import copy
import json
import os
from typing import Any
from unittest.mock import patch

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from local.emulator.engine import REGION, ROOT


def transformed(template: dict[str, Any]) -> dict[str, Any]:
    """The template with roles, event sources and versions written out; local paths become any."""
    whole = copy.deepcopy(template)
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
    print(json.dumps(transformed(yaml_parse((ROOT / "template.yaml").read_text())), default=str))

"""Runs a deployed function's handler on a clock that is ahead, against the same stack.

What a sweep does after a quarter of an hour cannot be waited for: `later` starts a process with the
function's own environment, in which records think that time has passed. AWS is asked at the real
time, since signatures are of the moment.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from local.emulator.engine import ROOT, STACK_NAME
from tests.end_to_end.stage import Stage

_SCRIPT = """
import importlib.util, json, sys
from datetime import UTC, datetime, timedelta
import retake.container as stack
import retake.records.store as records

ahead = timedelta(seconds=float(sys.argv[2]))
made = records.Records.__init__
def shifted(self, table, *given, **named):
    made(self, table, *given, **named | {"now": lambda: datetime.now(UTC) + ahead})
records.Records.__init__ = shifted
spec = importlib.util.spec_from_file_location("app", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps(module.handler(json.loads(sys.argv[3]), None)))
"""


def later(
    stack: Stage, function: str, event: Mapping[str, Any], *, seconds: int, **environment: str
) -> Any:
    """The answer of `functions/<function>` to an event, `seconds` from now."""
    name = physical(stack, f"{function.capitalize()}Function")
    known = stack.clients.functions.get_function_configuration(FunctionName=name)
    variables = known["Environment"]["Variables"] | {
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_ENDPOINT_URL": stack.address.endpoint_url,
        "AWS_ACCESS_KEY_ID": stack.address.access_key,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": stack.address.region,
        "PATH": os.environ["PATH"],
    }
    variables |= environment
    path = [environment.get("PYTHONPATH", ""), str(ROOT / "layers/core")]
    variables["PYTHONPATH"] = os.pathsep.join(each for each in path if each)
    app = ROOT / "functions" / function / "app.py"
    told = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(app), str(seconds), json.dumps(event)],
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout.splitlines()[-1])


def physical(stack: Stage, name: str) -> str:
    """What a resource of the template is called in the running stack."""
    found = stack.clients.cloudformation.describe_stack_resource(
        StackName=STACK_NAME, LogicalResourceId=name
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])

"""Deploys template.yaml, as it is, into a running engine.

What `sam build && sam deploy` would do, in a second instead of a minute: zip the functions, the
layers and the state machine, put them into a bucket, point CodeUri, ContentUri and DefinitionUri
at them, and create the stack. Nothing else of the template is changed; the engine expands the SAM
transform itself.

The emulator runs functions with its own interpreter, in the virtual environment it is installed
in. So a layer is zipped without its dependencies: the environment holds the very versions that
the requirements pin for the layer.
"""

import hashlib
import importlib.util
import io
import json
import py_compile
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from retake.domain.spelling import closest
from samtranslator.yaml_helper import yaml_parse

from local.emulator.clients import Clients
from local.emulator.engine import ROOT, STACK_NAME, WORKSHOP
from local.errors import UserError

API_ID = "retake"  # so that its address is known before it is made, as that of a domain would be
PACKAGES_BUCKET = "retake-packages"
DEPLOY_SECONDS = 120
_NEVER_PACKED = ("__pycache__", ".pyc", ".DS_Store")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold: equal files, equal zips


class DeployError(UserError):
    """The stack could not be created; one line per resource that failed."""


def deploy(
    clients: Clients, parameters: Mapping[str, str], template: Path = ROOT / "template.yaml"
) -> dict[str, str]:
    """Create the stack, wait for it, and give its outputs. Raises DeployError."""
    whole: dict[str, Any] = yaml_parse(template.read_text())
    known = whole.get("Parameters", {})
    for name in parameters.keys() - known.keys():  # AWS refuses, the engine does not
        near = closest(name, known)
        where = f"did you mean {near}?" if near else "see template.yaml for all."
        raise DeployError(f"The template has no parameter {name}; {where}")
    clients.s3.create_bucket(Bucket=PACKAGES_BUCKET)
    _package(clients, whole, template.parent)
    body = json.dumps(whole, default=str)
    location = _put(clients, "template.json", body.encode())
    try:
        clients.cloudformation.create_stack(
            StackName=STACK_NAME,
            # By address: a template in the request itself may hold 51,200 bytes at most.
            TemplateURL=f"{clients.endpoint_url}/{location['Bucket']}/{location['Key']}",
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in parameters.items()
            ],
            # Reaches the API like every tag of a stack; the emulator takes its id from it.
            Tags=[{"Key": "ms-custom-id", "Value": API_ID}],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        said = error.response["Error"]["Message"]
        raise DeployError(_refusal(said, parameters, known)) from None
    return _outputs(clients)


def _refusal(said: str, parameters: Mapping[str, str], known: Mapping[str, Any]) -> str:
    """What was found, and the template's own words for what is taken: CloudFormation puts those
    right behind the parameter's name, as if they were a verb."""
    for name, value in parameters.items():
        words = known[name].get("ConstraintDescription")
        if words and said == f"Parameter '{name}' {words}":
            return f"{name} is {value!r}. It may be: {words}"
    return said


def api_url(clients: Clients) -> str:
    """Where the emulator answers for the stack's API; on AWS it has a host of its own."""
    return f"{clients.endpoint_url}/_aws/execute-api/{API_ID}/v1"


def _outputs(clients: Clients) -> dict[str, str]:
    give_up_at = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < give_up_at:
        stack = clients.cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            raise DeployError("\n".join(_failures(clients, stack)))
        time.sleep(0.05)
    raise DeployError(f"The stack was not created within {DEPLOY_SECONDS} s.")


def _failures(clients: Clients, stack: Mapping[str, Any]) -> Iterator[str]:
    yield f"The stack ended as {stack['StackStatus']}: {stack.get('StackStatusReason', '')}".strip()
    events = clients.cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    for event in reversed(events):
        if event["ResourceStatus"] == "CREATE_FAILED" and event["LogicalResourceId"] != STACK_NAME:
            why = " ".join(event.get("ResourceStatusReason", "").split())
            yield f"  {event['LogicalResourceId']} ({event['ResourceType']}): {why}"


def _package(clients: Clients, whole: dict[str, Any], folder: Path) -> None:
    """Replace every local path of a template by where its package now lies."""
    packed: dict[tuple[str, Path], dict[str, str]] = {}
    for resource in whole["Resources"].values():
        if resource["Type"] not in _PACKERS:
            continue
        attribute, pack = _PACKERS[resource["Type"]]
        properties = resource["Properties"]
        path = properties.get(attribute)
        if not isinstance(path, str):
            continue
        source = folder / path
        if (attribute, source) not in packed:
            name = f"{'-'.join(Path(path).parts)}-{{digest}}"
            packed[attribute, source] = _put(clients, name, pack(source))
        properties[attribute] = packed[attribute, source]


def _put(clients: Clients, name: str, content: bytes) -> dict[str, str]:
    key = name.format(digest=hashlib.sha256(content).hexdigest()[:16])
    clients.s3.put_object(Bucket=PACKAGES_BUCKET, Key=key, Body=content)
    return {"Bucket": PACKAGES_BUCKET, "Key": key}


def _function(folder: Path) -> bytes:
    return _zip((path.relative_to(folder), path) for path in _files(folder))


def _layer(folder: Path) -> bytes:
    """As `sam build` lays it out, code under python/, but without the dependencies."""
    entries = [
        (Path("python") / path.relative_to(folder), path)
        for path in _files(folder)
        if path.parent != folder  # requirements.txt and the like
    ]
    return _zip(iter(entries)) if entries else _zip(iter([]), marker="python/in-the-environment")


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise DeployError(f"The template names {folder}, which is no folder.")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.endswith(_NEVER_PACKED) for part in path.parts):
            yield path


def _zip(entries: Iterator[tuple[Path, Path]], marker: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, path in entries:
            bundle.writestr(zipfile.ZipInfo(name.as_posix(), _EPOCH), path.read_bytes())
            if name.suffix == ".py":
                compiled = importlib.util.cache_from_source(name.as_posix())
                bundle.writestr(zipfile.ZipInfo(compiled, _EPOCH), _bytecode(path, name))
        if marker is not None:  # a zip without entries is refused
            bundle.writestr(zipfile.ZipInfo(marker, _EPOCH), b"")
    return buffer.getvalue()


def _bytecode(path: Path, name: Path) -> bytes:
    """A module compiled as `make build` does it, once for each text it ever had.

    The emulator unpacks a layer for every function anew; each would compile all of it again.
    """
    text = name.as_posix().encode() + b"\n" + path.read_bytes()
    tag = importlib.util.cache_from_source(hashlib.sha256(text).hexdigest()[:32])
    kept = WORKSHOP / "bytecode" / Path(tag).name
    if not kept.exists():
        py_compile.compile(
            str(path),
            cfile=str(kept),
            dfile=name.as_posix(),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    return kept.read_bytes()


_PACKERS = {
    "AWS::Serverless::Function": ("CodeUri", _function),
    "AWS::Serverless::LayerVersion": ("ContentUri", _layer),
    "AWS::Serverless::StateMachine": ("DefinitionUri", Path.read_bytes),
}

"""The template is deployed as it is; only its paths are replaced."""

import io
import json
import zipfile
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest

from local.emulator.clients import Clients
from local.emulator.deploy import PACKAGES_BUCKET, DeployError, deploy
from local.emulator.engine import Engine

TEMPLATE: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {"Colour": {"Type": "String", "AllowedValues": ["red", "blue"]}},
    "Resources": {
        "Core": {
            "Type": "AWS::Serverless::LayerVersion",
            "Properties": {"ContentUri": "layers/core"},
        },
        "SayFunction": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "CodeUri": "functions/say",
                "Handler": "app.handler",
                "Runtime": "python3.13",
                "Layers": [{"Ref": "Core"}],
                "Environment": {"Variables": {"COLOUR": {"Ref": "Colour"}}},
            },
        },
    },
    "Outputs": {"FunctionName": {"Value": {"Ref": "SayFunction"}}},
}


@pytest.fixture
def clients() -> Iterator[Clients]:
    with Engine() as engine:
        yield Clients(engine.url)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A project with one function that says what its layer says."""
    files = {
        "functions/say/app.py": "import os, words\n"
        "def handler(event, context):\n    return words.greet(os.environ['COLOUR'])\n",
        "functions/say/__pycache__/app.pyc": "stale",
        "layers/core/requirements.txt": "httpx==0.28.1\n",
        "layers/core/words/__init__.py": "def greet(colour): return f'a {colour} hello'\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return written(tmp_path, TEMPLATE)


def written(folder: Path, template: dict[str, Any]) -> Path:
    path = folder / "template.yaml"
    path.write_text(json.dumps(template))  # JSON is YAML
    return path


def packages(clients: Clients) -> dict[str, list[str]]:
    """What lies in the packages bucket: first part of the name → names in the zip."""
    found = {}
    for item in clients.s3.list_objects_v2(Bucket=PACKAGES_BUCKET)["Contents"]:
        content = clients.s3.get_object(Bucket=PACKAGES_BUCKET, Key=item["Key"])["Body"].read()
        if zipfile.is_zipfile(io.BytesIO(content)):
            name = item["Key"].rsplit("-", 1)[0]
            found[name] = zipfile.ZipFile(io.BytesIO(content)).namelist()
    return found


def test_a_function_runs_with_its_layer_and_its_parameters(
    clients: Clients, template: Path
) -> None:
    outputs = deploy(clients, {"Colour": "blue"}, template)

    answer = clients.functions.invoke(FunctionName=outputs["FunctionName"])
    assert json.load(answer["Payload"]) == "a blue hello"


def test_packages_hold_code_and_its_own_bytecode_only(clients: Clients, template: Path) -> None:
    deploy(clients, {"Colour": "red"}, template)

    assert packages(clients) == {
        "functions-say": ["app.py", cache_from_source("app.py")],
        "layers-core": [
            "python/words/__init__.py",
            cache_from_source("python/words/__init__.py"),
        ],
    }


def test_a_parameter_outside_its_values_is_one_line(clients: Clients, template: Path) -> None:
    with pytest.raises(DeployError, match=r"no parameter color; did you mean Colour\?"):
        deploy(clients, {"color": "red"}, template)
    with pytest.raises(DeployError, match="'green' is not in AllowedValues") as refused:
        deploy(clients, {"Colour": "green"}, template)

    assert "\n" not in str(refused.value)


def test_a_parameter_that_the_template_has_words_for_is_told_with_what_was_found(
    clients: Clients, template: Path
) -> None:
    size = {"Type": "String", "AllowedPattern": "[0-9]+", "ConstraintDescription": "A number."}
    sized = TEMPLATE | {"Parameters": TEMPLATE["Parameters"] | {"Size": size}}

    with pytest.raises(DeployError) as refused:
        deploy(clients, {"Colour": "red", "Size": "lots"}, written(template.parent, sized))

    assert str(refused.value) == "Size is 'lots'. It may be: A number."


def test_every_resource_that_failed_is_one_line(clients: Clients, template: Path) -> None:
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "m"}}
    broken = TEMPLATE | {"Resources": TEMPLATE["Resources"] | {"Alarm": alarm}}

    with pytest.raises(DeployError) as refused:
        deploy(clients, {"Colour": "red"}, written(template.parent, broken))

    lines = str(refused.value).splitlines()
    assert lines[0].startswith("The stack ended as ROLLBACK")
    assert [line.split()[0] for line in lines[1:]] == ["Alarm"]


def test_a_folder_that_is_missing_is_named(clients: Clients, template: Path) -> None:
    (template.parent / "functions/say").rename(template.parent / "functions/tell")

    with pytest.raises(DeployError, match="functions/say, which is no folder"):
        deploy(clients, {"Colour": "red"}, template)

"""What is laid beside botocore's descriptions says the same as they do, to one Python only."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import JSONFileLoader
from retake.aws.client import _session
from retake.aws.service_models import CompiledModels

from tools.compiled_models import compile_models

INSTALLED = Path(botocore.__file__).parent / "data"
NAMES = ("endpoints", "partitions", "s3/2006-03-01/endpoint-rule-set-1")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A layer with a few of the descriptions, as slimming leaves them, and what is laid beside."""
    for name in NAMES:
        found: Any = JSONFileLoader().load_file(str(INSTALLED / name))
        file = tmp_path / "botocore/data" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found))
    assert compile_models(tmp_path) == len(NAMES)
    return tmp_path / "botocore/data"


def test_they_are_read_without_the_json(data: Path) -> None:
    wanted = {name: JSONFileLoader().load_file(str(data / name)) for name in NAMES}
    for file in data.rglob("*.json"):
        file.unlink()

    assert {name: CompiledModels().load_file(str(data / name)) for name in NAMES} == wanted


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "of another Python"])
def test_the_json_is_read_where_they_cannot_be(data: Path, damage: str) -> None:
    file = data / f"endpoints.{sys.implementation.cache_tag}.data"
    if damage == "of another Python":
        shutil.move(file, data / "endpoints.cpython-399.data")
    elif damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: 0 if damage == "empty" else 1000])

    read = CompiledModels().load_file(str(data / "endpoints"))

    assert read == JSONFileLoader().load_file(str(data / "endpoints"))


def test_what_there_is_no_description_of_is_none(data: Path) -> None:
    assert CompiledModels().load_file(str(data / "nowhere")) is None


def test_the_functions_clients_read_them() -> None:
    loader: Any = _session().get_component("data_loader")

    assert isinstance(loader.file_loader, CompiledModels)

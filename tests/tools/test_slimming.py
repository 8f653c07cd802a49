"""What a built layer loses is nothing that a function could ask for."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import OperationModel, Shape

from tests.support.template_reader import ROOT
from tools.slimming import EXPLORER, SERVICES, slim

INSTALLED = Path(botocore.__file__).parent / "data"
REGIONS = ("eu-central-1", "us-east-1", "us-gov-west-1", "cn-north-1", "ap-southeast-3")
CODE = [*(ROOT / "layers/core/retake").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]

# A request through the functions' own transport, to a server in the same process.
WITHOUT_ANYIO = """
import http.server, sys, threading, time
sys.path.insert(0, "layers/core")
sys.modules["anyio"] = None
import httpx
from retake.outbound.transport import Bounds, GuardedTransport

class Nothing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
    def log_message(self, *said): pass

server = http.server.HTTPServer(("127.0.0.1", 0), Nothing)
threading.Thread(target=server.handle_request).start()
bounds = Bounds(deadline=time.monotonic() + 9, clock=time.monotonic, maximum_bytes=9)
way = GuardedTransport(bounds, lambda host, port: ["127.0.0.1"])
with httpx.Client(transport=way) as client:
    print(client.get(f"http://127.0.0.1:{server.server_port}").status_code)
server.server_close()
"""


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built layer with the installed botocore's descriptions, a few services beside ours."""
    folder = tmp_path_factory.mktemp("layer")
    data = folder / "python/botocore/data"
    for name in (*SERVICES, "sts", "ec2"):
        shutil.copytree(INSTALLED / name, data / name)
    for file in INSTALLED.glob("*.json"):
        shutil.copy(file, data)
    explorer = folder / "python" / EXPLORER.replace("*", "-bundle", 1).replace("*", "js")
    explorer.parent.mkdir(parents=True)
    explorer.write_text("a page")
    for unused in ("anyio", "anyio-4.12.0.dist-info"):
        (folder / "python" / unused).mkdir()
    assert slim(folder)
    return folder


@pytest.fixture(scope="module")
def slimmed(layer: Path) -> botocore.session.Session:
    """A session that knows only what is left."""

    class Slimmed(Loader):
        BUILTIN_DATA_PATH = str(layer / "python/botocore/data")

    session = botocore.session.Session()
    session.register_component("data_loader", Slimmed())
    return session


@pytest.fixture(scope="module")
def whole() -> botocore.session.Session:
    return botocore.session.Session()


def client(session: botocore.session.Session, service: str, region: str = REGIONS[0]) -> Any:
    make: Any = session.create_client
    keys = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}
    return make(service, region, config=Config(signature_version="s3v4"), **keys)


def outline(shape: Shape | None, seen: tuple[str, ...] = ()) -> Any:
    """A shape as it is sent and read, down to its leaves; recursion is cut at its name."""
    if shape is None or shape.name in seen:
        return shape and shape.name
    seen = (*seen, shape.name)
    parts: Mapping[str, Shape] = getattr(shape, "members", {})
    return (
        shape.type_name,
        shape.serialization,
        {key: value for key, value in shape.metadata.items()},
        {name: outline(part, seen) for name, part in parts.items()},
        *(outline(getattr(shape, each, None), seen) for each in ("member", "key", "value")),
    )


def described(operation: OperationModel) -> Any:
    return (
        operation.http,
        outline(operation.input_shape),
        outline(operation.output_shape),
        sorted(error.name for error in operation.error_shapes),
        operation.auth_type,
        operation.auth,
        operation.http_checksum,
        operation.static_context_parameters,
        [each.name for each in operation.context_parameters],
        operation.endpoint,
    )


def services_asked_for() -> Iterator[str]:
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "client":
                (name,) = node.args
                if isinstance(name, ast.Constant):
                    yield str(name.value)


def test_the_services_kept_are_those_the_functions_make_clients_of() -> None:
    assert set(services_asked_for()) == SERVICES.keys()


@pytest.mark.parametrize("service", SERVICES)
def test_every_call_of_a_service_is_described_as_before(
    service: str, slimmed: botocore.session.Session, whole: botocore.session.Session
) -> None:
    before = whole.get_service_model(service)
    after = slimmed.get_service_model(service)

    assert after.api_version == before.api_version == SERVICES[service]
    assert after.operation_names == before.operation_names
    for name in before.operation_names:
        assert described(after.operation_model(name)) == described(before.operation_model(name))


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_client_calls_the_same_address_as_before(
    service: str, region: str, slimmed: botocore.session.Session, whole: botocore.session.Session
) -> None:
    before, after = client(whole, service, region), client(slimmed, service, region)

    assert after.meta.endpoint_url == before.meta.endpoint_url
    assert after.meta.config.signature_version == before.meta.config.signature_version


def test_an_object_is_signed_for_the_same_address_as_before(
    slimmed: botocore.session.Session, whole: botocore.session.Session
) -> None:
    where = {"Bucket": "results", "Key": "edited/a b.mp4"}

    before, after = (
        client(each, "s3").generate_presigned_url("get_object", where, ExpiresIn=60)
        for each in (whole, slimmed)
    )

    assert after.partition("?")[0] == before.partition("?")[0]


def test_little_is_left(layer: Path) -> None:
    left = sum(file.stat().st_size for file in layer.rglob("*") if file.is_file())

    assert left < sum(file.stat().st_size for file in INSTALLED.rglob("*.*")) / 15
    assert not list(layer.rglob(EXPLORER))
    assert not list(layer.rglob("anyio*"))


def test_the_web_is_reached_without_what_is_taken_out() -> None:
    said = subprocess.run(
        [sys.executable, "-c", WITHOUT_ANYIO], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert said.stdout == "204\n"


def test_slimming_twice_changes_nothing(layer: Path) -> None:
    before = {file: file.read_bytes() for file in layer.rglob("*") if file.is_file()}

    assert slim(layer)

    assert {file: file.read_bytes() for file in layer.rglob("*") if file.is_file()} == before


def test_a_build_without_botocore_is_told_of(tmp_path: Path) -> None:
    script = ROOT / "tools/slimming.py"

    done = subprocess.run(
        [sys.executable, "-S", str(script), str(tmp_path)], capture_output=True, text=True
    )

    assert done.returncode == 1
    assert done.stderr == f"There is no botocore in {tmp_path}.\n"

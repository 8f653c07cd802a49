"""The examples of the documentation, and clients that others' generators make of openapi.json."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator.engine import REGION, ROOT
from local.whole_stack import Studio
from tests.end_to_end.conftest import PARAMETERS, WAIT_SCALE
from virtual.clips import clip

pytestmark = pytest.mark.long
JUDGES = ROOT / ".local" / "judges"
SPEC = ROOT / "docs" / "openapi.json"
EXAMPLES = ROOT / "docs" / "examples"
# What a generated client is used for here; its calls are signed by what hangs into its transport.
WITH_PYTHON = Path(__file__).with_name("python_client.py")
WITH_TYPESCRIPT = Path(__file__).with_name("typescript_client.ts")


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with Studio(
        wait_scale=WAIT_SCALE, seconds=0.5, parameters=PARAMETERS, access_key="test"
    ) as made:
        yield made


def run(studio: Studio, folder: Path, *typed: object) -> str:
    """What a program prints that knows the stack by its environment alone."""
    (folder / "clip.mp4").write_bytes(clip())
    settings = {
        "API": studio.stack.address.api_url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "SECONDS_BETWEEN": "0.5",
        "NO_PROXY": "127.0.0.1,localhost",
        "PYTHONPATH": str(folder),
        "PATH": f"{JUDGES / 'bin'}:{os.environ['PATH']}",
    }
    ended = subprocess.run(
        [str(each) for each in typed], cwd=folder, env=settings, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.strip()


def saved(folder: Path, edit_id: str) -> bool:
    return (folder / f"{edit_id}.mp4").stat().st_size > 10_000


def test_the_python_example_fetches_an_edited_file(studio: Studio, tmp_path: Path) -> None:
    edit_id = run(
        studio, tmp_path, sys.executable, EXAMPLES / "edit.py", "clip.mp4", "Make it snow"
    )

    assert saved(tmp_path, edit_id)


def test_the_typescript_example_fetches_an_edited_file(studio: Studio, tmp_path: Path) -> None:
    example = _beside_the_packages(tmp_path, EXAMPLES / "edit.ts")

    edit_id = run(studio, tmp_path, "node", example, "clip.mp4", "Make it snow")

    assert saved(tmp_path, edit_id)


def test_a_client_that_openapi_python_client_makes_goes_the_whole_way(
    studio: Studio, tmp_path: Path
) -> None:
    generator = JUDGES / "bin" / "openapi-python-client"
    made = tmp_path / "made"
    run(
        *(studio, tmp_path, generator, "generate", "--path", SPEC),
        *("--meta", "none", "--output-path", made / "retake_client"),
    )
    shutil.copy(WITH_PYTHON, tmp_path)
    (tmp_path / "retake_client").symlink_to(made / "retake_client")

    edit_id = run(studio, tmp_path, sys.executable, WITH_PYTHON.name, "clip.mp4", "Make it snow")

    assert saved(tmp_path, edit_id)


def test_types_that_openapi_typescript_makes_ask_for_nothing_that_is_optional(
    studio: Studio, tmp_path: Path
) -> None:
    program = _beside_the_packages(tmp_path, WITH_TYPESCRIPT)
    run(studio, tmp_path, *_node("openapi-typescript"), SPEC, "-o", "retake.ts")
    options = {"strict": True, "noEmit": True, "module": "nodenext", "target": "es2022"}
    options |= {"allowImportingTsExtensions": True, "skipLibCheck": True, "types": []}
    settings = {"compilerOptions": options, "files": [program.name, "globals.d.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "globals.d.ts").write_text(
        'declare module "node:fs/promises";\n'
        "declare const process: any;\ndeclare const Buffer: any;\n"
    )

    run(studio, tmp_path, *_node("typescript", "tsc"))
    edit_id = run(studio, tmp_path, "node", program.name, "clip.mp4", "Make it snow")

    assert saved(tmp_path, edit_id)


def _beside_the_packages(folder: Path, program: Path) -> Path:
    (folder / "node_modules").symlink_to(JUDGES / "node_modules")
    return Path(shutil.copy(program, folder))


def _node(package: str, name: str = "") -> tuple[object, object]:
    return "node", JUDGES / "node_modules" / ".bin" / (name or package)

"""Builds what `sam deploy` takes to AWS: `python -m tools.build` (make build).

What `sam build` does, without an interpreter of the version that Lambda runs: uv resolves for
another version and another processor, and unpacks wheels only, each held against its hash. With
such an interpreter the modules are compiled as well, which a cold start would have to do anew each
time: Lambda keeps nothing that it compiles.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from local.emulator.engine import ROOT, WORKSHOP
from local.errors import UserError
from tools.hashed_roots import lay_out
from tools.slimming import slim

BUILT = ROOT / ".aws-sam/build"  # where `sam deploy` looks for a template first
VERSION = "3.13"
# Lambda's Python 3.13 runs on Amazon Linux 2023, whose C library is 2.34.
PLATFORM = "aarch64-manylinux_2_28"
FETCHED = WORKSHOP / "python"
UV = Path(sys.executable).parent / "uv"
PATHS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".DS_Store")


@dataclass(frozen=True, slots=True)
class BuildTarget:
    """What the packages are for. Without an `interpreter` nothing is compiled."""

    options: tuple[str, ...]
    interpreter: Path | None


def for_lambda() -> BuildTarget:
    """Lambda's version and processor; the interpreter is found here, or brought by uv."""
    return BuildTarget(
        ("--python-version", VERSION, "--python-platform", PLATFORM),
        found_interpreter() or fetched_interpreter(),
    )


def for_this_machine() -> BuildTarget:
    """The same packages in the wheels of this interpreter, to run what was built where it is."""
    return BuildTarget((), Path(sys.executable))


def build(target: BuildTarget, folder: Path = BUILT) -> None:
    """Everything of the template that is a folder, and the template that says where it is now."""
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, resource in template["Resources"].items():
        attribute = PATHS.get(resource["Type"])
        if attribute is None:
            continue
        source = ROOT / resource["Properties"][attribute]
        resource["Properties"][attribute] = name
        if attribute == "DefinitionUri":
            resource["Properties"][attribute] = os.path.relpath(source, folder)
        elif attribute == "CodeUri":
            shutil.copytree(source, folder / name, ignore=_LEFT_OUT)
        else:
            _layer(source, folder / name / "python", target)
    (folder / "template.yaml").write_text(json.dumps(template, indent=1, default=str) + "\n")
    if target.interpreter is not None:
        _compile(folder, target.interpreter)


def _layer(source: Path, folder: Path, target: BuildTarget) -> None:
    """What the requirements pin and the packages beside them, without what nobody reads."""
    _uv(
        *("pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"),
        *("--link-mode", "copy", *target.options),
        *("--target", str(folder), "-r", str(source / "requirements.txt")),
    )
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for package in source.iterdir():
        if package.is_dir() and package.name != "__pycache__":
            shutil.copytree(package, folder / package.name, ignore=_LEFT_OUT)
    slim(folder)
    if (folder / "certifi").is_dir():
        lay_out(folder / "certifi")


def _compile(folder: Path, interpreter: Path) -> None:
    # Unchecked: zipping changes the files' times, by which bytecode is otherwise held to be stale.
    mode = ("--invalidation-mode", "unchecked-hash")
    subprocess.run([interpreter, "-m", "compileall", "-q", *mode, folder], check=True)
    subprocess.run([interpreter, Path(__file__).parent / "compiled_models.py", folder], check=True)


# ---------------------------------------------------------------- an interpreter to compile with


def found_interpreter() -> Path | None:
    """One of Lambda's version that is on this machine."""
    for candidate in _candidates():
        said = subprocess.run(
            [candidate, "-c", "import sys; print(sys.version_info[:2], sys.executable)"],
            capture_output=True,
            text=True,
            check=False,
        )
        # A name on PATH may be a shim of pyenv that only says it has no such version.
        if said.returncode == 0 and said.stdout.startswith(str(_version())):
            return Path(said.stdout.partition(") ")[2].strip())
    return None


def fetched_interpreter() -> Path | None:
    """One that uv brings, into the project's own folder; None where it cannot be had."""
    try:
        _uv("python", "install", "--no-bin", "--quiet", VERSION)
    except UserError:
        return None
    return found_interpreter()


def _candidates() -> Iterator[str]:
    if shutil.which(f"python{VERSION}"):
        yield f"python{VERSION}"
    with suppress(UserError):
        yield _uv("python", "find", "--no-python-downloads", "--no-project", "--system", VERSION)
    if shutil.which("pyenv"):
        known = subprocess.run(
            ["pyenv", "prefix", VERSION], capture_output=True, text=True, check=False
        )
        if known.returncode == 0:
            yield f"{known.stdout.strip()}/bin/python"


def _version() -> tuple[int, ...]:
    return tuple(int(part) for part in VERSION.split("."))


def _uv(*words: str) -> str:
    said = subprocess.run(
        [UV, *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"UV_PYTHON_INSTALL_DIR": str(FETCHED)},
    )
    if said.returncode:
        raise UserError(said.stderr.strip() or f"uv {words[0]} failed")
    return said.stdout.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.build", description=__doc__)
    parser.add_argument("--for-this-machine", action="store_true")
    parser.add_argument("--folder", type=Path, default=BUILT)
    chosen = parser.parse_args(arguments)
    target = for_this_machine() if chosen.for_this_machine else for_lambda()
    try:
        build(target, chosen.folder.absolute())
    except UserError as error:
        print(f"make build: {error}", file=sys.stderr)
        return 1
    print(f"Built in {os.path.relpath(chosen.folder)}", end="")
    if target.interpreter is None:
        print(
            f", and not compiled: there is no Python {VERSION} here, and uv could bring none.\n"
            "It runs all the same, and each cold start takes some tenths of a second longer."
        )
    else:
        print(" and compiled." if not chosen.for_this_machine else ", for this machine.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

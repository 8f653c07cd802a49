"""Where measurements happen: the functions as they are deployed, and environments for peers."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tools.hashed_roots import lay_out
from tools.slimming import slim

ROOT = Path(__file__).resolve().parent.parent
WORKSHOP = ROOT / ".local"
UV = ROOT / ".venv/bin/uv"
LAYERS = {"core": ("layers/core", "retake"), "media": ("layers/media", None)}
ARM = ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13")


@cache
def runtime_python() -> str:
    """The interpreter Lambda runs, if it is here; else the one at work, as the results then say."""
    found = shutil.which("python3.13") or ""
    pyenv = shutil.which("pyenv")
    if pyenv:
        prefix = subprocess.run([pyenv, "prefix", "3.13"], capture_output=True, text=True)
        found = f"{prefix.stdout.strip()}/bin/python3.13" if prefix.returncode == 0 else found
    works = found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0
    return found if works else sys.executable


def built(*, arm: bool = False) -> Path:
    """The stack as `make build` leaves it: `core/`, `media/`, `functions/<name>/`, with bytecode.

    `arm` takes the packages that are deployed, for arm64; otherwise those that run here, and
    `runtime/` beside them with a whole boto3, as Lambda brings one.
    """
    room = WORKSHOP / f"bench-built-{'arm64' if arm else 'here'}"
    mark = room / "packages"
    made_by = (
        "layers/core/requirements.txt",
        "layers/media/requirements.txt",
        "tools/slimming.py",
        "tools/hashed_roots.py",
    )
    wanted = hashlib.sha256(b"".join((ROOT / it).read_bytes() for it in made_by)).hexdigest()
    wanted += runtime_python()
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(room, ignore_errors=True)
        for name, (folder, _) in LAYERS.items():
            lock = str(ROOT / folder / "requirements.txt")
            _install(room / name, "--require-hashes", "-r", lock, *(ARM if arm else ()))
        if not arm:
            pins = str(ROOT / "requirements/local.txt")
            _install(room / "runtime", "-c", pins, "boto3")
        slim(room / "core")
        lay_out(room / "core/certifi")
        mark.write_text(wanted)
    shutil.rmtree(room / "functions", ignore_errors=True)
    shutil.rmtree(room / "core/retake", ignore_errors=True)
    no_bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "layers/core/retake", room / "core/retake", ignore=no_bytecode)
    shutil.copytree(ROOT / "functions", room / "functions", ignore=no_bytecode)
    compiled(room)
    return room


def compiled(folder: Path) -> None:
    """Bytecode as the build writes it: valid whatever the files' times say."""
    mode = ("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")
    subprocess.run([runtime_python(), *mode, str(folder)], check=False, stdout=subprocess.DEVNULL)
    models = ROOT / "tools/compiled_models.py"
    subprocess.run([runtime_python(), "-s", str(models), str(folder / "core")], check=True)


def peers(name: str) -> str:
    """The interpreter of an environment of its own with `bench/requirements/<name>.txt`."""
    lock = ROOT / f"bench/requirements/{name}.txt"
    room = WORKSHOP / f"bench-{name}"
    mark = room / "installed"
    if not mark.exists() or mark.read_text() != lock.read_text():
        _run("venv", "--quiet", "--clear", "--python", sys.executable, str(room))
        given = ("--require-hashes", "--only-binary", ":all:", "-r", str(lock))
        _run("pip", "install", "--quiet", "--python", str(room), *given)
        mark.write_text(lock.read_text())
    return str(room / "bin/python")


def _install(target: Path, *what: str) -> None:
    _run(
        *("pip", "install", "--quiet", "--python", runtime_python(), "--only-binary", ":all:"),
        *("--target", str(target), *what),
    )


def _run(*arguments: str) -> None:
    subprocess.run([str(UV), *arguments], check=True, cwd=ROOT)


def megabytes(folders: Sequence[Path]) -> float:
    """What files hold, in 1,000,000 bytes, as Lambda counts what it unzips."""
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return sum(file.stat().st_size for file in files) / 1e6

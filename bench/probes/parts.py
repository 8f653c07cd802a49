"""Starts one function or the reference and marks, for who counts instructions, whose turn it is.

    python parts.py LABELS ROOM function|reference

A mark is a call of `getppid`, which nothing else makes. Between two marks works the one whose name
stands in the same place in the file LABELS. A module of the standard library belongs to who imports
it first; this file's own work is part of what it marks, a hundredth in all.
"""

import atexit
import os
import runpy
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

HTTPX, BOTOCORE, PYDANTIC, POWERTOOLS = "httpx", "botocore", "pydantic", "Powertools"
PACKAGES = {
    "aws_lambda_powertools": POWERTOOLS,
    "botocore": BOTOCORE,
    "dateutil": BOTOCORE,
    "jmespath": BOTOCORE,
    "urllib3": BOTOCORE,
    "boto3": "boto3",
    "s3transfer": "boto3",
    "anyio": HTTPX,
    "h11": HTTPX,
    "httpcore": HTTPX,
    "httpx": HTTPX,
    "pydantic": PYDANTIC,
    "pydantic_core": PYDANTIC,
    "nacl": "PyNaCl",
    "av": "PyAV",
    "app": "own code",
    "retake": "own code",
}
# What is told apart though it is done inside of something else: when this module is there, that.
CALLS = {
    "botocore.session": (
        ("Session", "__init__", "AWS clients"),
        ("Session", "create_client", "AWS clients"),
    ),
    "ssl": (("SSLContext", "load_verify_locations", "roots of TLS"),),
    "pydantic._internal._model_construction": (("ModelMetaclass", "__new__", "pydantic's models"),),
}
_turns = ["interpreter"]
_labels = ["interpreter"]


def _mark() -> None:
    if _labels[-1] != _turns[-1]:
        os.getppid()
        _labels.append(_turns[-1])


def _in_turn(label: str, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
    _turns.append(label)
    _mark()
    try:
        return work(*given, **named)
    finally:
        _turns.pop()
        _mark()


def _told_apart(cls: Any, name: str, label: str) -> None:
    work = getattr(cls, name)
    setattr(cls, name, lambda *given, **named: _in_turn(label, work, *given, **named))


class Finder:
    """Finds modules as Python does, and has their loaders take turns."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        label = PACKAGES.get(name.partition(".")[0])
        execute: Any = spec.loader.exec_module

        def take_turn(module: Any) -> None:
            _in_turn(label or _turns[-1], execute, module)
            for cls, method, apart in CALLS.get(name, ()):
                _told_apart(getattr(module, cls), method, apart)

        spec.loader.exec_module = take_turn  # type: ignore[method-assign]
        return spec


labels, *rest = sys.argv[1:]
atexit.register(lambda: Path(labels).write_text("\n".join(_labels)))
start = Path(__file__).parent / "start.py"
sys.argv = [str(start), *rest]
sys.meta_path.insert(0, Finder)
runpy.run_path(str(start), run_name="__main__")

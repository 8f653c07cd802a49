"""The deployed handlers, read from `functions/` once, over a stack that each run puts in place."""

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import retake.container

FUNCTIONS = Path(__file__).parents[1] / "functions"
Handler = Callable[[dict[str, Any], object], Any]


class Current:
    """What the handlers find where a deployed function has `retake.container`."""

    stage: Any = None


@cache
def handler(name: str) -> Handler:
    """The handler of a function, its collaborators taken from `Current.stage` at each call."""
    spec = importlib.util.spec_from_file_location(
        f"virtual.functions.{name}", FUNCTIONS / name / "app.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with patch.dict(sys.modules, {"retake.container": _stack(), "retake.settings": _settings()}):
        spec.loader.exec_module(module)
    for step in filter(isfunction, vars(module).values()):
        defaults = step.__kwdefaults__ or {}
        if "sleep" in defaults:  # a step's own waiting passes in the time of the run
            defaults["sleep"] = lambda seconds: Current.stage.world.sleep(seconds)
    return module.handler  # type: ignore[no-any-return]  # a module's attributes have no types


def functions() -> list[str]:
    return sorted(path.parent.name for path in FUNCTIONS.glob("*/app.py"))


@cache
def _stack() -> ModuleType:
    module = ModuleType("retake.container")
    for name in vars(retake.container):
        if not name.startswith("__"):
            vars(module)[name] = _deferred(name)
    vars(module)["log"] = _Log()
    vars(module)["ready"] = retake.container.ready
    return module


@cache
def _settings() -> ModuleType:
    module = ModuleType("retake.settings")
    vars(module).update(vars(sys.modules["retake.settings"]))
    vars(module)["settings"] = _deferred("settings")
    return module


def _deferred(name: str) -> Callable[..., Any]:
    return lambda *given, **named: getattr(Current.stage, name)(*given, **named)


class _Log:
    """Every log line, kept so that it can be searched for what must not be in it."""

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda message, **fields: Current.stage.logged(message, fields)

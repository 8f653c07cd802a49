"""How a function starts, in processes of their own: the pause is of the whole process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
LAMBDA = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}


def run(code: str, more: dict[str, str]) -> str:
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "layers/core"), **more},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip()


def test_garbage_collection_pauses_on_lambda_until_the_function_is_ready() -> None:
    code = "import gc, retake; print(gc.isenabled()); import retake.container as s; s.ready(); "

    said = run(code + "print(gc.isenabled())", LAMBDA)

    assert said.split() == ["False", "True"]


def test_a_maker_that_fails_is_left_for_the_first_call() -> None:
    code = "from retake.container import ready; ready(lambda: 1 / 0, lambda: print('made'))"

    assert run(code, LAMBDA) == "made"


def test_nothing_is_made_outside_lambda() -> None:
    code = "import gc; from retake.container import ready; ready(lambda: print('made')); "

    assert run(code + "print(gc.isenabled())", {}) == "True"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_ends_the_pause_although_nothing_is_set(name: str) -> None:
    code = f"import sys, gc; sys.path.insert(0, 'functions/{name}'); import app"

    assert run(code + "; print(gc.isenabled())", LAMBDA) == "True"

"""A path is of one route, and what stands in it is handed on as it came."""

import json
import subprocess
import sys

import pytest
from retake.api.contract import ROUTES

from tests.support.template_reader import ROOT

STARTED = """
import json, sys
sys.path.insert(0, "layers/core")
from retake.api.wiring import usual_answer

usual_answer()
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize(
    ("name", "path", "values"),
    [
        ("list_edits", "/edits", {}),
        ("list_edits", "/edits//", {}),
        ("get_edit", "/edits/e-1", {"edit_id": "e-1"}),
        ("get_edit", "/edits/an id: {1}|é/", {"edit_id": "an id: {1}|é"}),
        ("get_video", "/edits/e-1/video", {"edit_id": "e-1"}),
        ("get_video", "/edits/e-1/videos", None),
        ("get_edit", "/edits/", None),
        ("get_video", "/edits//video", None),
        ("list_edits", "//edits", None),
        ("list_edits", "edits", None),
        ("list_edits", "/", None),
        ("list_edits", "", None),
    ],
)
def test_a_path_is_a_routes_or_none(name: str, path: str, values: dict[str, str] | None) -> None:
    assert ROUTES[name].values(path) == values


def test_no_method_at_a_path_has_two_routes() -> None:
    for name, route in ROUTES.items():
        path = route.path.replace("<", "").replace(">", "")
        others = [
            other
            for other, its in ROUTES.items()
            if its.method == route.method and its.values(path) is not None
        ]
        assert others == [name]


def test_it_starts_without_a_web_framework_and_without_what_only_rarer_calls_need() -> None:
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))

    assert "retake.api.views" in loaded
    assert not {name for name in loaded if name.startswith("aws_lambda_powertools.event_handler")}
    assert not {"retake.media.probe", "retake.api.costs", "retake.api.openapi"} & loaded
    assert not {"retake.api.quotes", "retake.api.models", "html.parser"} & loaded

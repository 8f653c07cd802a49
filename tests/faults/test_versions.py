"""While a deployment is under way, code of one version meets the workflow of another."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.runs import VARIANTS, run
from virtual import lambdas, wiring
from virtual.whole_stack import Stage


@pytest.fixture
def rolled_back(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first execution meets a Persist that closes the edit and publishes nothing."""
    met: list[str] = []
    real = wiring.handler

    def handler(name: str) -> Callable[[Any, Any], Any]:
        def older(event: Any, context: Any) -> Any:
            met.append(name)
            app = real(name).__globals__
            publish = app["publish"]
            app["publish"] = lambda notification: None
            try:
                real(name)(event, context)
            finally:
                app["publish"] = publish
            return {"edit_id": event["edit_id"], "notification": {"subject": "It is ready."}}

        return older if name == "persist" and not met else real(name)

    monkeypatch.setattr(lambdas, "handler", handler)
    return met


def test_what_an_older_persist_left_unpublished_is_not_marked_as_told(
    rolled_back: list[str],
) -> None:
    stage = Stage(VARIANTS["neither"].model)
    stage.deliver(stage.upload())

    outcome = run(stage, "code of the older version under the workflow of the newer")

    assert rolled_back == ["persist"]
    assert not outcome.violations
    assert outcome.ends == {"SUCCEEDED": 1}
    assert len(stage.states.notices) == 1

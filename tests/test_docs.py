"""The documents for readers keep up with the code."""

import json
import re
from pathlib import Path

import pytest
from retake.edits import Conclusion
from retake.messages import SCHEMA, message_about
from retake.reasons import Reason, Status
from retake.records import failed

from tests.scene import Scene

ROOT = Path(__file__).parent.parent
MESSAGES = (ROOT / "docs/messages.md").read_text()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained_to_readers_of_messages(reason: Reason) -> None:
    assert f"`{reason}`" in MESSAGES


def test_every_field_of_a_message_is_documented() -> None:
    scene = Scene()
    edit = scene.records.conclude(scene.running(), failed(Reason.TIMED_OUT, "late", at_risk=True))
    lost = scene.records.close(edit, failed(Reason.TIMED_OUT, "late", details={"found": 1}))
    done = scene.records.close(
        scene.running("b.mp4"), Conclusion(status=Status.SUCCEEDED, message="ready")
    )

    documented = set(re.findall(r"`([a-z_]+)`", MESSAGES))

    assert set(message_about(lost)) | set(message_about(done)) <= documented
    assert SCHEMA in MESSAGES
    assert json.dumps(message_about(done))

"""All systems, one vocabulary: only `model` differs between these uploads."""

import json
from pathlib import Path
from typing import Any

import pytest
from retake.catalog.models import MODELS

from local.emulator.topic_inbox import body
from tests.end_to_end.stage import Stage
from tests.retake.providers.recorded_provider import order_for, page_of

pytestmark = pytest.mark.long

LINK = "a signed address of the clip"
PROMPT = "Make it noir"
CALLBACK_FIELDS = ("extra", "callback_url")  # how a provider is told where to call


def without_addresses(sent: Any, key: str) -> Any:
    """The body with the clip's signed address named, and without the callback's."""
    if isinstance(sent, dict):
        return {
            name: without_addresses(value, key)
            for name, value in sent.items()
            if name not in CALLBACK_FIELDS
        }
    if isinstance(sent, list):
        return [without_addresses(each, key) for each in sent]
    return LINK if isinstance(sent, str) and key in sent and "X-Amz-Signature" in sent else sent


def documented_body(key: str) -> dict[str, Any]:
    """What the provider's own page calls the same wishes, and nothing beside them."""
    plain = next(each for each in page_of(key)["submits"] if not each["order"])
    prompt, video = plain["body"]["prompt"], order_for(MODELS[key]).video_url
    text = json.dumps(plain["body"])
    body: dict[str, Any] = json.loads(text.replace(prompt, PROMPT).replace(str(video), LINK))
    return body


@pytest.mark.parametrize("model", MODELS)
def test_switching_the_model_is_all_it_takes(stack: Stage, clip: Path, model: str) -> None:
    key = f"{model.replace('/', '-')}.mp4"

    record = stack.wait_for(stack.drop(clip, key, prompt=PROMPT, model=model))

    assert (record["status"], record["model"]) == ("SUCCEEDED", model)
    (message,) = stack.messages(record["edit_id"])
    assert body(message)["result"]["key"] == record["result"]["key"]
    (accepted,) = [each for each in stack.entries(record) if each["kind"] == "accepted"]
    assert without_addresses(accepted["body"], key) == documented_body(model)


def test_a_reference_video_is_made_of_pictures_by_a_request_file(
    stack: Stage, tmp_path: Path
) -> None:
    picture = tmp_path / "face.png"
    picture.write_bytes(_png())
    stack.clients.s3.upload_file(str(picture), stack.address.inbox_bucket, "images/face.png")
    request = tmp_path / "dance.request.json"
    request.write_text(
        json.dumps(
            {
                "model": "novita/kling-o1-reference",
                "prompt": "@Image1 dances in the rain",
                "images": ["images/face.png"],
                "duration_seconds": 3,
                "aspect_ratio": "1:1",
            }
        )
    )

    record = stack.wait_for(stack.drop(request, "ideas/dance.request.json"))

    assert (record["status"], record["operation"]) == ("SUCCEEDED", "reference")
    assert record["result"]["key"] == f"edited/ideas/dance.{record['edit_id']}.mp4"
    assert record["result"]["duration_seconds"] == pytest.approx(3, abs=0.1)
    assert record["result"]["width"] == record["result"]["height"]


def test_a_request_file_carries_a_prompt_that_metadata_could_not(
    stack: Stage, clip: Path, tmp_path: Path
) -> None:
    prompt = "Make it noir, and keep every face as it is. " * 50
    stack.clients.s3.upload_file(str(clip), stack.address.inbox_bucket, "sources/long.mp4")
    request = tmp_path / "long.request.json"
    request.write_text(json.dumps({"prompt": prompt, "source": "sources/long.mp4"}))

    record = stack.wait_for(stack.drop(request))

    assert record["status"] == "SUCCEEDED"
    (accepted,) = [each for each in stack.entries(record) if each["kind"] == "accepted"]
    assert accepted["body"]["prompt"] == prompt.strip()


def test_without_credit_the_next_model_of_the_stack_takes_over(
    start_stack: Any, clip: Path
) -> None:
    stack = start_stack(ModelOrder="novita/kling-o1-edit,evolink/kling-o1-edit", copying=True)
    stack.faults({"provider": "novita", "call": "submit", "fault": "no_credit"})

    record = stack.wait_for(stack.drop(clip, "poor.mp4", prompt="Make it noir"))

    assert (record["status"], record["model"]) == ("SUCCEEDED", "evolink/kling-o1-edit")
    assert [each["ended"] for each in record["attempts"]] == ["NO_CREDIT"]
    assert stack.ledger()["totals"]["accepted"] == 1


def _png() -> bytes:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (400, 400), (200, 120, 60)).save(buffer, "PNG")
    return buffer.getvalue()

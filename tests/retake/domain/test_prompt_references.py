"""How a prompt points at its pictures, and how each model wants to read it."""

import pytest
from retake.catalog.models import MODELS
from retake.domain.prompt_references import AS_WRITTEN, KLING, in_form, references_in


@pytest.mark.parametrize(
    ("prompt", "form", "sent"),
    [
        ("put @Image1 in", KLING, "put <<<image_1>>> in"),
        ("put @image12 in", KLING, "put <<<image_12>>> in"),
        ("@ELEMENT1,@Video1.", KLING, "<<<element_1>>>,<<<video_1>>>."),
        ("put @image1 in", AS_WRITTEN, "put @Image1 in"),
        ("{kind} {0} %s @Image1", KLING, "{kind} {0} %s <<<image_1>>>"),
        ("mail me@images.example, @Image, @Picture1", KLING, None),
        ("", KLING, None),
    ],
)
def test_a_reference_is_rewritten_and_nothing_else(
    prompt: str, form: str, sent: str | None
) -> None:
    assert in_form(prompt, form) == (prompt if sent is None else sent)


def test_references_are_found_whatever_their_case() -> None:
    found = list(references_in("@Image1 @image2 @ELEMENT03 @Video1 @Audio1"))

    assert found == [("image", 1), ("image", 2), ("element", 3), ("video", 1)]


def test_only_fal_reads_the_form_people_write() -> None:
    as_written = {m.provider for m in MODELS.values() if m.reference_form == AS_WRITTEN}

    assert as_written == {"fal"}

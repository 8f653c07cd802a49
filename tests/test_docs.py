"""The documents for readers keep up with the code."""

import json
import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from retake.api.problems import CODES
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion
from retake.domain.vocabulary import Reason, Status
from retake.presentation.batch_messages import BATCH_SCHEMA, message_about_batch
from retake.presentation.messages import (
    EDIT_SCHEMA,
    message_about,
)
from retake.records.batches import batch_id_of

from tests.support.template_reader import ROOT, template
from virtual.scene import Scene

MESSAGES = (ROOT / "docs/messages.md").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# What a page names in backticks: a file or folder of ours, or a test.
PLACE = re.compile(r"`(\w[\w.-]*/[\w./-]*)`")
TEST = re.compile(r"`(test_\w+)(?!\w*\.py)`")
HOMES = (ROOT, ROOT / "layers/core/retake")
# [text](place) and <img src="place">, but no address on the web and no place on the same page.
LINK = re.compile(r'(?:\]\(|src="|srcset=")(?!https?:|#)([^)#"]+)')
ALARMS = [n for n, r in template()["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained_to_readers_of_messages(reason: Reason) -> None:
    assert f"`{reason}`" in MESSAGES


def test_every_field_of_the_message_about_a_batch_is_documented() -> None:
    scene = Scene()
    first = scene.upload(prompt="", prompts='["noir", "snow"]')
    scene.validate(first)
    batch = scene.records.batches.get(batch_id_of(first.edit_id))
    edits = [scene.records.get(edit_id) for edit_id in batch.edit_ids]
    lost = failed(Reason.TIMED_OUT, "late", at_risk=True)

    said = message_about_batch(batch, [scene.records.close(edit, lost) for edit in edits])

    page = MESSAGES.partition("## Schema `retake.batch/1`")[2]
    documented = set(re.findall(r"`([a-z_]+)`", page.partition("## Reasons")[0]))
    assert set(said) | set(said["edits"][0]) | set(said["cost"]) <= documented
    assert said["schema"] == BATCH_SCHEMA


def test_every_field_of_a_message_is_documented() -> None:
    scene = Scene()
    edit = scene.records.conclude(scene.running(), failed(Reason.TIMED_OUT, "late", at_risk=True))
    lost = scene.records.close(edit, failed(Reason.TIMED_OUT, "late", details={"found": 1}))
    done = scene.records.close(
        scene.running("b.mp4"), Conclusion(status=Status.SUCCEEDED, message="ready")
    )

    documented = set(re.findall(r"`([a-z_]+)`", MESSAGES))

    linked = message_about(done, share_url="https://api.example/share/…")
    assert set(message_about(lost)) | set(linked) <= documented
    assert EDIT_SCHEMA in MESSAGES
    assert json.dumps(message_about(done))


@pytest.mark.parametrize("name", template()["Parameters"])
def test_every_parameter_stands_in_the_table_with_its_default(name: str) -> None:
    default = template()["Parameters"][name]["Default"]

    shown = f"`{default}`" if default != "" else "empty"

    assert f"| `{name}` | {shown} |" in OPERATIONS


@pytest.mark.parametrize("alarm", ALARMS)
def test_whoever_gets_an_alarm_finds_what_to_do(alarm: str) -> None:
    assert f"| `{alarm}` |" in OPERATIONS


def commands() -> set[tuple[str, str, frozenset[str]]]:
    """Every call of the AWS CLI on the page: service, command, options."""
    text = re.sub(r"\\\n\s*", "", OPERATIONS)
    lines = re.findall(r"\baws ([a-z0-9]+) ([a-z-]+)((?: [^\n|)]*)?)", text)
    return {
        (service, verb, frozenset(re.findall(r"(?<!\S)--([a-z-]+)", rest)))
        for service, verb, rest in lines
    }


def test_every_command_of_the_page_is_one_that_aws_knows_with_these_options() -> None:
    of_the_cli = {"output", "query", "max-items"}
    session = botocore.session.get_session()

    unknown: list[tuple[str, ...]] = []
    for service, verb, options in commands():
        model = session.get_service_model({"s3api": "s3"}.get(service, service))
        names = {xform_name(name, "-"): name for name in model.operation_names}
        if verb not in names:
            unknown.append((service, verb))
            continue
        shape = model.operation_model(names[verb]).input_shape
        known = {xform_name(name, "-") for name in shape.members} if shape else set()
        known |= {f"no-{name}" for name in known} | of_the_cli
        unknown += [(service, verb, option) for option in sorted(options - known)]

    assert len(commands()) > 10
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    places = LINK.findall(page.read_text())

    assert [place for place in places if not (page.parent / place).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = PLACE.findall(page.read_text())
    ours = {n for n in named if any((home / n.partition("/")[0]).is_dir() for home in HOMES)}

    assert {n for n in ours if not any((home / n).exists() for home in HOMES)} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("*.py"))
    tests = {*re.findall(r"def (test_\w+)", code), *(f.stem for f in ROOT.rglob("tests/**/*.py"))}

    assert set(TEST.findall(page.read_text())) - tests == set()


def test_every_code_of_a_problem_is_explained_to_callers() -> None:
    page = (ROOT / "docs/api.md").read_text()

    assert {code for code in CODES if f"`{code}`" not in page} == set()


def test_every_sentence_to_look_up_is_one_that_the_product_says() -> None:
    said = "\n".join(
        file.read_text()
        for room in ("layers/core/retake", "command", "local")
        for file in (ROOT / room).rglob("*.py")
    )
    said = re.sub(r'"\s*\n\s*f?"', "", said)  # texts that go on in the next line
    page = (ROOT / "docs/troubleshooting.md").read_text().partition("## Fetch")[0]
    rows = [row.partition("|")[0] for row in re.findall(r"^\| (`.*)$", page, re.MULTILINE)]
    sentences = [each for row in rows for each in re.findall(r"`([^`]+)`", row)]
    of_others = {"Missing Authentication Token"}  # API Gateway's

    unknown = [
        sentence
        for sentence in sentences
        if sentence not in of_others
        and any(part.strip() not in said for part in sentence.split("…"))
    ]

    assert len(sentences) > 30
    assert unknown == []

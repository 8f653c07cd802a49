"""The two functions that are open to the internet reach as little as their work needs."""

from typing import Any

from retake.aws.dynamodb import Change, update_expression
from retake.domain.source import SHARED_BY_EDITS
from retake.records.callback_proof import CallbackProof

from tests.support.memory_stack import Scene
from tests.support.template_reader import listed, statements

UPDATES: list[dict[str, Any]] = [
    each
    for each in statements("CallbackFunctionRole")
    if "dynamodb:UpdateItem" in listed(each["Action"])
]


class Overheard:
    """A table that writes down which changes were made."""

    def __init__(self, scene: Scene) -> None:
        self.changes: list[Change] = []
        self._write = scene.table.write
        scene.table.write = self.write  # type: ignore[method-assign]

    def write(self, *changes: Change) -> None:
        self.changes += changes
        self._write(*changes)


def test_what_a_callback_writes_is_what_its_role_lets_it_name() -> None:
    # As the service reads it: the key, and each attribute of any expression (DynamoDB Developer
    # Guide, "Using IAM policy conditions for fine-grained access control").
    scene = Scene()
    edit = scene.running()
    overheard = Overheard(scene)
    scene.records.note_callback(edit, "task-1")
    CallbackProof(scene.table).note("novita")

    (statement,) = UPDATES
    allowed = statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]
    named = {"pk"}
    for change in overheard.changes:
        named |= set(update_expression("t", change)["ExpressionAttributeNames"].values())
    assert named == set(allowed)
    assert all(change.key.startswith(("edit#", "callbacks#")) for change in overheard.changes)


def test_a_callback_reaches_records_of_edits_and_who_has_called_only() -> None:
    for statement in statements("CallbackFunctionRole"):
        if any(action.startswith("dynamodb:") for action in listed(statement["Action"])):
            keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            assert keys == ["edit#*", "callbacks#*"]


def test_pages_sign_no_settings_no_preset_and_no_picture() -> None:
    (denied,) = statements("ShareFunctionRole", "Deny")

    assert set(denied["Action"]) == {"s3:GetObject", "s3:GetObjectVersion"}
    assert {each["Fn::Sub"] for each in denied["Resource"]} == {
        "${InboxBucket.Arn}/*.json",
        *(f"${{InboxBucket.Arn}}/${{InboxPrefix}}{folder}*" for folder in SHARED_BY_EDITS),
    }

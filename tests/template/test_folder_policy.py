"""The policy that docs/operations.md gives for a party in a folder, judged by an IAM evaluator."""

import json
import re
from typing import Any

import pytest

from tests.support.template_reader import ROOT

evaluator: Any = pytest.importorskip("ministack.core.iam_evaluator")
PAGE = (ROOT / "docs/operations.md").read_text().partition("## Folders as walls")[2]


def decision(action: str, resource: str, folder: str) -> str:
    text = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0]
    # IAM fills in the variable before it compares; the evaluator does not (IAM User Guide,
    # "Policy variables").
    text = text.replace("${aws:PrincipalTag/folder}", folder)
    context = evaluator.EvalContext(
        principal_arn="arn:aws:iam::111122223333:role/agency",
        principal_type="AssumedRole",
        principal_account="111122223333",
        action=action,
        resource_arn=f"arn:aws:s3:::{resource}",
        region="us-east-1",
    )
    policy = evaluator.parse_policy_document(json.loads(text))
    return str(evaluator.evaluate(context, [policy]).decision)


@pytest.mark.parametrize(
    ("action", "resource", "may"),
    [
        ("s3:PutObject", "INBOX/tenantA/clip.mp4", True),
        ("s3:PutObject", "INBOX/tenantA/a.request.json", True),
        ("s3:PutObject", "INBOX/images/tenantA/hat.png", True),
        ("s3:GetObject", "RESULTS/edited/tenantA/clip.e-1.html", True),
        ("s3:PutObject", "INBOX/clip.mp4", False),
        ("s3:PutObject", "INBOX/tenantAB/clip.mp4", False),
        ("s3:PutObject", "INBOX/presets/tenantA.json", False),
        ("s3:GetObject", "INBOX/tenantA/clip.mp4", False),
        ("s3:GetObject", "RESULTS/edited/tenantB/clip.e-1.mp4", False),
        ("s3:DeleteObjectVersion", "INBOX/tenantA/clip.mp4", False),
    ],
)
def test_a_party_writes_and_reads_in_its_folder_only(action: str, resource: str, may: bool) -> None:
    assert (decision(action, resource, "tenantA") == "Allow") is may

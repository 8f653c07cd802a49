"""The receipt of an erasure says the truth about what went and what stayed."""

import json
from datetime import timedelta

import pytest
from retake.domain.conclusions import failed
from retake.domain.edit import Conclusion
from retake.domain.vocabulary import Reason, Status
from retake.providers.contract import DeletionOutcome

from tests.retake.steps.erasure_scene import NAME, Office, about


def test_the_receipt_has_a_line_for_each_thing_and_names_no_file(office: Office) -> None:
    edit = office.ended()

    erased = office.erase(edit)

    assert [(each["what"], each["fate"]) for each in erased.erasure] == [
        ("clip", "ERASED"),
        ("result", "ERASED"),
        ("manifest", "ERASED"),
        ("provider's copy", "ERASED"),
        ("record", "ERASED"),
        ("announcement", "KEPT"),
        ("announcement", "KEPT"),
        ("record", "KEPT"),
    ]
    assert NAME not in json.dumps(list(erased.erasure))


@pytest.mark.parametrize(
    ("answer", "fate", "is_named"),
    [
        (DeletionOutcome.FORGOTTEN, "ERASED", False),
        (DeletionOutcome.UNKNOWN_TASK, "ERASED", False),
        # What is still there can only be found by its id.
        (DeletionOutcome.NOT_OFFERED, "KEPT", True),
        (DeletionOutcome.REFUSED, "FAILED", True),
        (DeletionOutcome.PARTLY, "FAILED", True),
    ],
)
def test_what_the_provider_says_stands_on_the_receipt(
    office: Office, answer: DeletionOutcome, fate: str, is_named: bool
) -> None:
    office.provider.forgetting = answer

    line = about(office.erase(office.ended()), "provider's copy")

    assert line["fate"] == fate
    assert (line.get("reference") == "task-1") is is_named
    assert ("30 days" in line["message"]) is is_named


def test_nothing_was_sent_so_no_provider_is_asked(office: Office) -> None:
    edit = office.upload()
    refusal = Conclusion(status=Status.REJECTED, reason=Reason.TOO_LONG, message="too long")

    erased = office.erase(office.closed(edit, refusal))

    assert office.provider.forgotten == []
    assert about(erased, "provider's copy")["message"] == "Nothing was sent to a provider."
    assert erased.message is None


def test_a_submit_of_unknown_fate_is_not_called_erased(office: Office) -> None:
    edit = office.records.begin_submit(office.validated(), deadline=timedelta(hours=1))
    lost = failed(Reason.SUBMIT_UNCERTAIN, "unknown", at_risk=True)

    erased = office.erase(office.closed(edit, lost))

    assert about(erased, "provider's copy")["fate"] == "KEPT"

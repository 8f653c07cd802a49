"""Every package of the layers is listed with a licence that somebody has read."""

import pytest

from local.errors import UserError
from tools import licences


def test_the_page_is_what_make_docs_would_write() -> None:
    assert licences.PAGE.read_text() == licences.page()


def test_a_licence_that_nobody_allowed_stops_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "ALLOWED", ("Apache-2.0", "MIT"))

    with pytest.raises(UserError, match=r"MPL-2\.0"):
        licences.page()

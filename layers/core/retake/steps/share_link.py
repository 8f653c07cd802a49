"""The link to an edit's page, as messages carry it."""

from datetime import datetime, timedelta

from retake.domain.edit import Edit
from retake.domain.signed_links import Signer, share_path
from retake.settings import Settings


def share_link(edit: Edit, known: Settings, signer: Signer, *, since: datetime) -> str | None:
    """A link that holds for `ShareDays` from a time; None where none is wanted. Raises what the
    secret raises."""
    if not known.share_days or not known.public_url:
        return None
    until = since + timedelta(days=known.share_days)
    path = share_path(edit.edit_id, signer, until=until, generation=edit.share_generation)
    return f"{known.public_url}/{path}"

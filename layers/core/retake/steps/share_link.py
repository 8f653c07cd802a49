"""The link to an edit's page, as messages carry it."""

from datetime import datetime

from retake.domain.edit import Edit
from retake.domain.signed_links import Signer, share_path, shared_until
from retake.settings import Settings


def share_link(
    edit: Edit, known: Settings, signer: Signer, *, now: datetime, address: str = ""
) -> str | None:
    """The link to an edit's page, or None: none is wanted, or it is over. Raises what the secret
    raises."""
    address = known.public_url or address
    until = shared_until(edit.finished_at, known.share_days, now)
    if not address or until is None:
        return None
    path = share_path(edit.edit_id, signer, until=until, generation=edit.share_generation)
    return f"{address}/{path}"

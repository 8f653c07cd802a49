"""Somebody has mended the account at a provider, and will not wait until that is noticed."""

from pydantic import Field

from retake.api.part_views import View
from retake.records.store import Records


class TriedView(View):
    """Which keys are tried at once."""

    provider: str
    keys: list[str] = Field(
        description="Those that were held until later, by provider and name; empty where none was"
    )


def try_held_keys(provider: str, records: Records) -> TriedView:
    """Raises Unavailable."""
    keys = [key for key, _ in records.line.pool(provider).held()]
    return TriedView(provider=provider, keys=[key for key in keys if records.line.try_now(key)])

"""The providers Retake can buy an edit from, by the name the catalog uses."""

from retake.errors import Misconfigured
from retake.outbound import Outbound
from retake.providers.aimlapi import AimlApi
from retake.providers.base import KeySource, Provider
from retake.providers.evolink import EvoLink
from retake.providers.fal import Fal
from retake.providers.novita import Novita
from retake.settings import Settings

PROVIDERS: dict[str, type[Provider]] = {kind.name: kind for kind in (Novita, EvoLink, AimlApi, Fal)}


def provider(name: str, settings: Settings, keys: KeySource, http: Outbound) -> Provider:
    """A provider ready to be asked. Raises Misconfigured when its address is not set."""
    base_url = settings.base_urls.get(name, "")
    if not base_url:
        raise Misconfigured(f"The base URL of {name} is empty; set {name.upper()}_BASE_URL.")
    return PROVIDERS[name](base_url, keys, http)

"""The providers Retake can buy an edit from, by the name the catalog uses."""

from urllib.parse import urlsplit

from retake.errors import Misconfigured
from retake.outbound import Outbound
from retake.providers.aimlapi import AimlApi
from retake.providers.base import KeySource, Provider
from retake.providers.evolink import EvoLink
from retake.providers.fal import Fal
from retake.providers.novita import Novita
from retake.settings import Settings

PROVIDERS: dict[str, type[Provider]] = {kind.name: kind for kind in (Novita, EvoLink, AimlApi, Fal)}


def provider(name: str, settings: Settings, keys: KeySource) -> Provider:
    """A provider ready to be asked, at its own hosts only.

    Raises Misconfigured when its address is not set.
    """
    base_url = settings.base_urls.get(name, "")
    if not base_url:
        raise Misconfigured(f"The base URL of {name} is empty; set {name.upper()}_BASE_URL.")
    kind = PROVIDERS[name]
    options = settings.provider_options.get(name, {})
    hosts = [urlsplit(url).hostname or "" for url in (base_url, *options.values())]
    http = Outbound((*hosts, *kind.other_hosts), loopback_ports=settings.loopback_ports)
    return kind(base_url, keys, http, **options)

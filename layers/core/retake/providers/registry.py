"""The providers Retake can buy an edit from, by the name the catalog uses."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from retake.domain.errors import Misconfigured
from retake.domain.provider_keys import provider_of
from retake.domain.values import dataclass
from retake.providers.aimlapi import AimlApi
from retake.providers.base import KeySource, Provider
from retake.providers.evolink import EvoLink
from retake.providers.fal import Fal
from retake.providers.novita import Novita
from retake.settings import Settings

if TYPE_CHECKING:
    from retake.outbound.client import Outbound, Reply

PROVIDERS: dict[str, type[Provider]] = {kind.name: kind for kind in (Novita, EvoLink, AimlApi, Fal)}


def provider(key: str, settings: Settings, keys: KeySource) -> Provider:
    """A provider ready to be asked with one of its keys, at its own hosts only: `fal` with the only
    or the default one, `fal/team-b` with the one of that name.

    Raises Misconfigured when its address is not set.
    """
    name = provider_of(key)
    base_url = settings.base_urls.get(name, "")
    if not base_url:
        raise Misconfigured(f"The base URL of {name} is empty; set {name.upper()}_BASE_URL.")
    kind = PROVIDERS[name]
    options = settings.provider_options.get(name, {})
    hosts = [urlsplit(url).hostname or "" for url in (base_url, *options.values())]
    line = _Line((*hosts, *kind.other_hosts), settings.loopback_ports)
    own = keys if key == name else _OneKey(keys, key)
    return kind(base_url, own, cast("Outbound", line), **options)


@dataclass(frozen=True, slots=True)
class _OneKey:
    """One key of the several that a provider has."""

    keys: KeySource
    name: str

    def key(self, provider: str, *, fresh: bool = False) -> str:
        return self.keys.key(self.name, fresh=fresh)

    def names(self, provider: str, *, fresh: bool = False) -> tuple[str, ...]:
        return self.keys.names(provider, fresh=fresh)


class _Line:
    """The way out to one provider, made with its first request.

    A callback is read without any, and the HTTP library is a quarter of a cold start.
    """

    def __init__(self, hosts: Iterable[str], loopback_ports: frozenset[int]) -> None:
        self._hosts = hosts
        self._loopback_ports = loopback_ports

    @cached_property
    def _outbound(self) -> "Outbound":
        from retake.outbound.client import Outbound

        return Outbound(self._hosts, loopback_ports=self._loopback_ports)

    def request(self, method: str, url: str, **more: Any) -> "Reply":
        return self._outbound.request(method, url, **more)

"""Where webhooks may go."""

from retake.outbound.client import Outbound

# Whoever tries webhooks out listens on one of these. Not 443, which any name's https leads to.
_OWN_PORTS = range(1024, 65536)


def receivers(opened_ports: frozenset[int]) -> Outbound:
    """Any public host, over https. Where the local engine has opened ports of this machine, its
    user is the only one who names receivers: theirs may listen there as well."""
    return Outbound(("*",), loopback_ports=_OWN_PORTS if opened_ports else opened_ports)

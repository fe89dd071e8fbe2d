"""Where a request came from: the peer, or the hop that our own proxies vouch for."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the client's address, None where it is not one.

    With TRUSTED_PROXIES = n the n-th address from the right of X-Forwarded-For is taken: what is further left was
    written by the client itself. A header that came in several lines is one list, joined by its server.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            address = hops[-settings.TRUSTED_PROXIES]
    try:
        # PostgreSQL's inet takes no IPv6 zone ("fe80::1%eth0").
        return str(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return None


def counted_address(request: HttpRequest) -> str | None:
    """Return the address that a request is counted under: of an IPv6 address its /64, which one customer holds."""
    told = client_address(request)
    if told is None:
        return None
    address = ipaddress.ip_address(told)
    if isinstance(address, ipaddress.IPv4Address):
        return told
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)

"""Where a request came from: the peer, or the hop that our own proxies vouch for."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

NO_ADDRESS = "0.0.0.0"  # noqa: S104 - where the server knows none: all these count together


def client_address(request: HttpRequest) -> str | None:
    """Return the client's address, None where the server knows none.

    With TRUSTED_PROXIES = n the n-th address from the right of X-Forwarded-For is taken: what is further left was
    written by the client itself. A header that came in several lines is one list, joined by its server. Where that
    hop is no address the peer is taken.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    if not settings.TRUSTED_PROXIES:
        return peer
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    told = hops[-settings.TRUSTED_PROXIES] if len(hops) >= settings.TRUSTED_PROXIES else ""
    return _address(told) or peer


def counted_address(request: HttpRequest) -> str:
    """Return the address that a request is counted under, NO_ADDRESS where the server knows none."""
    address = client_address(request)
    return NO_ADDRESS if address is None else counted(address)


def counted(address: str) -> str:
    """Return what an address is counted under: of an IPv6 address its /64, which one customer holds."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)


def _address(told: str) -> str | None:
    """Return the address in "1.2.3.4", "1.2.3.4:5678", "::1" or "[::1]:80", None where there is none."""
    if told.startswith("["):
        told = told[1:].partition("]")[0]
    elif told.count(":") == 1:
        told = told.partition(":")[0]
    try:
        # PostgreSQL's inet takes no IPv6 zone ("fe80::1%eth0").
        return str(ipaddress.ip_address(told.partition("%")[0]))
    except ValueError:
        return None

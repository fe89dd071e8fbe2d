"""Which device a request comes from."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from accounts.services.sessions import Device
from core.addresses import client_address


def device_of(request: HttpRequest, info: Mapping[str, Any]) -> Device:
    """Return the device of a login: what the server sees of it, and `info`, what it says of itself."""
    agent = request.headers.get("User-Agent", "").replace("\x00", "")
    return Device(ip_address=client_address(request), user_agent=agent[:400], info=info)

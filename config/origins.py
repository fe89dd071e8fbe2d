"""Origins of other sites, as a browser names them."""

import re

from django.core.exceptions import ImproperlyConfigured

_ORIGIN = re.compile(r"https?://[a-z0-9._-]+(?::\d{1,5})?|https?://\[[0-9a-f:]+\](?::\d{1,5})?")


def checked(origins: list[str]) -> list[str]:
    """Return the origins. Raises ImproperlyConfigured for one that no browser would send, and for `*` and `null`."""
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ImproperlyConfigured(
                f"CORS_ALLOWED_ORIGINS: {origin!r} is no origin; write https://host or https://host:port, lower case."
            )
    return origins

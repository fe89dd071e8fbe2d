"""What every page of the desk is told without its view."""

from django.conf import settings
from django.http import HttpRequest


def desk_name(request: HttpRequest) -> dict[str, str]:
    """Return the name that stands on the pages; templates know it as `desk_name`."""
    return {"desk_name": settings.DESK_NAME}

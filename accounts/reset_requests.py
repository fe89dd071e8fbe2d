"""What a request for a new password goes through, at the API's door and on the page alike."""

from datetime import datetime

from django.http import HttpRequest

from accounts import tasks
from accounts.models.users import folded
from accounts.services.password_resets import ask_for_reset
from core.addresses import counted_address
from core.limits import hit_shared, require


def take_reset_request(request: HttpRequest, *, email: str, now: datetime) -> None:
    """Count the request by address and name, store it and nudge a worker; nothing depends on whose `email` it is.

    Raises RateLimited, and Unavailable while Redis is away.
    """
    require(hit_shared("password_reset", f"{counted_address(request)} {folded(email)}"), request)
    tasks.nudge(ask_for_reset(email=email, now=now))

"""Mails to people: what they say. They leave through Django's e-mail backend, from workers only."""

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.models import User

_RESET = """Hello {name},

somebody, you we hope, asked for a new password for {username} at {desk}.

Show this token within an hour, it is good once:

{token}

Paste it into the desk's page /password/reset/complete, or let a program send it:

POST /api/v1/auth/password/reset/complete
{{"token": "...", "new_password": "..."}}

All devices will be logged out. If it was not you, do nothing: your password stays as it is.
"""


def send_reset(user: User, token: str) -> None:
    """Send a person the token for a new password. Raises OSError where the mail server does not take it."""
    desk, name = settings.DESK_NAME, user.full_name or user.username
    body = _RESET.format(name=name, username=user.username, desk=desk, token=token)
    EmailMessage(f"{desk}: a new password", body, to=[user.email]).send()

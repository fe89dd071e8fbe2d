"""Says yes to what the console asks before it acts."""

from typing import Any

from django.test import Client


def announced(client: Client, address: str, chosen: dict[str, Any]) -> str:
    """Ask for an action; return what a yes has to name, nothing of one that asked nothing and was done."""
    return _announced_by(client.post(address, chosen))


def say_yes(client: Client, address: str, chosen: dict[str, Any]) -> Any:
    """Ask for an action, and say yes where it asks. Return the page that comes then."""
    asked = client.post(address, chosen, follow=True)
    word = _announced_by(asked)
    return client.post(address, {**chosen, "confirmed": word}, follow=True) if word else asked


def _announced_by(page: Any) -> str:
    return page.context.get("announced", "") if page.context else ""

"""Admin pages of accounts."""

from accounts.admin import money, people  # noqa: F401

"""Admin pages of bots and of what they decide, and what only bots can do with signals."""

from bots.admin import bots, decisions, signals  # noqa: F401

"""Admin pages of trading."""

from trading.admin import orders, positions, risk, signals  # noqa: F401

"""Admin pages of trading."""

from trading.admin import equity, orders, positions, risk, signals  # noqa: F401

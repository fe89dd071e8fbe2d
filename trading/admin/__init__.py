"""Admin pages of trading."""

from trading.admin import accounts, equity, orders, positions, risk, signals  # noqa: F401

"""Admin pages of the market."""

from market.admin import coins, instruments, quotes, watchlist  # noqa: F401

"""Admin pages of the market."""

from market.admin import candles, coins, instruments, quotes, watchlist  # noqa: F401

"""What the tests of trading have for themselves, for the trades of groups."""

from trading.tests.conftest import accounts_of, order_of, venue

__all__ = ["accounts_of", "order_of", "venue"]

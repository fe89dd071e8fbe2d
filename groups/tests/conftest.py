"""What the tests of trading have for themselves, for the trades of groups."""

from trading.tests.conftest import accounts_of, opened, order_of, run_again, send, venue

__all__ = ["accounts_of", "opened", "order_of", "run_again", "send", "venue"]

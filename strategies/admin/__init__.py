"""Admin pages of strategies, their runs and the log."""

from strategies.admin import log, runs, strategies  # noqa: F401

"""Reads strategies, backtests and the log, always from who asks."""

"""Writes strategies, backtests, sweeps and the log."""

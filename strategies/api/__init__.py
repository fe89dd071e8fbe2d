"""The doors of strategies, backtests, sweeps and the log."""

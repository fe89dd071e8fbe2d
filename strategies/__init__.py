"""Rules, indicators, backtests and sweeps. Of trading it may see only trading.engine. Nothing is here yet."""

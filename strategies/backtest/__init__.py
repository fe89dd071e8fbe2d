"""Backtests: candles and targets through one compiled pass over the engine that paper trading runs; no Django."""

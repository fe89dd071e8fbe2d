"""The jobs of strategies: each hands candles to a child process and writes what comes back, once."""

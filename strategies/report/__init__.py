"""What a backtest is shown as: a page with charts, a text for a terminal, JSON and CSV for programs."""

"""Risk: limits before and after the trade, alerts, and the halting and flattening of what lost too much."""

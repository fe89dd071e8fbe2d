"""Says what is wrong with the message of an alert before TradingView sends it."""

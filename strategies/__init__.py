"""Strategies: rules, what they decide on candles, what that would have earned, and who may run them."""

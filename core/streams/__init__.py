"""Streams: what happened, from the transaction in which it happened to the screens that watch."""

"""Reads an alert: from raw bytes to what is asked, or a reason in words why it cannot be read. Pure functions."""

"""Alerts written for other platforms: one file a platform, one line in catalogue.py."""

"""Examinations of what the desk stands on: its surroundings, settings, servers, clock and processes."""

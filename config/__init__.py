"""The project: settings, URLs, entry points. Nothing imports it."""

"""The operators' pages: pieces for those of all apps, and core's own."""

from core.admin import pages  # noqa: F401

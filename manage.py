#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from config import first_look, garbage

# Commands that need no more of the desk than its tables.
QUICK = {"backtest"}

if __name__ == "__main__":
    if is_quick := bool(QUICK.intersection(sys.argv[1:2])):
        garbage.leave()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_quick" if is_quick else "config.settings")
    if sys.argv[1:2] == ["doctor"] and (status := first_look.prepare(sys.argv)):
        sys.exit(status)
    execute_from_command_line(sys.argv)

#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from config import first_look

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["doctor"] and (status := first_look.prepare(sys.argv)):
        sys.exit(status)
    execute_from_command_line(sys.argv)

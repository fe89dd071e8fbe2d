"""Settings of commands that read candles, compute and print: a start of a third of a second instead of one and more.

They write no row, serve nothing and send nothing: secrets, Redis, mail and the apps above `strategies` are not there.
"""

from config.settings_base import *

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "config.quick_apps.QuickCore",
    "config.quick_apps.QuickAccounts",
    "config.quick_apps.QuickMarket",
    "config.quick_apps.QuickStrategies",
    "config.quick_apps.QuickDesk",
]

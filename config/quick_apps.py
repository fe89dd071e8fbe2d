"""The apps of a command that starts quickly: their tables and commands, without what they do for others at start."""

from django.apps import AppConfig


class QuickCore(AppConfig):
    name = "core"


class QuickAccounts(AppConfig):
    name = "accounts"


class QuickMarket(AppConfig):
    name = "market"


class QuickStrategies(AppConfig):
    name = "strategies"


class QuickDesk(AppConfig):
    name = "config"

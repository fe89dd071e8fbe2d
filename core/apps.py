"""The core app: conventions that every other app stands on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

"""Groups of trading accounts."""

from django.apps import AppConfig


class GroupsConfig(AppConfig):
    name = "groups"

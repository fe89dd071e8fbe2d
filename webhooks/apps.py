"""The inbox of alerts."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

"""The inbox of alerts."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from core.examinations import register
        from webhooks import examinations

        register("inbox", examinations.examine_inbox, needs=("migrations",))

"""The market app: instruments, how they are spelled, what they cost now."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from market import catalogue


class MarketConfig(AppConfig):
    name = "market"

    def ready(self) -> None:
        from core.examinations import register
        from market import examinations

        post_migrate.connect(catalogue.install_after_migrate, sender=self, dispatch_uid="market.catalogue")
        register("feed", examinations.examine_feed, needs=("migrations",))

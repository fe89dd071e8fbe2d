"""The market app: instruments, how they are spelled, what they cost now."""

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate

from market import catalogue


class MarketConfig(AppConfig):
    name = "market"

    def ready(self) -> None:
        from core import examinations
        from core.jobs.catalogue import register as register_job
        from core.streams import broadcast
        from market import jobs, unknown_symbols
        from market.checks import check_settings
        from market.examinations import examine_feed
        from market.listings.checks import check_listings
        from market.services.interest import want_ticks
        from market.tasks import ask_for_new_instruments

        register(check_settings)
        register(check_listings)
        post_migrate.connect(catalogue.install_after_migrate, sender=self, dispatch_uid="market.catalogue")
        register_job("backfill_candles", args=jobs.BackfillArgs, run=jobs.backfill_candles)
        broadcast.makers.append(want_ticks)
        unknown_symbols.askers.append(ask_for_new_instruments)
        examinations.register("feed", examine_feed, needs=("migrations",))

"""Signals, orders, fills, positions, risk, brokers."""

from django.apps import AppConfig


class TradingConfig(AppConfig):
    name = "trading"

    def ready(self) -> None:
        from accounts import figures
        from core.examinations import register
        from trading import examinations
        from trading.selectors.figures import figures_with_positions

        figures.read_with(figures_with_positions)
        register("road", examinations.examine_road, needs=("migrations",))

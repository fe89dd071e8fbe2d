"""The strategies app: rules, backtests, sweeps, and the log of what programs decided."""

from django.apps import AppConfig


class StrategiesConfig(AppConfig):
    name = "strategies"

    def ready(self) -> None:
        from core.jobs.catalogue import register
        from strategies.jobs.backtests import BacktestArgs, run_backtest
        from strategies.jobs.sweeps import SweepPartArgs, run_sweep_part
        from strategies.services import backtests, sweeps

        register(backtests.JOB, args=BacktestArgs, run=run_backtest)
        register(sweeps.JOB, args=SweepPartArgs, run=run_sweep_part)

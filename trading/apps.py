"""Signals, orders, fills, positions, risk, brokers."""

from django.apps import AppConfig


class TradingConfig(AppConfig):
    name = "trading"

    def ready(self) -> None:
        from accounts import figures, sheets
        from accounts.exchanges import trade_on
        from accounts.services import ledger, trading_accounts
        from core.examinations import register
        from market.followers import follow_prices
        from trading import brokers, examinations, handlers
        from trading.api.sheets import open_positions, performance
        from trading.selectors.figures import figures_with_positions
        from trading.selectors.triggered import instruments_in_play
        from trading.services.equity import keep_equity_paid
        from trading.services.leaving import check_nothing_under_way, leave_scopes
        from trading.services.margins import arm_paid
        from trading.services.risk.account_limits import follow_daily_loss

        trade_on(brokers.exchanges())
        figures.read_with(figures_with_positions)
        follow_prices(handlers.match_prices, of=instruments_in_play)
        ledger.followers += [keep_equity_paid, arm_paid]
        sheets.add_section("positions", open_positions)
        sheets.add_section("performance", performance)
        trading_accounts.checks.append(check_nothing_under_way)
        trading_accounts.departures.append(leave_scopes)
        trading_accounts.followers.append(follow_daily_loss)
        register("road", examinations.examine_road, needs=("migrations",))

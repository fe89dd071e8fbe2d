"""Bots: which accounts a signal trades, and how."""

from django.apps import AppConfig


class BotsConfig(AppConfig):
    name = "bots"

    def ready(self) -> None:
        from accounts.models import Share
        from accounts.services import trading_accounts
        from accounts.sharing import share_rows
        from accounts.sheets import add_references
        from bots import examinations
        from bots.models import Bot
        from bots.selectors.accounts import groups_of_bot
        from bots.selectors.instruments import coin_of_bot, instruments_of_active_bots
        from bots.selectors.references import bots_of_accounts
        from bots.selectors.strategies import bots_on_strategy
        from bots.services import connections
        from core.examinations import register
        from groups.services import changes, membership
        from market.followers import want_prices_of
        from strategies.services import strategies
        from trading.models import querysets
        from trading.services import orders

        share_rows(Share.Scope.BOT, lambda: Bot.objects.living().select_related("owner"))
        add_references(bots_of_accounts)
        querysets.find_groups_of_bots_with(groups_of_bot)
        orders.find_coins_of_bots_with(coin_of_bot)
        membership.checks.append(connections.check_new_members)
        membership.followers.append(connections.follow_members)
        trading_accounts.departures.append(connections.leave_bots)
        changes.departures.append(connections.leave_group)
        want_prices_of(instruments_of_active_bots)
        strategies.uses.append(bots_on_strategy)
        register("bots", examinations.examine_keys, needs=("migrations",))

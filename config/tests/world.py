"""A desk with one of everything: tom's, shared with eve and vic in every way, seen by nobody else but ada."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role, Share, TradingAccount, User
from accounts.services.password_resets import reset_token
from accounts.services.sessions import Device, open_session
from accounts.services.trading_accounts import open_account
from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot, webhook_key
from bots.services.connections import connect_account, connect_group
from conftest import PASSWORD
from core.jobs.queue import enqueue
from groups.services.membership import create_group
from market.intervals import Interval
from market.models import Coin, Instrument
from market.services.watchlist import watch
from strategies.services.strategies import create_strategy
from strategies.services.trade_strategies import create_trade_strategy
from strategies.tests.making import finished_backtest, waiting_sweep
from trading.models import LimitType, Order, Position, RiskAlert, RiskLimit, ScopeType
from trading.services.risk import monitor
from webhooks.models import Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take
from webhooks.tests.bodies import alert

# Who asks: an admin; a trader whose things these are; one who has nothing to do with them; an exporter and a viewer
# with whom the account, the group and the bot are shared; a viewer with whom nothing is.
CAST = {
    "ada": Role.ADMIN,
    "tom": Role.TRADER,
    "mallory": Role.TRADER,
    "eve": Role.EXPORTER,
    "vic": Role.VIEWER,
    "otto": Role.VIEWER,
}
SHARED_WITH = ("eve", "vic")


class World:
    """The rows, by the names that addresses and bodies know them by, and a way in for everybody."""

    def __init__(self, now: datetime) -> None:
        self.people = {name: _person(name, role) for name, role in CAST.items()}
        self.ada, self.tom = self.people["ada"], self.people["tom"]
        # The member is the oldest: tom's default one.
        self.member, self.direct, self.spare = (
            self._account(name, now - timedelta(seconds=age))
            for name, age in (("Member", 2), ("Direct", 1), ("Spare", 0))
        )
        self.group = create_group(name="Desk", created_by=self.ada, accounts=[self.member])
        self.bot = self._bot()
        self._trade(now)
        self._limit(now)
        self._share()
        self.job = enqueue("sync_portfolio", {"user_id": str(self.tom.pk)}, now=now)
        watch(Instrument.objects.get(symbol="BTCUSDT"), added_by=self.tom, now=now)
        self._list_coin(now)
        self._decide(now)
        self.clients = {"anonymous": APIClient()} | {name: _client(user, now) for name, user in self.people.items()}
        self.cookies = {name: _cookie(user) for name, user in self.people.items()}
        self.names = {**self._rows(), **self._secrets(now)}  # last: a login spoils a reset token

    def browser(self, actor: str) -> Client:
        """Return a browser in which somebody is logged in on the pages; a new one each time, for it keeps cookies."""
        browser = Client()
        if actor in self.cookies:
            browser.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[actor]
        return browser

    def filled(self, value: Any) -> Any:
        """Return an address or a body with the names in braces replaced."""
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        return value.format_map(self.names) if isinstance(value, str) else value

    def _account(self, name: str, now: datetime) -> TradingAccount:
        return open_account(owner=self.tom, name=name, initial_balance=Decimal(10_000), seed=1, now=now)

    def _bot(self) -> Bot:
        bot = create_bot(owner=self.tom, name="Trend", symbol="BTCUSDT", config={"position_size": "0.01"})
        connect_group(bot, self.group)
        connect_account(bot, self.direct)
        return change_status(bot.id, BotStatus.ACTIVE)

    def _trade(self, now: datetime) -> None:
        """Let an alert buy on all accounts of the bot, which is paused then: it may be started and stopped."""
        sender = Sender(self.bot, Proof.URL_KEY, ())
        self.delivery = take(alert(), sender=sender, origin=Origin("192.0.2.1", "application/json"), now=now)
        work_inbox(self.bot.id, clock=timezone.now)
        change_status(self.bot.id, BotStatus.PAUSED)
        self.order = Order.objects.get(account=self.member)
        self.position = Position.objects.get(account=self.member)

    def _limit(self, now: datetime) -> None:
        """Limit the account to two positions, half of which it holds: there is an alert."""
        of_account = {"scope_type": ScopeType.ACCOUNT, "scope_id": self.member.pk, "created_by": self.tom}
        self.limit = RiskLimit.objects.create(
            **of_account, limit_type=LimitType.OPEN_POSITIONS, limit_value="2", warning_threshold="0.5"
        )
        monitor.watch(clock=lambda: now)
        self.alert = RiskAlert.objects.get()

    def _share(self) -> None:
        for name in SHARED_WITH:
            for scope_type, row in (("account", self.member), ("group", self.group), ("bot", self.bot)):
                user = self.people[name]
                Share.objects.create(user=user, scope_type=scope_type, scope_id=row.pk, created_by=self.ada)

    def _list_coin(self, now: datetime) -> None:
        names = dict.fromkeys(("symbol", "name", "slug"), "BTCUSDT")
        Coin.objects.create(**names, provider="coingecko", synced_at=now)

    def _decide(self, now: datetime) -> None:
        """A strategy of tom's, one that is traded, a backtest and a sweep."""
        made = partial(create_strategy, owner=self.tom, rule="sma_cross", now=now)
        self.strategy, traded = made(name="Averages"), made(name="Traded averages")
        instrument = Instrument.objects.get(symbol="BTCUSDT")
        self.trade_strategy = create_trade_strategy(
            strategy_id=traded.pk, instrument=instrument, interval=Interval.H1, now=now
        )
        self.backtest, self.sweep = finished_backtest(self.tom), waiting_sweep(self.tom)

    def _rows(self) -> dict[str, str]:
        rows = {
            "account_id": self.member.pk,
            "direct_id": self.direct.pk,
            "spare_id": self.spare.pk,
            "group_id": self.group.pk,
            "bot_id": self.bot.pk,
            "order_id": self.order.pk,
            "position_id": self.position.pk,
            "limit_id": self.limit.pk,
            "alert_id": self.alert.pk,
            "correlation_id": self.delivery.correlation_id,
            "user_id": self.tom.pk,
            "job_id": self.job.pk,
            "strategy_id": self.strategy.pk,
            "sweep_id": self.sweep.pk,
            "backtest_id": self.backtest.pk,
            "trade_strategy_id": self.trade_strategy.pk,
        }
        return {name: str(value) for name, value in rows.items()} | {
            "symbol": "BTCUSDT",
            "category": "gainers",
            "password": PASSWORD,
        }

    def _secrets(self, now: datetime) -> dict[str, str]:
        session = open_session(self.tom, device=Device(), now=now)
        return {
            "key": webhook_key(self.bot),
            "session_id": str(session.session_id),
            "refresh_token": session.refresh,
            "reset_token": reset_token(self.tom),
        }


def _person(name: str, role: Role) -> User:
    return User.objects.create_user(name, f"{name}@example.com", PASSWORD, role=role)


def _client(user: User, now: datetime) -> APIClient:
    tokens = open_session(user, device=Device(), now=now)
    return APIClient(headers={"Authorization": f"Bearer {tokens.access}"})


def _cookie(user: User) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.cookies[settings.SESSION_COOKIE_NAME].value

"""Nobody sets what is not theirs to set: a field of the row that the address does not take is refused by name."""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model

from accounts.api.accounts_serializers import AccountChange, AccountInput, AccountWithKeysInput, KeysInput, MoveInput
from accounts.api.auth_serializers import RegisterInput
from accounts.api.users_serializers import ProfileChange, UserChange
from accounts.models import Credential, TradingAccount, Transfer, User
from bots.api.serializers import BotChange, BotInput, ConnectInput, StatusInput
from bots.models import Bot, BotConnection
from config.tests.test_permission_matrix import BODIES
from config.tests.world import World
from core.api.jobs import JobInput
from core.api.serializers import StrictSerializer
from core.models import Job
from groups.api.serializers import AssignInput, GroupChange, GroupInput, MembersInput
from groups.api.trades_serializers import GroupTradeInput
from groups.models import AccountGroup, GroupMember
from market.api.watchlist import WatchlistInput
from market.models import WatchlistEntry
from strategies.api.log import LogInput
from strategies.api.runs_serializers import BacktestInput
from strategies.api.strategies_serializers import StrategyInput, TradeStrategyInput
from strategies.api.sweeps_serializers import SweepInput
from strategies.models import Backtest, LogEntry, Strategy, Sweep, TradeStrategy
from trading.api.closing_serializers import CloseHeldInput
from trading.api.risk_serializers import HaltInput, LimitChange, LimitInput, ResumeInput
from trading.api.sandbox_serializers import PurchaseInput
from trading.api.serializers import CloseInput, ExitsInput, OrderInput
from trading.models import Order, Position, RiskLimit, Signal, Switch

pytestmark = pytest.mark.django_db

# What each address writes, and what it takes.
WRITES: dict[str, tuple[type[Model], Any]] = {
    "POST /api/v1/auth/register": (User, RegisterInput),
    "POST /api/v1/auth/signup": (User, RegisterInput),
    "PATCH /api/v1/users/me": (User, ProfileChange),
    "PATCH /api/v1/users/{user_id}": (User, UserChange),
    "POST /api/v1/accounts": (TradingAccount, AccountInput),
    "PATCH /api/v1/accounts/{account_id}": (TradingAccount, AccountChange),
    "POST /api/v1/accounts/create": (TradingAccount, AccountWithKeysInput),
    "POST /api/v1/accounts/{account_id}/update-credentials": (Credential, KeysInput),
    "POST /api/v1/accounts/{account_id}/assign-group": (GroupMember, AssignInput),
    "POST /api/v1/accounts/{account_id}/deposit": (Transfer, MoveInput),
    "POST /api/v1/accounts/{account_id}/withdraw": (Transfer, MoveInput),
    "POST /api/v1/orders": (Order, OrderInput),
    "POST /api/v1/accounts/{account_id}/orders": (Order, OrderInput),
    "POST /api/v1/watchlist": (WatchlistEntry, WatchlistInput),
    "POST /api/v1/jobs": (Job, JobInput),
    "POST /api/v1/risk/limits": (RiskLimit, LimitInput),
    "PATCH /api/v1/risk/limits/{limit_id}": (RiskLimit, LimitChange),
    "POST /api/v1/trading/halt": (Switch, HaltInput),
    "POST /api/v1/trading/resume": (Switch, ResumeInput),
    "PATCH /api/v1/accounts/{account_id}/positions/{position_id}": (Position, ExitsInput),
    "POST /api/v1/accounts/{account_id}/positions/close": (Order, CloseInput),
    "POST /api/v1/order": (Order, PurchaseInput),
    "POST /api/v1/trading/close-position/{account_id}": (Order, CloseHeldInput),
    "POST /api/v1/trading/group/{group_id}/execute": (Signal, GroupTradeInput),
    "POST /api/v1/strategy": (Strategy, StrategyInput),
    "PUT /api/v1/strategy/{strategy_id}": (Strategy, StrategyInput),
    "POST /api/v1/strategies": (Strategy, StrategyInput),
    "PUT /api/v1/strategies/{strategy_id}": (Strategy, StrategyInput),
    "POST /api/v1/trade-strategy": (TradeStrategy, TradeStrategyInput),
    "PUT /api/v1/trade-strategy/{trade_strategy_id}": (TradeStrategy, TradeStrategyInput),
    "POST /api/v1/backtests": (Backtest, BacktestInput),
    "POST /api/v1/backtests/sweep": (Sweep, SweepInput),
    "POST /api/v1/log": (LogEntry, LogInput),
    "POST /api/v1/groups": (AccountGroup, GroupInput),
    "PATCH /api/v1/groups/{group_id}": (AccountGroup, GroupChange),
    "POST /api/v1/groups/{group_id}/accounts": (GroupMember, MembersInput),
    "POST /api/v1/bots": (Bot, BotInput),
    "POST /api/v1/bots/create": (Bot, BotInput),
    "PATCH /api/v1/bots/{bot_id}": (Bot, BotChange),
    "POST /api/v1/bots/{bot_id}/status": (Bot, StatusInput),
    "POST /api/v1/bots/{bot_id}/connect-account": (BotConnection, ConnectInput),
    "POST /api/v1/bots/{bot_id}/disconnect-account": (BotConnection, ConnectInput),
}

# What takes a body and writes no field of a row from it: a door, a password, a preview, a lint, an alert (of free
# fields).
OTHERS = {
    *("POST /login", "POST /admin/login/", "POST /password/reset", "POST /password/reset/complete"),
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/password/change",
    "POST /api/v1/auth/password/reset",
    "POST /api/v1/auth/password/reset/complete",
    "POST /api/v1/trading/preview",
    "POST /api/v1/webhook/lint",
    "POST /api/v1/webhook/tradingview",
    "POST /api/v1/webhook/tradingview/{key}",
}


def not_taken(model: type[Model], serializer: Any) -> list[str]:
    """Return every name of a field or column of the model that the serializer does not take, and some of Django's."""
    names = {"is_staff", "is_superuser", "owner", "balance", "pk"}
    for field in model._meta.get_fields():
        names |= {field.name, getattr(field, "attname", field.name)}
    return sorted(names - set(serializer().fields))


def all_rows() -> dict[str, Any]:
    """Return everything that the desk's own tables hold but sessions: who asks is seen there."""
    labels = ("accounts", "bots", "core", "groups", "market", "strategies", "trading", "webhooks")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in models}


@pytest.mark.parametrize("address", WRITES)
def test_fields_that_are_not_taken_are_refused_by_name_and_change_nothing(world: World, address: str) -> None:
    method, path = address.split()
    before, fields = all_rows(), not_taken(*WRITES[address])
    body = world.filled({**BODIES[address], **dict.fromkeys(fields, "1")})
    answer = getattr(world.clients["ada"], method.lower())(world.filled(path), body)
    assert (answer.status_code, sorted(answer.json()["errors"])) == (422, fields)
    assert all_rows() == before


# What no door takes, whatever the row has: whose it is, what it is worth, what it may, when it came and went.
NEVER = {
    *("id", "pk", "owner", "owner_id", "user", "user_id", "created_by", "created_by_id"),
    *("balance", "seed", "key_hash", "sealed_key", "refresh_hash", "webhook_key"),
    *("role", "is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
    *("created_at", "updated_at", "deleted_at", "date_joined", "last_login", "last_seen_at", "ended_at"),
}
# Admins say it of other people; owners of their accounts, to rest one.
BUT = {"UserChange": {"role", "is_active"}, "AccountChange": {"is_active"}}


def input_serializers(kind: type[StrictSerializer] = StrictSerializer) -> set[type[StrictSerializer]]:
    """Return every class of the API that takes a body and refuses what it does not name."""
    found = {each for child in kind.__subclasses__() for each in {child, *input_serializers(child)}}
    return {each for each in found if ".api." in each.__module__}


@pytest.mark.parametrize("serializer", sorted(input_serializers(), key=lambda each: each.__name__))
def test_no_door_takes_what_is_never_the_callers_to_say(serializer: type[StrictSerializer]) -> None:
    assert set(serializer().fields) & NEVER == BUT.get(serializer.__name__, set())


def test_every_serializer_that_an_address_writes_from_is_among_them() -> None:
    assert {serializer for _, serializer in WRITES.values()} <= input_serializers()


def test_every_address_that_takes_a_body_is_tried() -> None:
    assert WRITES.keys() | OTHERS == BODIES.keys()

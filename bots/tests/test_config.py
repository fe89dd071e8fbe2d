"""A bot's settings: their defaults, what is read, and what is refused by name."""

import uuid
from decimal import Decimal

import pytest

from bots.config import BotConfig
from bots.models import Bot
from core.errors import Invalid
from trading.decisions import OnOpposite, Rules
from trading.size_rules import SizeRule, SizeRuleMode
from trading.sizes import Size, SizeMode


def test_the_defaults():
    assert BotConfig.from_json({}) == BotConfig(leverage=1, position_size="", max_lag=60, rules=Rules())


@pytest.mark.parametrize(
    ("data", "config"),
    [
        ({"leverage": 100}, BotConfig(leverage=100)),
        ({"leverage": "20"}, BotConfig(leverage=20)),
        ({"max_lag": 86_400}, BotConfig(max_lag=86_400)),
        ({"position_size": "10%"}, BotConfig(position_size="10%")),
        ({"position_size": 5}, BotConfig(position_size="5")),
        ({"position_size": None}, BotConfig()),
        ({"on_opposite": "CLOSE"}, BotConfig(rules=Rules(on_opposite=OnOpposite.CLOSE))),
        ({"pyramiding": True, "allow_shorts": False}, BotConfig(rules=Rules(pyramiding=True, allow_shorts=False))),
        ({"stop_loss": "2 %", "take_profit": "5,5%"}, BotConfig(stop_loss="2%", take_profit="5.5%")),
        ({"stop_loss": None, "take_profit": ""}, BotConfig()),
        ({"colour": "blue", "nested": {"a": [1]}}, BotConfig()),
    ],
    ids=str,
)
def test_what_is_read(data, config):
    assert BotConfig.from_json(data) == config


@pytest.mark.parametrize("name", ["stop_loss", "take_profit"])
@pytest.mark.parametrize("told", ["-1%", "0%", "2000%", "far", [], 0.02, "50000"], ids=str)
def test_an_exit_that_is_no_percent_of_the_entry_is_named(name, told):
    with pytest.raises(Invalid) as refused:
        BotConfig.from_json({name: told})
    assert list(refused.value.errors) == [f"config.{name}"]


def test_a_stop_that_no_long_could_have_is_named():
    with pytest.raises(Invalid, match="less than 100 percent"):
        BotConfig.from_json({"stop_loss": "100%", "take_profit": "100%"})
    assert BotConfig.from_json({"stop_loss": "99.9%", "take_profit": "100%"}).take_profit == "100%"


ACCOUNT = uuid.UUID(int=7)
OTHER = uuid.UUID(int=8)
ONE = {"mode": "as_signalled"}


def test_the_ways_accounts_size_are_read():
    told = {str(ACCOUNT).upper(): {"mode": "FIXED", "value": 0.5}, str(OTHER): {"mode": "as_signalled"}}
    rules = BotConfig.from_json({"account_sizes": told}).account_sizes
    fixed = SizeRule(SizeRuleMode.FIXED, size=Size(SizeMode.BASE, Decimal("0.5")))
    assert rules == {ACCOUNT: fixed, OTHER: SizeRule(SizeRuleMode.AS_SIGNALLED)}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("config.account_sizes", []),
        ("config.account_sizes", "x"),
        ("config.account_sizes.me", {"me": {"mode": "as_signalled"}}),
        (f"config.account_sizes.{ACCOUNT}", {str(ACCOUNT): {"mode": "huge"}}),
        (f"config.account_sizes.{ACCOUNT}", {str(ACCOUNT): "0.5"}),
        (f"config.account_sizes.{ACCOUNT.hex}", {str(ACCOUNT): ONE, ACCOUNT.hex: ONE}),
    ],
    ids=str,
)
def test_a_way_to_size_that_makes_no_sense_is_named(tom, client_of, name, told):
    answer = client_of(tom).post("/api/v1/bots", {"name": "x", "symbol": "BTCUSDT", "config": {"account_sizes": told}})
    assert (answer.status_code, list(answer.json()["errors"]), Bot.objects.count()) == (422, [name], 0)


def test_allowed_symbols_are_kept_as_the_desk_spells_them(tom, client_of):
    config = {"allowed_symbols": ["btc/usd", "BINANCE:BTCUSDT.P", "BTCUSDT"]}
    made = client_of(tom).post("/api/v1/bots", {"name": "x", "symbol": "BTCUSDT", "config": config}).json()
    assert made["config"] == {"allowed_symbols": ["BTC-USD", "BTCUSDT"]}


@pytest.mark.parametrize("symbols", [["ETHUSDT"], ["NOSUCHCOIN"], ["BTCUSDT", "ETHUSDT"]], ids=str)
def test_allowed_symbols_are_of_the_bots_coin(tom, client_of, bot_of, symbols):
    bot, body = bot_of(tom), {"config": {"allowed_symbols": symbols}}
    answer = client_of(tom).patch(f"/api/v1/bots/{bot.id}", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["config.allowed_symbols"])
    assert Bot.objects.get().config == {}


WRONG = [
    ("leverage", 0),
    ("leverage", 101),
    ("leverage", -1),
    ("leverage", "1.5"),
    ("leverage", "٥"),
    ("leverage", True),
    ("leverage", None),
    ("leverage", [5]),
    ("leverage", "9" * 50),
    ("max_lag", 0),
    ("max_lag", 86_401),
    ("position_size", "0"),
    ("position_size", "-1"),
    ("position_size", "NaN"),
    ("position_size", "much"),
    ("position_size", "risk 101%"),
    ("position_size", True),
    ("position_size", {}),
    ("on_opposite", "panic"),
    ("on_opposite", None),
    ("pyramiding", "yes"),
    ("pyramiding", 1),
    ("allow_shorts", None),
    ("allowed_symbols", "BTCUSDT"),
    ("allowed_symbols", [""]),
    ("allowed_symbols", [1]),
    ("allowed_symbols", ["BTCUSDT"] * 51),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=str)
def test_what_is_refused_is_named(name, value):
    with pytest.raises(Invalid) as refused:
        BotConfig.from_json({name: value})
    assert list(refused.value.errors) == [f"config.{name}"]


def test_everything_that_is_wrong_is_named_at_once():
    with pytest.raises(Invalid) as refused:
        BotConfig.from_json({"leverage": 0, "max_lag": 0, "pyramiding": 1})
    assert sorted(refused.value.errors) == ["config.leverage", "config.max_lag", "config.pyramiding"]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=str)
def test_a_bot_with_such_settings_is_a_422_and_is_not_created(tom, client_of, name, value):
    answer = client_of(tom).post("/api/v1/bots", {"name": "x", "symbol": "BTCUSDT", "config": {name: value}})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [f"config.{name}"])
    assert not Bot.objects.exists()

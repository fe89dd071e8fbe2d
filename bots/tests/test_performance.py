"""GET /bots/{id}/performance: what a bot earned by day, week, month and account, by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from bots.services.connections import connect_account, disconnect_account
from market.models import Instrument
from trading.models import OrderSide, Position
from trading.selectors.bot_performance import earned_since
from trading.services.orders import OrderRequest, place_order

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

DAY = timedelta(days=1)
SUNDAY = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)  # the last second of week 9


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def bot(tom, account, bot_of):
    bot = bot_of(tom)
    connect_account(bot, account)
    return bot


@pytest.fixture
def order(bot, account, still_market):
    """Trade 0.1 BTC for the bot: `order("buy", at=50000)`."""

    def place(side, *, at, on=account, when=SUNDAY, bot_id=bot.id):
        still_market.set("BTCUSDT", str(at))
        btc = Instrument.objects.get(symbol="BTCUSDT")
        asked = {"instrument": btc, "side": OrderSide(side), "quantity": Decimal("0.1"), "leverage": 10}
        return place_order(on, request=OrderRequest(**asked, bot_id=bot_id), clock=lambda: when)

    return place


@pytest.fixture
def trade(order):
    """Buy 0.1 BTC at 50,000 and sell it: `trade(sold_at=51000)`."""

    def both(*, sold_at, **asked):
        order("buy", at=50000, **asked)
        order("sell", at=sold_at, **asked)

    return both


@pytest.fixture
def read(bot, tom, client_of):
    return lambda user=tom: client_of(user).get(f"/api/v1/bots/{bot.id}/performance").json()


def pnl(rows):
    return {name: row["pnl"] for name, row in rows.items()}


def test_a_trade_counts_what_it_brought_after_costs(bot, account, trade, read):
    # bought for 5,000, sold for 5,100: 100 − (5,000 + 5,100) × 0.0002 = 100 − 2.02
    trade(sold_at=51000)
    body = read()
    row = {
        "total_trades": 1,
        "winning_trades": 1,
        "losing_trades": 0,
        "win_rate": "100",
        "profit_factor": None,
        "expectancy": "97.98",
        "pnl": "97.98",
        "realized_pnl": "100",
        "fees": "2.02",
        "funding": "0",
    }
    of_account = {**row, "open_positions": 0, "open_pnl": "0"}
    assert body == {
        "bot_id": str(bot.id),
        "metrics": of_account,
        "daily": {"2026-03-01": row},
        "weekly": {"2026-W09": row},
        "monthly": {"2026-03": row},
        "accounts": {str(account.id): {"name": "Paper", **of_account}},
    }


def test_trades_are_put_down_to_the_day_the_week_and_the_month_of_their_end(trade, read):
    trade(sold_at=51000, when=SUNDAY - DAY)  # 97.98 on February 28
    trade(sold_at=51000)
    trade(sold_at=49000, when=SUNDAY + timedelta(seconds=1))  # −100 − (5,000 + 4,900) × 0.0002 = −101.98 on Monday
    body = read()
    assert pnl(body["daily"]) == {"2026-02-28": "97.98", "2026-03-01": "97.98", "2026-03-02": "-101.98"}
    assert pnl(body["weekly"]) == {"2026-W09": "195.96", "2026-W10": "-101.98"}
    assert pnl(body["monthly"]) == {"2026-02": "97.98", "2026-03": "-4"}


def test_a_trade_counts_when_it_ends_not_when_it_began(order, read):
    order("buy", at=50000, when=SUNDAY - 40 * DAY)
    order("sell", at=51000)
    assert (list(read()["daily"]), list(read()["monthly"])) == (["2026-03-01"], ["2026-03"])


def test_the_first_days_of_a_year_may_be_of_the_last_years_week(trade, read):
    trade(sold_at=51000, when=datetime(2027, 1, 1, tzinfo=UTC))
    assert (list(read()["weekly"]), list(read()["monthly"])) == (["2026-W53"], ["2027-01"])


def test_the_figures_of_several_trades(trade, read):
    # 97.98 twice and −101.98: 66.6667 %, 195.96 ÷ 101.98, 93.98 ÷ 3
    [trade(sold_at=price) for price in (51000, 49000, 51000)]
    told = read()["metrics"]
    assert (told["total_trades"], told["winning_trades"], told["losing_trades"]) == (3, 2, 1)
    assert (told["win_rate"], told["profit_factor"], told["expectancy"]) == ("66.6667", "1.9216", "31.3267")


def test_a_trade_that_costs_eat_up_is_lost(trade, read):
    trade(sold_at=50010)  # 1 − 2.0002
    assert (read()["metrics"]["losing_trades"], read()["metrics"]["pnl"]) == (1, "-1.0002")


def test_every_account_stands_for_itself(bot, account, trade, read, tom, account_of):
    other, idle = account_of(tom, name="Other"), account_of(tom, name="Idle")
    [connect_account(bot, each) for each in (other, idle)]
    trade(sold_at=51000)
    trade(sold_at=49000, on=other)
    body = read()
    assert pnl(body["accounts"]) == {str(account.id): "97.98", str(other.id): "-101.98", str(idle.id): "0"}
    assert (body["metrics"]["pnl"], body["daily"]["2026-03-01"]["pnl"]) == ("-4", "-4")


def test_an_account_that_left_keeps_what_was_earned_on_it(bot, account, trade, read):
    trade(sold_at=51000)
    disconnect_account(bot, account.id)
    assert pnl(read()["accounts"]) == {str(account.id): "97.98"}


def test_what_is_open_stands_beside_the_trades(account, order, read, still_market):
    order("buy", at=50000)
    still_market.set("BTCUSDT", "50500")
    told = read()["metrics"]  # 50 − 5,000 × 0.0002
    assert (told["open_positions"], told["open_pnl"], told["total_trades"], told["pnl"]) == (1, "49", 0, "0")


def test_what_is_open_without_a_price_is_worth_nobody_knows_what(order, read, still_market):
    order("buy", at=50000)
    still_market.prices.clear()
    assert (read()["metrics"]["open_positions"], read()["metrics"]["open_pnl"]) == (1, None)


def test_what_was_traded_by_hand_is_not_the_bots(trade, read):
    trade(sold_at=51000, bot_id=None)
    assert (read()["metrics"]["total_trades"], read()["daily"]) == (0, {})


def test_a_position_of_the_bot_that_was_closed_by_hand_is_the_bots(order, read):
    order("buy", at=50000)
    order("sell", at=51000, bot_id=None)
    assert read()["metrics"]["pnl"] == "97.98"


def test_a_position_counts_once_however_many_orders_the_bot_had_in_it(order, read):
    [order("buy", at=50000) for _ in range(2)]
    [order("sell", at=51000) for _ in range(2)]
    assert (read()["metrics"]["total_trades"], read()["metrics"]["pnl"]) == (1, "195.96")


def test_funding_counts(trade, read):
    trade(sold_at=51000)
    Position.objects.update(funding=Decimal("-98"))
    told = read()["metrics"]
    assert (told["funding"], told["pnl"], told["losing_trades"]) == ("-98", "-0.02", 1)


def test_a_bot_that_never_traded_has_no_figures(read):
    body = read()
    assert (body["daily"], body["weekly"], body["monthly"]) == ({}, {}, {})
    assert (body["metrics"]["win_rate"], body["metrics"]["expectancy"], body["metrics"]["pnl"]) == (None, None, "0")


def test_the_page_of_a_bot_has_its_metrics(bot, trade, read, tom, client_of):
    trade(sold_at=51000)
    assert client_of(tom).get(f"/api/v1/bots/{bot.id}").json()["performance"] == {"metrics": read()["metrics"]}


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("mallory", 404), ("vic", 404)])
def test_who_may_read_it(bot, request, client_of, who, status):
    api = client_of(request.getfixturevalue(who))
    assert api.get(f"/api/v1/bots/{bot.id}/performance").status_code == status


def test_who_is_shown_the_bot_reads_it(bot, trade, read, vic):
    trade(sold_at=51000)
    Share.objects.create(user=vic, scope_type="bot", scope_id=bot.id)
    assert read(vic) == read()


@pytest.mark.parametrize("path", ["", "/performance"])
def test_the_statements_do_not_grow(bot, trade, order, tom, account_of, client_of, path):
    api, address = client_of(tom), f"/api/v1/bots/{bot.id}{path}"
    trade(sold_at=51000)
    order("buy", at=50000)
    with CaptureQueriesContext(connection) as few:
        api.get(address)
    others = [account_of(tom, name=str(number)) for number in range(10)]
    [connect_account(bot, other) for other in others]
    [trade(sold_at=51000, on=other, when=SUNDAY + number * DAY) for number, other in enumerate(others)]
    [order("buy", at=50000, on=other) for other in others]
    with CaptureQueriesContext(connection) as many:
        assert api.get(address).status_code == 200
    assert len(many) == len(few)


def test_what_bots_earned_since_midnight_is_told_by_bot_each_trade_once(bot, trade, order, bot_of, tom):
    midnight = SUNDAY.replace(hour=0, minute=0, second=0)
    trade(sold_at=49000, when=midnight - timedelta(seconds=1))
    # Bought twice for 5,000, sold twice for 5,100: 200 − 2 × (5,000 + 5,100) × 0.0002, of four fills of one trade.
    for side, price in [("buy", 50000), ("buy", 50000), ("sell", 51000), ("sell", 51000)]:
        order(side, at=price)
    assert earned_since([bot.pk, bot_of(tom, name="Idle").pk], midnight) == {bot.pk: Decimal("195.96")}


def test_what_is_held_has_earned_nothing_yet(bot, order):
    order("buy", at=50000)
    assert earned_since([bot.pk], SUNDAY - DAY) == {}

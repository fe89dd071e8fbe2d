"""Following an exchange's own list: what is new, what changes, what is gone, and what is left to the operators."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from conftest import NOW
from market.models import Instrument
from market.services.instruments import (
    refresh_instruments,
    refresh_venues,
    venues_in_use,
)
from market.sources import LISTS
from market.sources.base import SourceDown
from market.sources.listed import ListedMarket, MarketList

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def listed(symbol="BTCUSDT", kind="linear", **changes):
    told = {
        "kind": kind,
        "symbol": symbol,
        "base": symbol.removesuffix("USDT"),
        "quote": "USDT",
        "settle": "USDT",
        "tick_size": Decimal("0.5"),
        "lot_size": Decimal("0.01"),
        "min_quantity": Decimal("0.02"),
        "min_notional": Decimal(7),
        "size_unit": Decimal(3),
        "max_leverage": 40 if kind == "linear" else 1,
    }
    return ListedMarket(**told | changes)


class Lists:
    """An exchange whose lists a test sets: rows, or an outage."""

    kinds = ("linear", "spot")

    def __init__(self) -> None:
        self.of = {"linear": [listed()], "spot": [listed(kind="spot")]}
        self.skipped = ()
        self.asked = []

    def instruments(self, kind):
        self.asked.append(kind)
        if self.of[kind] is None:
            raise SourceDown("the line is down")
        return MarketList(kind, tuple(self.of[kind]), self.skipped)


@pytest.fixture
def lists(monkeypatch):
    lists = Lists()
    monkeypatch.setitem(LISTS, "bybit", lists)
    return lists


@pytest.fixture
def refresh(lists):
    return lambda after=timedelta(0): refresh_instruments("bybit", clock=lambda: NOW + after)


def of(symbol="BTCUSDT", kind="linear"):
    return Instrument.objects.get(symbol=symbol, kind=kind, venue="bybit")


def test_new_market_becomes_an_instrument_with_its_venues_prices(lists, refresh):
    lists.of["linear"] = [listed("ADAUSDT")]
    assert refresh().added == 2
    row = of("ADAUSDT")
    assert (row.name, row.base, row.source, row.status) == ("ADA / USDT perpetual", "ADA", "bybit", "trading")
    assert (row.tick_size, row.lot_size, row.min_quantity, row.min_notional) == (
        Decimal("0.5"),
        Decimal("0.01"),
        Decimal("0.02"),
        Decimal(7),
    )
    assert (row.max_leverage, row.maintenance_margin_rate) == (40, Decimal("0.0125"))  # 1 ÷ (2 × 40)
    assert (row.allows_short, row.funding_rate, row.size_unit) == (True, Decimal("0.0001"), Decimal(3))
    assert (row.reference_price, row.listed_at) == (None, NOW)
    row.full_clean()


def test_spot_is_long_only_without_leverage_or_funding(refresh):
    refresh()
    row = of(kind="spot")
    assert (row.allows_short, row.max_leverage, row.maintenance_margin_rate, row.funding_rate) == (False, 1, 0, 0)


def test_steps_and_limits_follow_and_the_operators_columns_stay(refresh):
    before = of()
    Instrument.objects.filter(pk=before.pk).update(spread="0.01", slippage="0.02", commission_rate="0.03", size_unit=9)
    assert refresh().added == 1
    after = of()
    assert (after.pk, after.source, after.name) == (before.pk, "synthetic", before.name)
    assert (after.tick_size, after.max_leverage, after.listed_at) == (Decimal("0.5"), 40, NOW)
    kept = (after.spread, after.slippage, after.commission_rate, after.size_unit)
    assert kept == (Decimal("0.01"), Decimal("0.02"), Decimal("0.03"), Decimal(9))


def test_what_is_gone_is_suspended_and_resumed_when_it_is_back(lists, refresh):
    refresh()
    lists.of["linear"] = [listed("ADAUSDT")]
    assert (refresh(HOUR).suspended, of().status, of().listed_at) == (1, "suspended", NOW)
    lists.of["linear"] = [listed()]
    assert (refresh(2 * HOUR).resumed, of().status, of().is_withheld) == (1, "trading", False)


def test_what_was_never_listed_is_left_alone(refresh):
    refresh()
    assert refresh(HOUR).suspended == 0
    assert of("ETHUSDT").status == "trading"


def test_what_an_operator_suspended_stays_so(refresh):
    refresh()
    Instrument.objects.filter(pk=of().pk).update(status="suspended")
    assert (refresh(HOUR).resumed, of().status) == (0, "suspended")


def test_kind_whose_list_cannot_be_read_stays_as_it_is(lists, refresh):
    refresh()
    lists.of |= {"linear": None, "spot": [listed("ADAUSDT", kind="spot")]}
    done = refresh(HOUR)
    assert (done.failed, done.suspended, of().status, of(kind="spot").status) == (
        ("linear",),
        1,
        "trading",
        "suspended",
    )


def test_row_that_was_skipped_leaves_its_instrument_as_it_is_and_is_logged_once(lists, refresh, caplog):
    refresh()
    lists.of["linear"], lists.skipped = [listed("ADAUSDT")], ("BTCUSDT",)
    assert (refresh(HOUR).skipped, of().status) == (2, "trading")
    refresh(2 * HOUR)
    assert caplog.text.count("cannot be kept: linear BTCUSDT, spot BTCUSDT") == 1


def test_another_venues_instruments_are_not_touched(lists, refresh):
    lists.of["spot"] = [listed("BTC-USD", kind="spot")]
    refresh()
    paper = Instrument.objects.get(symbol="BTC-USD", venue="paper")
    assert (paper.tick_size, paper.listed_at) == (Decimal("0.01"), None)


@pytest.mark.parametrize("many", [1, 500])
def test_the_number_of_statements_does_not_grow_with_the_list(lists, refresh, django_assert_num_queries, many):
    lists.of["linear"] = [listed(f"A{number}USDT") for number in range(many)]
    with django_assert_num_queries(7):  # a savepoint's two, two counts, one upsert, two updates
        refresh()


def test_offline_desk_asks_nobody(lists):
    assert (venues_in_use(), refresh_venues(read_before=NOW, clock=lambda: NOW), lists.asked) == ([], [], [])


def test_venue_that_an_instrument_takes_its_prices_from_is_in_use(lists):
    Instrument.objects.filter(symbol="BTCUSDT").update(source="bybit")
    assert [done.venue for done in refresh_venues(read_before=NOW, clock=lambda: NOW)] == ["bybit"]


def test_venue_that_is_named_is_in_use(settings):
    settings.INSTRUMENT_VENUES = ["binance"]
    assert venues_in_use() == ["binance"]


@pytest.mark.parametrize(("after", "read"), [(timedelta(seconds=59), 0), (timedelta(seconds=61), 1)])
def test_list_that_was_read_within_a_minute_is_not_read_again(settings, refresh, after, read):
    settings.INSTRUMENT_VENUES = ["bybit"]
    refresh()
    assert len(refresh_venues(read_before=NOW + after - timedelta(minutes=1), clock=lambda: NOW + after)) == read


def test_command_says_what_changed(lists, capsys):
    call_command("refresh_instruments", "bybit")
    assert capsys.readouterr().out == "bybit: 2 listed, 1 added, 0 suspended, 0 resumed, 0 skipped\n"


def test_command_without_a_venue_in_use_says_so(lists, capsys):
    call_command("refresh_instruments")
    assert "No venue is in use" in capsys.readouterr().out
    assert lists.asked == []


def test_command_fails_where_a_list_was_not_read(lists, capsys):
    lists.of["spot"] = None
    with pytest.raises(CommandError, match="Not every list"):
        call_command("refresh_instruments", "bybit")
    assert "not read: spot" in capsys.readouterr().out


def test_command_refuses_a_venue_without_a_list():
    with pytest.raises(CommandError, match="No list is known of kraken"):
        call_command("refresh_instruments", "kraken")

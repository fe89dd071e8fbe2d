"""The instruments of the start: there after a migration, kept as operators left them, sane."""

from decimal import Decimal

import pytest
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import IntegrityError, transaction

from core import triggers
from market.catalogue import INSTRUMENTS, install, install_after_migrate
from market.models import Instrument, InstrumentQuerySet

pytestmark = pytest.mark.django_db
SYMBOLS = {row["symbol"] for row in INSTRUMENTS}


def test_instruments_are_there_from_the_start():
    names = ["BTC-USD", "ETH-USD", "BTC-FUT", "SPX-FUT", "EURUSD", "BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT"]
    assert set(Instrument.objects.trading().values_list("symbol", flat=True)) == set(names)


@pytest.mark.django_db(transaction=True)
def test_flushed_database_has_them_again():
    # The ledger's triggers refuse to be emptied; a flush ends by installing them again.
    triggers.remove()
    call_command("flush", interactive=False, verbosity=0)
    assert set(Instrument.objects.values_list("symbol", flat=True)) == SYMBOLS


def test_markets_of_exchanges_begin_with_the_price_source_of_the_settings(settings):
    Instrument.objects.filter(symbol__in=["DOGEUSDT", "EURUSD"]).delete()
    settings.PRICE_SOURCE = "bybit"
    install(Instrument, using="default")
    sources = dict(Instrument.objects.values_list("symbol", "source"))
    assert (sources["DOGEUSDT"], sources["EURUSD"], sources["BTCUSDT"]) == ("bybit", "synthetic", "synthetic")


def test_absent_instrument_comes_back_and_edited_one_is_kept(django_assert_num_queries):
    Instrument.objects.filter(symbol="DOGEUSDT").delete()
    Instrument.objects.filter(symbol="BTCUSDT").update(spread=Decimal("0.5"), status="suspended")
    with django_assert_num_queries(2):
        install(Instrument, using="default")
    assert set(Instrument.objects.values_list("symbol", flat=True)) == SYMBOLS
    assert Instrument.objects.get(symbol="BTCUSDT").spread == Decimal("0.5")


def test_row_that_another_process_made_meanwhile_is_kept(monkeypatch):
    monkeypatch.setattr(InstrumentQuerySet, "values_list", lambda *_, **__: [])
    install(Instrument, using="default")
    assert Instrument.objects.count() == len(SYMBOLS)


def test_suspended_instrument_is_not_trading():
    Instrument.objects.filter(symbol="BTCUSDT").update(status="suspended")
    assert not Instrument.objects.trading().filter(symbol="BTCUSDT").exists()


def test_complete_catalogue_costs_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        install(Instrument, using="default")


def test_nothing_is_installed_while_the_table_is_not_there(django_assert_num_queries):
    with django_assert_num_queries(0):
        install_after_migrate(using="default", apps=Apps())


def test_every_row_passes_its_own_validation():
    Instrument.objects.all().delete()
    rows = [Instrument(**values) for values in INSTRUMENTS]
    for_rows = [row.full_clean(validate_unique=False) for row in rows]
    assert for_rows == [None] * len(SYMBOLS)


def test_margin_of_every_instrument_exceeds_its_maintenance_margin():
    rows = Instrument.objects.all()
    assert [row.symbol for row in rows if 1 / Decimal(row.max_leverage) <= row.maintenance_margin_rate] == []


def test_least_size_of_every_instrument_is_on_lot():
    assert [row.symbol for row in Instrument.objects.all() if row.min_quantity % row.lot_size] == []


@pytest.mark.parametrize(
    "change",
    [
        {"tick_size": 0},
        {"lot_size": -1},
        {"min_quantity": 0},
        {"size_unit": 0},
        {"reference_price": -1},
        {"max_leverage": 0},
        {"stale_after_seconds": 0},
        {"min_notional": -1},
        {"min_commission": -1},
        {"spread": 1},
        {"slippage": -1},
        {"commission_rate": 1},
        {"maintenance_margin_rate": -1},
        {"kind": "swap"},
        {"status": "open"},
    ],
)
def test_database_refuses_what_cannot_be(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Instrument.objects.filter(symbol="BTCUSDT").update(**change)


def test_migrations_say_what_the_models_say():
    # Exits where they differ.
    call_command("makemigrations", "market", check=True, dry_run=True, verbosity=0)

"""What is stored of candles, in the operators' console."""

from datetime import timedelta

import pytest
from django.urls import reverse

from market.intervals import Interval
from market.models import CandleBlock, Instrument
from market.services.candles import store_candles
from market.tests.candles.making import MIDNIGHT, NOW, walk, without

LIST = reverse("admin:market_candleblock_changelist")

pytestmark = pytest.mark.django_db


def page_of(operator, instrument):
    block = CandleBlock.objects.filter(instrument=instrument).latest("number")
    return operator.get(reverse("admin:market_candleblock_change", args=[block.pk]))


def test_all_blocks_of_an_instrument_and_interval_are_one_row(operator, btcusdt):
    store_candles(btcusdt, walk(5_000), now=NOW)
    store_candles(btcusdt, walk(48, interval=Interval.H1), now=NOW)
    rows = operator.get(LIST).context["cl"].result_list
    assert sorted((row.interval, row.total) for row in rows) == [("1h", 48), ("1m", 5_000)]


def test_a_row_says_from_when_to_when(operator, btcusdt):
    store_candles(btcusdt, walk(5_000, start=MIDNIGHT + timedelta(minutes=90)), now=NOW)
    text = operator.get(LIST).content.decode()
    assert "2026-03-02 01:30:00" in text
    assert "2026-03-05 12:50:00" in text
    assert "5,000" in text


def test_gaps_stand_on_the_page_of_their_candles(operator, btcusdt):
    store_candles(btcusdt, without(walk(3_000), 60, 61, 2_000), now=NOW)
    text = page_of(operator, btcusdt).content.decode()
    assert "2 gaps, 3 candles" in text
    assert "2026-03-02 01:00:00" in text
    assert "2026-03-02 01:02:00" in text


def test_candles_without_a_gap_have_none(operator, btcusdt):
    store_candles(btcusdt, walk(3_000), now=NOW)
    assert " gaps, " not in page_of(operator, btcusdt).content.decode()


def test_the_list_reads_no_candles(operator, btcusdt, django_assert_max_num_queries):
    store_candles(btcusdt, walk(3_000), now=NOW)
    operator.get(LIST)
    with django_assert_max_num_queries(100) as few:
        operator.get(LIST)
    for instrument in Instrument.objects.exclude(pk=btcusdt.pk):
        store_candles(instrument, walk(10), now=NOW)
    with django_assert_max_num_queries(len(few)) as many:
        operator.get(LIST)
    assert not any('"data"' in query["sql"] for query in many.captured_queries)


def test_nobody_edits_or_deletes_candles(operator, btcusdt):
    store_candles(btcusdt, walk(3), now=NOW)
    block = CandleBlock.objects.get()
    assert operator.post(reverse("admin:market_candleblock_delete", args=[block.pk])).status_code == 403
    assert operator.get(reverse("admin:market_candleblock_add")).status_code == 403

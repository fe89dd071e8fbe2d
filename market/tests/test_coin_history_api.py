"""GET /cryptocurrencies/{symbol}/history."""

from datetime import timedelta

import pytest

from conftest import NOW
from market.models import CoinSnapshot

HISTORY = "/api/v1/cryptocurrencies/BTC/history"

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(make_coin):
    """Three prices of Bitcoin, an hour apart, the last one at NOW (noon); and one of another coin."""
    coin, other = make_coin("BTC", 1), make_coin("ETH", 2)
    rows = [(coin, 2, 100.5), (coin, 1, 101), (coin, 0, 102), (other, 1, 7)]
    CoinSnapshot.objects.bulk_create(
        CoinSnapshot(coin=each, at=NOW - timedelta(hours=hours), price=price, provider="coingecko", market_cap=5)
        for each, hours, price in rows
    )


def prices(answer):
    assert answer.status_code == 200, answer.content
    return [item["price"] for item in answer.json()["items"]]


def test_the_newest_comes_first(anonymous, told):
    answer = anonymous.get(HISTORY)
    assert prices(answer) == ["102", "101", "100.5"]
    assert answer.json()["items"][0] == {
        "timestamp": "2026-03-02T12:00:00Z",
        "price": "102",
        "market_cap": "5",
        "volume_24h": None,
        "provider": "coingecko",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"start": "2026-03-02T11:00:00Z"}, ["102", "101"]),
        ({"end": "2026-03-02T11:00:00"}, ["101", "100.5"]),
        ({"start": "2026-03-02T10:30:00Z", "end": "2026-03-02T13:30:00+02:00"}, ["101"]),
        ({"start": "2026-03-02", "end": "2026-03-02"}, ["102", "101", "100.5"]),
        ({"start": "2026-03-03"}, []),
        ({"limit": 1, "offset": 1}, ["101"]),
    ],
)
def test_history_is_cut_by_time_and_pages(anonymous, told, query, expected):
    assert prices(anonymous.get(HISTORY, query)) == expected


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"start": "2026-03-03", "end": "2026-03-02"}, "start"),
        ({"start": "yesterday"}, "start"),
        ({"end": ""}, "end"),
        ({"limit": 101}, "limit"),
    ],
)
def test_junk_is_refused_by_name(anonymous, told, query, name):
    answer = anonymous.get(HISTORY, query)
    assert answer.status_code == 422
    assert name in answer.json()["errors"]


def test_unknown_coin_is_a_404(anonymous, told):
    assert anonymous.get("/api/v1/cryptocurrencies/NONE/history").status_code == 404


def test_history_costs_three_queries_whatever_its_length(anonymous, told, django_assert_num_queries):
    with django_assert_num_queries(3):
        anonymous.get(HISTORY)

"""GET /cryptocurrencies/top/{category}."""

from datetime import timedelta

import pytest

from conftest import NOW

TOP = "/api/v1/cryptocurrencies/top"

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(make_coin):
    """Four coins that were traded, one that was not however much it rose, one of which nothing is told."""
    make_coin("A", 1, change_24h_percent=5.0, volume_24h=100.0, market_cap=50.0, created_at=NOW)
    make_coin("B", 2, change_24h_percent=-2.0, volume_24h=400.0, market_cap=40.0, created_at=NOW)
    make_coin("C", 3, change_24h_percent=9.0, volume_24h=200.0, market_cap=60.0, created_at=NOW)
    make_coin("D", 4, change_24h_percent=-7.0, volume_24h=300.0, created_at=NOW + timedelta(hours=1))
    make_coin("E", 5, change_24h_percent=900.0, volume_24h=0.0, created_at=NOW - timedelta(hours=1))
    make_coin("F", 6, created_at=NOW - timedelta(hours=2))


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("gainers", "C A"),
        ("losers", "D B"),
        ("volume", "B D C A"),
        ("market_cap", "C A B"),
        ("new", "D A B C E F"),
        ("GAINERS", "C A"),
    ],
)
def test_each_category_has_its_coins(anonymous, market, category, expected):
    answer = anonymous.get(f"{TOP}/{category}")
    assert answer.status_code == 200
    assert [item["symbol"] for item in answer.json()["items"]] == expected.split()


def test_a_limit_cuts(anonymous, market):
    answer = anonymous.get(f"{TOP}/volume", {"limit": 1}).json()
    assert ([item["symbol"] for item in answer["items"]], answer["total"]) == (["B"], 4)


@pytest.mark.parametrize("category", ["trending", "%00", "gainers "])
def test_unknown_category_is_refused_and_the_known_named(anonymous, market, category):
    answer = anonymous.get(f"{TOP}/{category}")
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"category": ["category is one of: gainers, losers, volume, market_cap, new."]}


def test_a_top_list_costs_two_queries(anonymous, market, django_assert_num_queries):
    with django_assert_num_queries(2):
        anonymous.get(f"{TOP}/gainers")

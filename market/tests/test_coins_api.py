"""GET /cryptocurrencies and /cryptocurrencies/{symbol}."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import NOW

LIST = "/api/v1/cryptocurrencies"

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(make_coin):
    """Bitcoin, Ether, and a coin that has no rank and no figures."""
    make_coin("ETH", 2, price=4779.69, market_cap=561526271110, change_24h_percent=-3.8)
    make_coin("BTC", 1, price=66317.0, market_cap=1240713077017, change_24h_percent=6.85817)
    make_coin("WBTC")


def symbols(answer):
    assert answer.status_code == 200, answer.content
    return [item["symbol"] for item in answer.json()["items"]]


def test_everybody_may_read_the_list(anonymous, three):
    answer = anonymous.get(LIST)
    assert symbols(answer) == ["BTC", "ETH", "WBTC"]
    assert (answer.json()["total"], answer.json()["limit"], answer.json()["offset"]) == (3, 50, 0)


def test_a_token_that_is_no_good_does_not_shut_out(anonymous, three):
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    assert anonymous.get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"symbol_filter": "btc"}, ["BTC", "WBTC"]),
        ({"symbol_filter": "nothing"}, []),
        ({"sort_by": "market_cap", "order": "desc"}, ["BTC", "ETH", "WBTC"]),
        ({"sort_by": "market_cap", "order": "asc"}, ["ETH", "BTC", "WBTC"]),
        ({"sort_by": "PRICE"}, ["BTC", "ETH", "WBTC"]),
        ({"sort_by": "change_24h_percent", "order": "ASC"}, ["ETH", "BTC", "WBTC"]),
        ({"sort_by": "symbol", "order": "desc"}, ["WBTC", "ETH", "BTC"]),
        ({"limit": 1, "offset": 1}, ["ETH"]),
    ],
)
def test_list_is_filtered_sorted_and_cut(anonymous, three, query, expected):
    assert symbols(anonymous.get(LIST, query)) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", value) for value in ("0", "101", "x")),
        ("offset", "-1"),
        ("sort_by", "colour"),
        ("sort_by", "pk"),
        ("order", "up"),
        ("symbol_filter", ""),
        ("symbol_filter", "A\x00"),
        ("symbol_filter", "X" * 65),
    ],
)
def test_junk_is_refused_by_name(anonymous, three, name, value):
    answer = anonymous.get(LIST, {name: value})
    assert answer.status_code == 422
    assert name in answer.json()["errors"]


@pytest.mark.parametrize("percent", ["%", "_", "\\"])
def test_a_filter_is_no_pattern(anonymous, three, percent):
    assert symbols(anonymous.get(LIST, {"symbol_filter": percent})) == []


@pytest.mark.parametrize(
    ("price", "shown"),
    [(66317.0, "66317"), (0.1, "0.1"), (1e-9, "0.000000001"), (1.5e15, "1500000000000000"), (4779.69, "4779.69")],
)
def test_figures_are_plain_strings_to_the_digit(anonymous, make_coin, price, shown):
    make_coin("BTC", price=price)
    assert anonymous.get(f"{LIST}/BTC").json()["price"] == shown


def test_one_coin_has_all_that_is_told_of_it(anonymous, make_coin):
    make_coin("BTC", 1, description="Gold", website="https://b.example", image_url="https://i.example/b.png", ath=67277)
    told = anonymous.get(f"{LIST}/btc").json()
    expected = {"symbol": "BTC", "rank": 1, "description": "Gold", "website": "https://b.example", "ath": "67277"}
    assert told | expected == told
    assert (told["image_url"], told["market_cap"], told["atl_at"]) == ("https://i.example/b.png", None, None)
    assert told["synced_at"].endswith("Z")


def test_the_list_has_the_same_but_for_the_description(anonymous, make_coin):
    make_coin("BTC", 1, description="Gold", price=66317.1)
    alone = anonymous.get(f"{LIST}/BTC").json()
    assert anonymous.get(LIST).json()["items"] == [{name: alone[name] for name in alone if name != "description"}]


def test_of_coins_that_share_a_symbol_the_highest_ranked_is_meant(anonymous, make_coin):
    make_coin("SUN", 900, slug="sun-other")
    make_coin("SUN", 100, slug="sun-token")
    make_coin("SUN", None, slug="sun-dead")
    assert anonymous.get(f"{LIST}/SUN").json()["slug"] == "sun-token"
    assert anonymous.get(f"{LIST}/Sun-Other").json()["rank"] == 900


def test_a_coin_that_is_called_as_a_slug_does_not_hide_a_larger_one(anonymous, make_coin):
    make_coin("BITCOIN", 800)
    make_coin("BTC", 1, slug="bitcoin")
    assert anonymous.get(f"{LIST}/bitcoin").json()["symbol"] == "BTC"


def test_unknown_coin_is_a_404_that_names_what_is_near(anonymous, three):
    answer = anonymous.get(f"{LIST}/WBTCC")
    assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_COIN")
    assert "Near it: WBTC" in answer.json()["detail"]


@pytest.mark.parametrize("text", ["%00", "X" * 300, "%ED%A0%80", "%FF", "..%2Fx", "%25"])
def test_junk_symbol_is_a_404(anonymous, three, text):
    assert anonymous.get(f"{LIST}/{text}").status_code == 404


@pytest.mark.parametrize(("age", "stale"), [(timedelta(minutes=119), False), (timedelta(minutes=121), True)])
def test_a_price_that_is_two_hours_old_is_stale(anonymous, make_coin, age, stale):
    make_coin("BTC", synced_at=timezone.now() - age)
    assert anonymous.get(f"{LIST}/BTC").json()["stale"] is stale


def test_list_costs_two_queries_whatever_its_length(anonymous, three, make_coin, django_assert_num_queries):
    make_coin("XRP", 3, synced_at=NOW)
    with django_assert_num_queries(2):
        anonymous.get(LIST)


def test_one_coin_costs_one_query_and_an_unknown_one_two(anonymous, three, django_assert_num_queries):
    with django_assert_num_queries(1):
        anonymous.get(f"{LIST}/BTC")
    with django_assert_num_queries(2):
        anonymous.get(f"{LIST}/NONE")


def test_writing_is_not_offered(client):
    assert client.post(LIST, {}).status_code == 405

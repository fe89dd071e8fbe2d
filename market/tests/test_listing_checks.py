"""Settings of the listing services that cannot be meant are named at start, and no key with them."""

import pytest

from market.listings.checks import check_listings


def test_settings_of_a_fresh_desk_are_sound():
    assert check_listings() == []


def test_no_service_at_all_may_be_meant(settings):
    settings.LISTINGS_PROVIDERS = []
    assert check_listings() == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("LISTINGS_PROVIDERS", ["coingeko"], "market.E101"),
        ("LISTINGS_PROVIDERS", ["coingecko", "coingecko"], "market.E101"),
        ("COINGECKO_URL", "api.coingecko.com", "market.E102"),
        ("COINMARKETCAP_URL", "ftp://a.example", "market.E102"),
        ("COINGECKO_URL", "http://[", "market.E102"),
        ("COINGECKO_API_KEY", "Key\nX-Other: 1", "market.E103"),
        ("COINMARKETCAP_API_KEY", "Kéy", "market.E103"),
        ("COINGECKO_PLAN", "free", "market.E104"),
        ("COINGECKO_PLAN", "pro", "market.E105"),
    ],
)
def test_setting_that_cannot_be_meant_is_an_error(settings, name, value, error):
    setattr(settings, name, value)
    found = check_listings()
    assert [each.id for each in found] == [error]
    assert "KEY" not in name or value not in found[0].msg

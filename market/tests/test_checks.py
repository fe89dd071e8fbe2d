"""Settings of the price sources that cannot be meant are named at start."""

import pytest

from market.checks import check_settings


def test_settings_of_a_fresh_desk_are_sound():
    assert check_settings() == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("PRICE_SOURCE", "bitby", "market.E001"),
        ("PRICE_FEED_SECONDS", 0.0, "market.E002"),
        ("PRICE_FEED_SECONDS", float("nan"), "market.E002"),
        ("EXCHANGE_URLS", ["https://a.example"], "market.E003"),
        ("EXCHANGE_URLS", {"bybit": "api.bybit.com"}, "market.E003"),
        ("EXCHANGE_URLS", {"bybit": "https://"}, "market.E003"),
        ("EXCHANGE_URLS", {"bybit": 5}, "market.E003"),
        ("INSTRUMENT_VENUES", ["bybit", "bitby"], "market.E004"),
    ],
)
def test_setting_that_cannot_be_meant_is_an_error(settings, name, value, error):
    setattr(settings, name, value)
    assert [found.id for found in check_settings()] == [error]

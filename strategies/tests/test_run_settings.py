"""How a run trades: what is asked for over the instrument's own, kept as it is said, handed over as numbers."""

from decimal import Decimal

import pytest

from core.errors import Invalid
from market.kinds import Kind
from strategies.api.runs_serializers import ConfigInput
from strategies.run_settings import market_of, settings_of, shown_settings, whole_settings

pytestmark = pytest.mark.django_db


def whole(instrument, **asked):
    return whole_settings(ConfigInput().run_validation(asked), instrument)


def terms(instrument, **asked):
    return settings_of(whole(instrument, **asked))[1]


def test_percents_become_fractions_and_sizes_stay_sizes(btcusdt):
    told = terms(btcusdt, mode="RISK_TO_STOP", size="2", stop_loss="1.5", take_profit=3)
    assert (told.sizing.mode, told.sizing.value) == ("risk_to_stop", 0.02)
    assert (told.stop_loss, told.take_profit) == (0.015, 0.03)
    assert terms(btcusdt, mode="fixed", size="0.25").sizing.value == 0.25


def test_costs_are_the_instruments_own_or_as_asked_for(btcusdt):
    own, asked = terms(btcusdt).costs, terms(btcusdt, commission_rate="0.001", spread="0").costs
    assert (own.commission_rate, own.spread) == (float(btcusdt.commission_rate), float(btcusdt.spread))
    assert (asked.commission_rate, asked.spread, asked.min_commission) == (0.001, 0, float(btcusdt.min_commission))


@pytest.mark.parametrize(
    ("model", "base", "per_unit"), [("none", 0, 0), ("fixed", 0.002, 0), ("size_relative", 0.002, 0.001)]
)
def test_slippage_is_by_its_model(btcusdt, model, base, per_unit):
    costs = terms(btcusdt, slippage_model=model.upper(), slippage="0.002").costs
    assert (costs.slippage_base, costs.slippage_per_unit) == (base, per_unit)


def test_the_rules_of_the_instrument_are_kept_with_the_run(btcusdt):
    kept = whole(btcusdt)
    btcusdt.tick_size = Decimal(5)
    assert settings_of(kept)[0].tick_size == 0.1
    assert settings_of(kept)[0].funding_rate == float(btcusdt.funding_rate)
    assert "market" not in shown_settings(kept)


def test_only_a_perpetual_pays_funding(btcusdt):
    btcusdt.funding_rate, btcusdt.kind = Decimal("0.0001"), Kind.FUTURE
    assert market_of(btcusdt).funding_rate == 0


def test_names_that_are_not_known_are_passed_over(btcusdt):
    assert "colour" not in whole(btcusdt, colour="blue")


def test_a_spot_market_is_not_sold_short_and_has_no_leverage(btcusdt):
    btcusdt.allows_short, btcusdt.max_leverage = False, 1
    assert terms(btcusdt).allow_short is False
    with pytest.raises(Invalid, match="not sold short"):
        whole(btcusdt, allow_short=True)
    with pytest.raises(Invalid, match="at most 1"):
        whole(btcusdt, leverage=2)


def test_what_is_only_quoted_is_not_run_on(btcusdt):
    btcusdt.kind = Kind.INVERSE
    with pytest.raises(Invalid, match="only quoted"):
        whole(btcusdt)


def test_a_stop_at_no_price_is_refused_by_name(btcusdt):
    assert terms(btcusdt, stop_loss="99.999999").stop_loss == 0.99999999
    with pytest.raises(Invalid) as caught:
        whole(btcusdt, stop_loss="100")
    assert list(caught.value.errors) == ["config.stop_loss"]

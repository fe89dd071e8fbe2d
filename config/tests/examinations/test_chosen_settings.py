"""Settings that a desk should not run with, and where they are harmless."""

import pytest

from config.examinations.chosen_settings import examine_settings

PRODUCTION = {"ENVIRONMENT": "production", "DEBUG": False, "HTTPS": True, "ALLOWED_HOSTS": ["desk.example.com"]}


@pytest.fixture
def bad_ones(settings):
    """Return the levels of what is found beside ok: `bad_ones(DEBUG=True)` on a production desk."""

    def examine(**chosen):
        for name, value in {**PRODUCTION, **chosen}.items():
            setattr(settings, name, value)
        return [finding.level for finding in examine_settings() if finding.level != "ok"]

    return examine


def test_a_production_desk_as_it_should_be_is_sound(bad_ones):
    assert bad_ones() == []


@pytest.mark.parametrize(
    ("chosen", "levels"),
    [
        ({"DEBUG": True}, ["error"]),
        ({"DEBUG": True, "ENVIRONMENT": "development"}, ["warning"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["warning"]),
        ({"ALLOWED_HOSTS": ["localhost", "127.0.0.1"]}, ["warning"]),
        ({"ALLOWED_HOSTS": ["localhost"], "ENVIRONMENT": "development"}, []),
        ({"HTTPS": False}, ["warning"]),
        ({"HTTPS": False, "ENVIRONMENT": "Development"}, []),
        ({"LIVE_TRADING": True}, []),
        ({"LIVE_TRADING": True, "ENVIRONMENT": "development"}, ["warning"]),
    ],
    ids=str,
)
def test_what_is_chosen_badly_is_told(bad_ones, chosen, levels):
    assert bad_ones(**chosen) == levels

"""The tests run on settings of their own, whatever the environment names."""

from django.conf import settings


def test_these_are_the_tests_own_settings():
    assert settings.SETTINGS_MODULE == "config.settings_test"
    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.MD5PasswordHasher"]

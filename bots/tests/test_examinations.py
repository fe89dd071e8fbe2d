"""Examining bots' keys: each opens, and every active bot has one."""

import pytest
from django.utils import timezone

from bots.examinations import examine_keys
from bots.models import Bot


@pytest.fixture
def bot(tom, bot_of):
    bot_of(tom, name="Other")
    return bot_of(tom, name="Mine")


def levels():
    return [finding.level for finding in examine_keys()]


def test_bots_as_they_are_made_are_sound(bot):
    assert levels() == ["ok"]


@pytest.mark.parametrize(("status", "level"), [("active", "error"), ("inactive", "ok")])
def test_an_active_bot_without_a_key_is_an_error(bot, status, level):
    Bot.objects.filter(pk=bot.pk).update(sealed_key="", status=status)
    assert levels() == [level]


@pytest.mark.parametrize("key", ["t1:", "k9:dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=", "nonsense", ""])
def test_keys_that_the_desks_secrets_do_not_open_are_an_error(bot, settings, key):
    settings.FIELD_ENCRYPTION_KEYS = key
    (finding,) = examine_keys()
    assert (finding.level, "Mine" in finding.found) == ("error", True)


def test_a_key_that_its_bot_is_not_found_by_is_an_error(bot):
    Bot.objects.filter(pk=bot.pk).update(key_hash="0" * 64)
    assert levels() == ["error"]


def test_a_deleted_bot_is_left_alone(bot):
    Bot.objects.filter(pk=bot.pk).update(sealed_key="damaged", deleted_at=timezone.now())
    assert levels() == ["ok"]

"""A yes holds for what its page announced: for those rows, once."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from bots.models import Bot, BotStatus
from bots.services.bots import create_bot, valid_keys, webhook_key
from conftest import NOW
from core.tests.asking import announced, say_yes
from market.models import Instrument
from trading.models import Switch

pytestmark = pytest.mark.django_db

ACCOUNTS, BOTS = "/admin/accounts/tradingaccount/", "/admin/bots/bot/"
CHANGED = "no longer what you said yes to"


@pytest.fixture
def operator(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def bot(tom: User, btcusdt: Instrument) -> Bot:
    return create_bot(owner=tom, name="Badger", symbol="BTCUSDT")


def test_all_across_pages_are_those_that_were_told_of(operator, tom, bot):
    address = f"{BOTS}?q=Badger"
    chosen = {"action": "start", "_selected_action": [str(bot.pk)], "select_across": "1"}
    yes = {**chosen, "confirmed": announced(operator, address, chosen)}
    create_bot(owner=tom, name="Badger two", symbol="BTCUSDT")
    page = operator.post(address, yes).content.decode()
    assert (CHANGED in page, "Start 2 bots." in page) == (True, True)
    assert not Bot.objects.filter(status=BotStatus.ACTIVE).exists()
    say_yes(operator, address, chosen)
    assert Bot.objects.filter(status=BotStatus.ACTIVE).count() == 2


def test_a_second_yes_gives_no_second_key(operator, bot):
    old, chosen = webhook_key(bot), {"action": "rotate_webhook_key", "_selected_action": [str(bot.pk)]}
    yes = {**chosen, "confirmed": announced(operator, BOTS, chosen)}
    operator.post(BOTS, yes)
    assert CHANGED in operator.post(BOTS, yes).content.decode()
    bot.refresh_from_db()
    assert webhook_key(bot) != old
    assert old in valid_keys(bot, now=timezone.now())


@pytest.mark.parametrize("said", ["yes", "", "0" * 64])
def test_no_other_word_is_a_yes(operator, bot, said):
    chosen = {"action": "start", "_selected_action": [str(bot.pk)], "confirmed": said}
    assert CHANGED in operator.post(BOTS, chosen).content.decode()
    assert Bot.objects.get().status != BotStatus.ACTIVE


@pytest.mark.parametrize("action", ["halt", "halt_and_flatten", "resume", "start", "terminate"])
def test_what_is_gone_is_not_said_to_be_done(operator, bot, action):
    chosen = {"action": action, "_selected_action": ["00000000-0000-4000-8000-000000000000"]}
    page = operator.post(BOTS, {**chosen, "confirmed": "yes"}, follow=True).content.decode()
    assert "Nothing of what was chosen is there any more." in page
    assert not Switch.objects.exists()


@pytest.mark.parametrize("action", ["halt", "start", "terminate"])
def test_what_was_deleted_after_the_question_is_told(operator, bot, action):
    chosen = {"action": action, "_selected_action": [str(bot.pk)]}
    yes = {**chosen, "confirmed": announced(operator, BOTS, chosen)}
    Bot.objects.update(deleted_at=NOW)
    assert CHANGED in operator.post(BOTS, yes).content.decode()
    assert (Switch.objects.exists(), Bot.objects.get().status) == (False, "inactive")


@pytest.mark.parametrize("key", ["zz", "%00", "9" * 40])
def test_the_history_of_what_cannot_be_leads_back(operator, key):
    answer = operator.get(f"{ACCOUNTS}{key}/history/", follow=True)
    assert (answer.status_code, answer.redirect_chain[0][0]) == (200, reverse("admin:index"))

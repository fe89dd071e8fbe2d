"""What people set is kept version by version, with who wrote it: over the API, in the console, or the desk itself."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from bots.models import Bot
from bots.services.bots import create_bot
from trading.models import Switch

SECRETS = ("password", "sealed_key", "key_hash", "previous_sealed_key", "previous_key_hash")


@pytest.fixture
def bot(tom: User, btcusdt: object) -> Bot:
    return create_bot(owner=tom, name="Badger", symbol="BTCUSDT")


def versions(row: Bot) -> list[tuple[str, str | None]]:
    kept = row.history.order_by("history_id")  # type: ignore[attr-defined]
    return [(each.name, each.history_user and each.history_user.username) for each in kept]


def test_a_change_over_the_api_names_its_user(client_of: Callable[..., APIClient], tom: User, bot: Bot) -> None:
    client_of(tom).patch(f"/api/v1/bots/{bot.id}", {"name": "Fox"})
    assert versions(bot) == [("Badger", None), ("Fox", "tom")]


def test_a_change_with_a_real_token_names_its_user(tom: User, bot: Bot) -> None:
    client = APIClient()
    login = client.post("/api/v1/auth/login", {"username": "tom", "password": "Correct-horse-7"}, format="json").json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {login['access_token']}")
    client.patch(f"/api/v1/bots/{bot.id}", {"name": "Fox"}, format="json")
    assert versions(bot)[-1] == ("Fox", "tom")


def test_the_console_shows_who_changed_what_over_the_api(
    client: Client, client_of: Callable[..., APIClient], ada: User, tom: User, bot: Bot
) -> None:
    client_of(tom).patch(f"/api/v1/bots/{bot.id}", {"name": "Fox"})
    client.force_login(ada)
    page = client.get(reverse("admin:bots_bot_history", args=[bot.pk])).content.decode()
    assert [words for words in ("Badger", "Fox", "tom", "Done at the console") if words not in page] == []


def test_the_console_shows_versions_of_the_desk_itself_and_the_zone_of_times(
    client: Client, ada: User, bot: Bot
) -> None:
    client.force_login(ada)
    page = client.get(reverse("admin:bots_bot_history", args=[bot.pk])).content.decode()
    at = bot.history.get().history_date  # type: ignore[attr-defined]
    assert f"{at:%Y-%m-%d %H:%M:%S} UTC" in page
    assert ("the desk" in page, ">None<" in page) == (True, False)


def test_a_halt_over_the_api_is_kept_with_its_user(client_of: Callable[..., APIClient], ada: User) -> None:
    client_of(ada).post("/api/v1/trading/halt", {"scope_type": "system", "reason": "Fire."})
    kept = Switch.history.get()  # type: ignore[attr-defined]
    assert (kept.state, kept.reason, kept.history_user.username) == ("halted", "Fire.", "ada")


def test_no_history_keeps_a_secret_or_a_balance() -> None:
    kept = [model for model in apps.get_models() if model.__name__.startswith("Historical")]
    names = {field.name for model in kept for field in model._meta.get_fields()}
    assert (len(kept) >= 9, names & {*SECRETS, "balance"}) == (True, set())

"""Rows are chosen by search: no form of the console grows with what there is to choose from."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Share, TradingAccount, User
from bots.admin.bots import BotAdmin
from bots.models import Bot
from bots.services.bots import create_bot
from core.admin.searching import A_PAGE
from groups.models import AccountGroup
from groups.services.membership import create_group
from market.models import Instrument
from strategies.models import Strategy

AccountOf = Callable[..., TradingAccount]
Search = Callable[..., list[str]]

MANY = A_PAGE + 5
SEARCHES = {
    "admin:bots_bot_choices": ("accounts", "groups", "strategy"),
    "admin:groups_accountgroup_choices": ("members",),
    "admin:accounts_share_choices": ("scope",),
}
FIELDS = [(address, field) for address, fields in SEARCHES.items() for field in fields]


@pytest.fixture
def operator(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def many(ada: User, tom: User, account_of: AccountOf, btcusdt: Instrument) -> list[TradingAccount]:
    """More than a page of each: accounts, groups, bots, strategies."""
    for number in range(MANY):
        create_group(name=f"group {number:02}", created_by=ada, accounts=[])
        create_bot(owner=tom, name=f"bot {number:02}", symbol="BTCUSDT")
        Strategy.objects.create(owner=tom, name=f"rule {number:02}", slug=f"rule-{number:02}", rule="sma_cross")
    return [account_of(tom, name=f"account {number:02}") for number in range(MANY)]


@pytest.fixture
def search(operator: Client) -> Search:
    def names(address: str, field: str, **asked: Any) -> list[str]:
        told = operator.get(reverse(address, args=[field]), asked).json()
        return [each["text"] for found in told["results"] for each in found.get("children", [found])]

    return names


def _page(operator: Client, address: str, *args: Any) -> str:
    return operator.get(reverse(address, args=args)).content.decode()


@pytest.mark.parametrize("address", ["bots_bot", "groups_accountgroup", "accounts_share"])
def test_a_new_form_holds_nothing_that_was_not_chosen(operator: Client, many: list[Any], address: str) -> None:
    page = _page(operator, f"admin:{address}_add")
    assert [word for word in ("account 0", "group 0", "bot 0", "rule 0") if word in page] == []


def test_the_chosen_stand_in_the_form_by_name(operator: Client, ada: User, many: list[TradingAccount]) -> None:
    group = create_group(name="desk", created_by=ada, accounts=[many[3], many[7]])
    page = _page(operator, "admin:groups_accountgroup_change", group.pk)
    assert [account.name for account in many if account.name in page] == ["account 03", "account 07"]


def test_the_strategy_of_a_bot_stands_in_its_form(operator: Client, many: list[Any]) -> None:
    Bot.objects.filter(name="bot 00").update(strategy=Strategy.objects.get(name="rule 04"))
    page = _page(operator, "admin:bots_bot_change", Bot.objects.get(name="bot 00").pk)
    assert [number for number in range(MANY) if f"rule {number:02}" in page] == [4]


def test_what_was_posted_stands_in_the_form_again(operator: Client, vic: User, many: list[TradingAccount]) -> None:
    form = {"scope": f"account:{many[5].pk}", "user": ""}
    page = operator.post(reverse("admin:accounts_share_add"), form).content.decode()
    assert "account 05 · tom" in page


def test_nonsense_that_was_posted_is_refused_and_chosen_no_more(operator: Client, many: list[Any]) -> None:
    form = {"name": "desk", "members": ["nonsense", "\0"]}
    answer = operator.post(reverse("admin:groups_accountgroup_add"), form)
    assert answer.context["adminform"].form.errors["members"]
    assert not AccountGroup.objects.filter(name="desk").exists()


@pytest.mark.parametrize(
    ("address", "field", "term", "found"),
    [
        ("admin:bots_bot_choices", "accounts", "unt 12", ["account 12 · tom · paper USDT"]),
        ("admin:bots_bot_choices", "groups", "oup 12", ["group 12"]),
        ("admin:bots_bot_choices", "strategy", "ule 12", ["rule 12"]),
        ("admin:groups_accountgroup_choices", "members", "tom 12", ["account 12 · tom · paper USDT"]),
        ("admin:accounts_share_choices", "scope", "12", ["account 12 · tom", "group 12", "bot 12 · tom"]),
        ("admin:accounts_share_choices", "scope", "nobody's", []),
        ("admin:accounts_share_choices", "scope", "\0", []),
    ],
)
def test_a_search_finds_by_what_the_list_searches(
    search: Search, many: list[Any], address: str, field: str, term: str, found: list[str]
) -> None:
    assert sorted(search(address, field, term=term)) == sorted(found)


@pytest.mark.parametrize(("address", "field"), FIELDS)
def test_pages_of_a_search_follow_each_other(search: Search, many: list[Any], address: str, field: str) -> None:
    first, second, third = (search(address, field, page=page) for page in (1, 2, 3))
    kinds = 3 if field == "scope" else 1
    assert (len(first), len(second) >= 5 * kinds, third) == (A_PAGE * kinds, True, [])
    assert len({*first, *second}) == len(first) + len(second)


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 5000])
def test_a_page_that_is_none_is_the_first(search: Search, many: list[Any], page: str) -> None:
    assert len(search("admin:bots_bot_choices", "accounts", page=page)) == A_PAGE


@pytest.mark.parametrize(("address", "field"), FIELDS)
def test_a_search_asks_no_statement_per_row(
    operator: Client, many: list[Any], django_assert_max_num_queries: Any, address: str, field: str
) -> None:
    with django_assert_max_num_queries(8):
        operator.get(reverse(address, args=[field]))


def test_an_account_is_found_by_its_id(search: Search, many: list[TradingAccount]) -> None:
    assert search("admin:bots_bot_choices", "accounts", term=str(many[4].pk)) == ["account 04 · tom · paper USDT"]


def test_the_deleted_are_not_found(search: Search, many: list[TradingAccount]) -> None:
    TradingAccount.objects.filter(name="account 12").update(deleted_at=timezone.now())
    assert search("admin:bots_bot_choices", "accounts", term="unt 12") == []


def test_a_field_that_is_not_searched_is_not_there(operator: Client) -> None:
    assert operator.get(reverse("admin:bots_bot_choices", args=["config"])).status_code == 404


@pytest.mark.parametrize(("address", "field"), FIELDS)
def test_a_stranger_finds_nothing(client: Client, tom: User, many: list[Any], address: str, field: str) -> None:
    client.force_login(tom)
    assert client.get(reverse(address, args=[field])).status_code == 302


def test_whom_the_form_is_not_for_finds_nothing(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for right in ("has_add_permission", "has_change_permission"):
        monkeypatch.setattr(BotAdmin, right, lambda *_: False)
    assert operator.get(reverse("admin:bots_bot_choices", args=["accounts"])).status_code == 403


def test_a_share_is_made_of_what_was_found(operator: Client, vic: User, many: list[TradingAccount]) -> None:
    found = operator.get(reverse("admin:accounts_share_choices", args=["scope"]), {"term": "unt 12"}).json()
    operator.post(
        reverse("admin:accounts_share_add"), {"user": vic.pk, "scope": found["results"][0]["children"][0]["id"]}
    )
    assert Share.objects.get().scope_id == TradingAccount.objects.get(name="account 12").pk

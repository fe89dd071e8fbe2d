"""The admin page of groups: members come and go through the service, so that what covers an account stays right."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import TradingAccount, User
from bots.services.bots import create_bot
from bots.services.connections import connect_account, connect_group
from groups.models import AccountGroup
from groups.services.changes import delete_group
from groups.services.membership import create_group
from trading.models import AccountScope, RiskLimit, ScopeType

AccountOf = Callable[..., TradingAccount]


@pytest.fixture
def accounts(tom: User, account_of: AccountOf) -> list[TradingAccount]:
    """Two of tom's."""
    return [account_of(tom, name="One"), account_of(tom, name="Two")]


@pytest.fixture
def group(ada: User, accounts: list[TradingAccount]) -> AccountGroup:
    """A group of the first."""
    return create_group(name="Desk", created_by=ada, accounts=accounts[:1])


def _covered(group: AccountGroup) -> set[str]:
    scopes = AccountScope.objects.filter(scope_type=ScopeType.GROUP, scope_id=group.pk)
    return set(scopes.values_list("account__name", flat=True))


def _change(operator: Client, group: AccountGroup, members: list[TradingAccount], name: str = "Desk"):
    form = {"name": name, "description": "", "members": [account.pk for account in members]}
    return operator.post(reverse("admin:groups_accountgroup_change", args=[group.pk]), form)


def test_a_new_group_covers_its_members(operator: Client, ada: User, accounts: list[TradingAccount]) -> None:
    form = {"name": "New", "description": "Both", "members": [account.pk for account in accounts]}
    operator.post(reverse("admin:groups_accountgroup_add"), form)
    group = AccountGroup.objects.get()
    assert (group.created_by, group.description) == (ada, "Both")
    assert _covered(group) == {"One", "Two"}


def test_members_come_and_go(operator: Client, group: AccountGroup, accounts: list[TradingAccount]) -> None:
    assert _change(operator, group, accounts[1:]).status_code == 302
    assert _covered(group) == {"Two"}


def test_a_rename_leaves_the_members(operator: Client, group: AccountGroup, accounts: list[TradingAccount]) -> None:
    _change(operator, group, accounts[:1], name="Renamed")
    assert AccountGroup.objects.get().name == "Renamed"
    assert _covered(group) == {"One"}


def test_a_taken_coin_stands_in_the_form(
    operator: Client, tom: User, group: AccountGroup, accounts: list[TradingAccount], btcusdt: object
) -> None:
    connect_group(create_bot(owner=tom, name="Group's", symbol="BTCUSDT"), group)
    connect_account(create_bot(owner=tom, name="Rival", symbol="BTCUSDT"), accounts[1])
    answer = _change(operator, group, accounts, name="Renamed")
    assert "Rival" in str(answer.context["adminform"].form.non_field_errors())
    assert AccountGroup.objects.get().name == "Desk"
    assert _covered(group) == {"One"}


def test_a_taken_name_stands_in_the_form(operator: Client, group: AccountGroup) -> None:
    answer = operator.post(reverse("admin:groups_accountgroup_add"), {"name": "Desk"})
    assert answer.context["adminform"].form.errors["name"]
    assert AccountGroup.objects.count() == 1


def test_a_deleted_account_cannot_join(operator: Client, group: AccountGroup, accounts: list[TradingAccount]) -> None:
    TradingAccount.objects.filter(name="Two").update(deleted_at=timezone.now())
    assert _change(operator, group, accounts).context["adminform"].form.errors["members"]
    assert _covered(group) == {"One"}


def test_a_group_is_not_deleted(operator: Client, group: AccountGroup) -> None:
    address = reverse("admin:groups_accountgroup_delete", args=[group.pk])
    assert operator.post(address, {"post": "yes"}).status_code == 403
    assert AccountGroup.objects.exists()


def test_the_form_s_limits_are_enforced_and_taken_back(operator: Client, group: AccountGroup) -> None:
    form = {"name": "Desk", "members": [account.pk for account in group.accounts.all()]}
    address = reverse("admin:groups_accountgroup_change", args=[group.pk])
    operator.post(address, {**form, "max_drawdown_percent": "20", "flatten_on_breach": "on"})
    limits = RiskLimit.objects.values_list("limit_type", "limit_value", "flatten_on_breach", "origin")
    assert limits.get() == ("drawdown", 20, True, "group")
    operator.post(address, form)
    assert not RiskLimit.objects.exists()


@pytest.mark.parametrize("percent", ["0", "-1", "101", "x"])
def test_a_percent_that_makes_no_sense_stands_in_the_form(operator: Client, percent: str) -> None:
    form = {"name": "New", "max_drawdown_percent": percent}
    answer = operator.post(reverse("admin:groups_accountgroup_add"), form)
    assert answer.context["adminform"].form.errors["max_drawdown_percent"]
    assert not AccountGroup.objects.exists()


def test_a_deleted_group_has_no_page(operator: Client, group: AccountGroup) -> None:
    delete_group(group.pk, now=timezone.now())
    assert operator.get(reverse("admin:groups_accountgroup_change", args=[group.pk])).status_code == 302

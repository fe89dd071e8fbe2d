"""Groups: who is in them, and which accounts their limits and switches cover."""

import uuid

import pytest
from django.utils import timezone

from accounts.models import TradingAccount
from core.errors import Conflict, Missing
from groups.models import AccountGroup, GroupMember
from groups.services import membership
from groups.services.membership import add_accounts, create_group, remove_account
from trading.models import AccountScope


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def group(ada, account):
    return create_group(name="Desk", created_by=ada, accounts=[account])


def members(group):
    """The members of a group, which its scope must cover."""
    ids = set(group.members.values_list("account_id", flat=True))
    scopes = AccountScope.objects.filter(scope_type="group", scope_id=group.id)
    assert set(scopes.values_list("account_id", flat=True)) == ids
    return ids


def test_a_group_is_created_with_its_members(group, account):
    assert members(group) == {account.id}


def test_a_group_may_be_empty(ada):
    assert members(create_group(name="Empty", created_by=ada)) == set()


def test_a_name_is_taken_once(group, ada):
    with pytest.raises(Conflict):
        create_group(name="Desk", created_by=ada)
    assert AccountGroup.objects.count() == 1


def test_a_group_that_cannot_have_its_members_is_not_created(ada, account):
    TradingAccount.objects.update(deleted_at=timezone.now())
    with pytest.raises(Missing):
        create_group(name="Desk", created_by=ada, accounts=[account])
    assert not AccountGroup.objects.exists()


def test_accounts_join(group, account, tom, account_of):
    late = account_of(tom)
    add_accounts(group, [late.id])
    assert members(group) == {account.id, late.id}


def test_who_is_in_it_already_stays_once(group, account):
    add_accounts(group, [account.id, account.id])
    assert (members(group), GroupMember.objects.count()) == ({account.id}, 1)


@pytest.mark.parametrize("gone", ["unknown", "deleted"])
def test_an_account_that_is_not_there_cannot_join_and_holds_back_the_others(group, account, tom, account_of, gone):
    late = account_of(tom)
    deleted = account_of(tom)
    TradingAccount.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    with pytest.raises(Missing):
        add_accounts(group, [late.id, {"unknown": uuid.uuid4(), "deleted": deleted.id}[gone]])
    assert members(group) == {account.id}


def test_an_account_leaves(group, account):
    remove_account(group, account.id)
    assert members(group) == set()


def test_who_is_not_in_it_cannot_leave(group, tom, account_of):
    with pytest.raises(Missing):
        remove_account(group, account_of(tom).id)


def test_an_account_may_be_in_several_groups(group, ada, account):
    second = create_group(name="Second", created_by=ada, accounts=[account])
    remove_account(group, account.id)
    assert (members(group), members(second)) == (set(), {account.id})


def test_what_a_check_refuses_does_not_happen(group, account, tom, account_of, monkeypatch):
    def refuse(group, account_ids):
        raise Conflict("not this one")

    monkeypatch.setattr(membership, "checks", [refuse])
    with pytest.raises(Conflict):
        add_accounts(group, [account_of(tom).id])
    assert members(group) == {account.id}


def test_a_follower_that_fails_takes_the_change_back(group, account, monkeypatch):
    def fail(group):
        raise ZeroDivisionError

    monkeypatch.setattr(membership, "followers", [fail])
    with pytest.raises(ZeroDivisionError):
        remove_account(group, account.id)
    assert members(group) == {account.id}

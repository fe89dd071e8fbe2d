"""has_perm of a row: the role's permission, and the row within reach. Both, always."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission

from accounts import rights
from accounts.models import Role, Share, TradingAccount, User
from accounts.rights import SharedForReading
from core.errors import Missing
from market.models import Instrument

pytestmark = pytest.mark.django_db

VIEW, CHANGE = "accounts.view_tradingaccount", "accounts.change_tradingaccount"


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def shown(account):
    """Share the account: `shown(vic)`."""

    def share(user):
        Share.objects.create(user=user, scope_type="account", scope_id=account.id)

    return share


def may(user, account):
    return user.has_perm(VIEW, account), user.has_perm(CHANGE, account)


@pytest.mark.parametrize(
    ("who", "alone", "once_shared"),
    [
        ("ada", (True, True), (True, True)),
        ("tom", (True, True), (True, True)),
        ("mallory", (False, False), (True, False)),
        ("eve", (False, False), (True, False)),
        ("vic", (False, False), (True, False)),
    ],
)
def test_what_a_person_may_do_to_an_account(account, shown, request, who, alone, once_shared):
    user = request.getfixturevalue(who)
    assert may(user, account) == alone
    shown(user)
    assert may(user, account) == once_shared


def test_a_role_that_loses_a_permission_loses_it_on_its_own_rows_too(account, tom):
    Group.objects.get(name="trader").permissions.remove(Permission.objects.get(codename="change_tradingaccount"))
    assert may(User.objects.get(pk=tom.pk), account) == (True, False)


def test_a_permission_on_everything_does_not_reach_other_peoples_rows(account, vic):
    Group.objects.get(name="viewer").permissions.set(Permission.objects.all())
    assert may(User.objects.get(pk=vic.pk), account) == (False, False)


@pytest.mark.parametrize("who", ["ada", "tom"])
def test_who_is_shut_out_may_nothing(account, request, who):
    user = request.getfixturevalue(who)
    user.is_active = False
    assert may(user, account) == (False, False)


def test_nobody_may_nothing(account):
    assert may(AnonymousUser(), account) == (False, False)


def test_rows_of_a_model_without_reach_are_within_an_admins_only(ada, tom):
    instrument = Instrument.objects.first()
    assert (ada.has_perm("market.view_instrument", instrument), tom.has_perm("market.view_instrument")) == (True, True)
    assert not tom.has_perm("market.view_instrument", instrument)


def test_people_reach_themselves_and_no_other_whatever_their_role_may(tom, vic):
    Group.objects.get(name="trader").permissions.set(Permission.objects.all())
    asked = [tom.has_perm(name, row) for name in ("accounts.view_user", "accounts.change_user") for row in (tom, vic)]
    assert asked == [True, False, False, False]


def test_a_row_is_asked_for_in_one_statement(account, tom, django_assert_num_queries):
    with django_assert_num_queries(2):  # the role's permissions, the row
        assert tom.has_perm(VIEW, account)


class NotThere(Missing):
    """What the tests expect."""


def found(find, user, account):
    return find(TradingAccount.objects.living(), user, account.pk, missing=NotThere("No."))


@pytest.mark.parametrize("who", ["ada", "tom"])
def test_what_is_in_reach_is_found_in_one_statement(account, request, who, django_assert_num_queries):
    user = request.getfixturevalue(who)
    with django_assert_num_queries(2):
        assert found(rights.readable, user, account) == found(rights.writable, user, account) == account


@pytest.mark.parametrize("find", [rights.readable, rights.writable])
def test_what_may_not_be_seen_is_not_there(account, mallory, find):
    with pytest.raises(NotThere):
        found(find, mallory, account)


def test_what_is_only_shown_is_read_and_not_written(account, shown, vic):
    shown(vic)
    assert found(rights.readable, vic, account) == account
    with pytest.raises(SharedForReading):
        found(rights.writable, vic, account)


def test_what_is_shared_with_an_admin_may_still_be_written(account, shown, ada):
    shown(ada)
    assert found(rights.writable, ada, account) == account


@pytest.mark.parametrize(("role", "count"), [(Role.ADMIN, 1), (Role.TRADER, 0)])
def test_who_holds_a_permission_is_found_in_the_statement_that_asks(ada, tom, role, count):
    holders = User.objects.get_queryset().holding("accounts.change_user").filter(role=role)
    assert holders.count() == count

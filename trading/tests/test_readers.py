"""Who may follow an account: in one statement for many, and the same answer that a request gets."""

import uuid

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from accounts.models import Share, TradingAccount, User
from trading.selectors.readers import readable_accounts

pytestmark = pytest.mark.django_db

TO_READ = "accounts.view_tradingaccount"


def share(user, scope_id, scope_type=Share.Scope.ACCOUNT):
    return Share.objects.create(user=user, scope_type=scope_type, scope_id=scope_id)


def test_many_are_asked_for_in_one_statement(account_of, ada, tom, vic, mallory, django_assert_num_queries):
    account, deleted = account_of(tom), account_of(tom, name="Gone")
    TradingAccount.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    share(vic, account.pk)
    share(vic, deleted.pk)
    share(mallory, account.pk, Share.Scope.BOT)
    things = (account.pk, deleted.pk, uuid.uuid4())
    pairs = [(user.pk, thing) for user in (ada, tom, vic, mallory) for thing in things]
    with django_assert_num_queries(1):
        assert readable_accounts(pairs) == {(user.pk, account.pk) for user in (ada, tom, vic)}


@pytest.mark.parametrize("who", ["ada", "tom", "vic", "eve", "mallory"])
@pytest.mark.parametrize("taken", [(), ("trader", "viewer")])
def test_it_is_the_answer_that_a_request_gets(account_of, tom, request, who, taken):
    account, user = account_of(tom), request.getfixturevalue(who)
    share(request.getfixturevalue("vic"), account.pk)
    for group in Group.objects.filter(name__in=taken):
        group.permissions.remove(Permission.objects.get(codename="view_tradingaccount"))
    pair = (user.pk, account.pk)
    assert (pair in readable_accounts([pair])) == user.has_perm(TO_READ, account)


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": False}])
def test_an_admin_who_is_one_no_more_reads_nothing_of_others(account_of, tom, ada, change):
    account = account_of(tom)
    User.objects.filter(pk=ada.pk).update(**change)
    assert readable_accounts([(ada.pk, account.pk)]) == set()

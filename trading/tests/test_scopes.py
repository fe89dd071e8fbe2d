"""Scopes: which accounts a group or a bot covers, and the one switch that each scope has."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from trading.models import AccountScope, RiskLimit, ScopeType, Switch, SwitchState
from trading.services.scopes import set_covered_accounts, turn_switch

GROUP = uuid.UUID("5b0d2c57-2f4e-4c0a-9b1c-3a6f0d1e8a42")


def covered(scope_type="group", scope_id=GROUP):
    rows = AccountScope.objects.filter(scope_type=scope_type, scope_id=scope_id)
    return set(rows.values_list("account_id", flat=True))


@pytest.fixture
def ids(tom, accounts_of):
    return [account.id for account in accounts_of(tom, 4)]


def test_exactly_the_named_accounts_are_covered(ids):
    set_covered_accounts(ScopeType.GROUP, GROUP, ids[:3])
    set_covered_accounts(ScopeType.GROUP, GROUP, ids[2:])
    assert covered() == set(ids[2:])


def test_saying_the_same_again_changes_no_row(ids):
    set_covered_accounts(ScopeType.GROUP, GROUP, ids)
    before = list(AccountScope.objects.order_by("pk").values())
    set_covered_accounts(ScopeType.GROUP, GROUP, ids)
    assert list(AccountScope.objects.order_by("pk").values()) == before


def test_nothing_covered_leaves_no_row(ids):
    set_covered_accounts(ScopeType.GROUP, GROUP, ids)
    set_covered_accounts(ScopeType.GROUP, GROUP, [])
    assert not AccountScope.objects.exists()


def test_another_scope_is_not_touched(ids):
    set_covered_accounts(ScopeType.BOT, GROUP, ids)
    set_covered_accounts(ScopeType.GROUP, GROUP, [])
    assert covered("bot") == set(ids)


@pytest.mark.parametrize("many", [1, 100])
def test_the_statements_do_not_grow_with_the_accounts(tom, accounts_of, django_assert_num_queries, many):
    ids = [account.id for account in accounts_of(tom, many)]
    with django_assert_num_queries(3):
        set_covered_accounts(ScopeType.GROUP, GROUP, ids)


@pytest.mark.parametrize(("scope", "scope_id"), [("system", None), ("group", GROUP), ("bot", GROUP), ("user", GROUP)])
def test_a_scope_has_one_switch(db, scope, scope_id):
    turn_switch(ScopeType(scope), scope_id, state=SwitchState.REDUCING, reason="daily loss")
    turn_switch(ScopeType(scope), scope_id, state=SwitchState.HALTED, reason="x" * 400)
    switch = Switch.objects.get()
    assert (switch.state, switch.reason) == ("halted", "x" * 300)


@pytest.mark.parametrize("scope_id", [None, GROUP])
def test_the_database_keeps_it_at_one(db, scope_id):
    scope = "group" if scope_id else "system"
    Switch.objects.create(scope_type=scope, scope_id=scope_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Switch.objects.create(scope_type=scope, scope_id=scope_id)
    assert Switch.objects.count() == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"limit_value": "0"},
        {"limit_value": "-1"},
        {"scope_type": "system", "scope_id": GROUP},
        {"scope_type": "group", "scope_id": None},
    ],
    ids=str,
)
def test_a_limit_that_makes_no_sense_is_refused_by_the_database(db, facts):
    limit = {"scope_type": "group", "scope_id": GROUP, "limit_type": "position_size", "limit_value": "1", **facts}
    with pytest.raises(IntegrityError), transaction.atomic():
        RiskLimit.objects.create(**limit)
    assert not RiskLimit.objects.exists()

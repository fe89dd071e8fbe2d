"""PATCH /groups/{id}: what a group is, who is in it, and what it may lose, which is enforced as limits."""

import uuid
from decimal import Decimal

import pytest

from accounts.models import Share
from bots.services.bots import create_bot
from bots.services.connections import connect_account, connect_group
from groups.models import AccountGroup
from groups.services.membership import create_group
from trading.models import AccountScope, RiskLimit

LIMITS = {"max_drawdown": 25.0, "risk_limit": "5", "target_monthly_roi": 7.5}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def group(ada, account):
    return create_group(name="Desk", created_by=ada, accounts=[account])


@pytest.fixture
def change(group, ada, client_of):
    """Ask for a change of the group as the admin: `change(max_drawdown=20)`."""
    return lambda **changes: client_of(ada).patch(f"/api/v1/groups/{group.id}", changes)


def limits():
    rows = RiskLimit.objects.filter(scope_type="group", origin="group").order_by("limit_type")
    return {row.limit_type: (row.limit_value, row.flatten_on_breach) for row in rows}


def test_a_group_is_created_with_its_limits(ada, client_of):
    asked = {"name": "Desk", **LIMITS, "flatten_on_breach": True}
    told = client_of(ada).post("/api/v1/groups", asked).json()["data"]["group"]
    assert {name: told[name] for name in LIMITS} == {
        "max_drawdown": "25",
        "risk_limit": "5",
        "target_monthly_roi": "7.5",
    }
    assert limits() == {
        "drawdown": (Decimal(25), True),
        "daily_drawdown": (Decimal(5), True),
        "monthly_target": (Decimal("7.5"), False),
    }


def test_the_paper_s_fields_are_changed_and_read_back(group, change, tom, account_of, ada, client_of):
    late = account_of(tom)
    answer = change(description="All", accounts=[str(late.id)], **LIMITS)
    told = answer.json()["data"]["group"]
    assert (answer.status_code, answer.json()["message"]) == (200, "Group updated successfully")
    assert (told["name"], told["description"], told["accounts"]) == ("Desk", "All", [str(late.id)])
    assert client_of(ada).get(f"/api/v1/groups/{group.id}").json()["data"]["group"].items() >= told.items()


def test_a_change_changes_the_one_row_and_leaves_the_others(change):
    change(**LIMITS)
    before = set(RiskLimit.objects.values_list("pk", flat=True))
    change(max_drawdown="10")
    assert limits()["drawdown"] == (Decimal(10), False)
    assert (limits()["daily_drawdown"], set(RiskLimit.objects.values_list("pk", flat=True))) == (
        (Decimal(5), False),
        before,
    )


def test_null_takes_a_limit_back(change):
    change(**LIMITS)
    told = change(max_drawdown=None, target_monthly_roi=None).json()["data"]["group"]
    assert (told["max_drawdown"], told["risk_limit"], limits()) == (None, "5", {"daily_drawdown": (Decimal(5), False)})


def test_flattening_is_said_once_for_all_losses(change):
    change(**LIMITS)
    change(flatten_on_breach=True)
    assert {name: flattens for name, (_, flattens) in limits().items()} == {
        "drawdown": True,
        "daily_drawdown": True,
        "monthly_target": False,
    }


def test_limits_that_people_set_are_left_alone(group, change):
    RiskLimit.objects.create(scope_type="group", scope_id=group.id, limit_type="drawdown", limit_value="3")
    change(max_drawdown="10")
    change(max_drawdown=None)
    assert RiskLimit.objects.values_list("limit_value", "origin").get() == (Decimal(3), "")


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_the_door_of_limits_does_not_change_what_the_group_set(change, ada, client_of, method):
    change(max_drawdown="10")
    answer = getattr(client_of(ada), method)(f"/api/v1/risk/limits/{RiskLimit.objects.get().pk}", {"limit_value": "90"})
    assert (answer.status_code, answer.json()["code"], limits()) == (
        409,
        "LIMIT_FOLLOWS",
        {"drawdown": (Decimal(10), False)},
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_drawdown", 0),
        ("max_drawdown", -1),
        ("max_drawdown", 100.1),
        ("max_drawdown", "NaN"),
        ("risk_limit", "5 %"),
        ("risk_limit", True),
        ("risk_limit", "0.000000001"),
        ("target_monthly_roi", 10001),
        ("flatten_on_breach", "yes"),
        ("name", ""),
        ("accounts", ["x"]),
        ("accounts", None),
        ("created_by", "x"),
    ],
)
def test_a_wrong_field_is_a_422_that_names_it_and_changes_nothing(group, account, change, field, value):
    answer = change(description="New", **{field: value})
    assert (answer.status_code, [name.partition(".")[0] for name in answer.json()["errors"]]) == (422, [field])
    assert (AccountGroup.objects.get().description, limits(), group.accounts.get()) == ("", {}, account)


def test_nothing_to_change_changes_nothing(change):
    assert (change().status_code, limits()) == (200, {})


def test_a_taken_name_is_a_409(change, ada):
    create_group(name="Other", created_by=ada)
    answer = change(name="Other", max_drawdown="10")
    assert (answer.status_code, limits()) == (409, {})


def test_an_account_that_is_not_there_is_a_404_and_nobody_leaves(group, account, change):
    answer = change(accounts=[str(uuid.uuid4())], max_drawdown="10")
    assert (answer.status_code, group.accounts.get(), limits()) == (404, account, {})


def test_a_coin_that_another_bot_trades_keeps_all_as_it_was(group, account, change, tom, account_of):
    taken = account_of(tom)
    connect_account(create_bot(owner=tom, name="Holder", symbol="BTCUSDT"), taken)
    connect_group(create_bot(owner=tom, name="Of the group", symbol="BTCUSDT"), group)
    answer = change(accounts=[str(taken.id)], max_drawdown="10")
    assert (answer.status_code, answer.json()["code"], group.accounts.get()) == (409, "COIN_TAKEN", account)
    assert limits() == {}


def test_bots_and_limits_cover_who_is_in_it_now(group, change, tom, account_of):
    bot, late = create_bot(owner=tom, name="Trend", symbol="BTCUSDT"), account_of(tom)
    connect_group(bot, group)
    change(accounts=[str(late.id)])
    rows = AccountScope.objects.order_by("scope_type").values_list("scope_type", "scope_id", "account")
    assert list(rows) == [("bot", bot.id, late.id), ("group", group.id, late.id)]


def test_all_may_leave(group, change):
    change(accounts=[])
    assert (group.accounts.exists(), AccountScope.objects.exists()) == (False, False)


@pytest.mark.parametrize("who", ["tom", "mallory", "vic", "eve"])
def test_only_admins_change_it(group, request, client_of, who):
    user = request.getfixturevalue(who)
    Share.objects.create(user=user, scope_type="group", scope_id=group.id)
    answer = client_of(user).patch(f"/api/v1/groups/{group.id}", {"max_drawdown": 20})
    assert (answer.status_code, limits()) == (403, {})


def test_a_group_that_is_not_there_is_a_404(ada, client_of):
    assert client_of(ada).patch(f"/api/v1/groups/{uuid.uuid4()}", {"description": "x"}).status_code == 404

"""An account that is deleted: not while something is under way, and then there for nobody, anywhere."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Share, TradingAccount
from accounts.selectors.ledger import reconcile
from accounts.selectors.trading_accounts import AccountMissing
from accounts.services.ledger import deposit
from accounts.services.trading_accounts import AccountInUse, close_account
from bots.models import BotConnection
from bots.selectors.accounts import accounts_of
from bots.services.connections import connect_account
from config.tests.test_permission_matrix import ACTORS, BODIES, ROWS, status_of
from config.tests.world import World
from conftest import NOW
from groups.models import GroupMember
from trading.models import AccountScope, Fill, Order, OrderStatus, Position
from trading.services.equity import keep_hourly_equity

pytestmark = pytest.mark.django_db

BELOW_AN_ACCOUNT = [name for name in ROWS if "{account_id}" in name]
OVER = (OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED)


def end_all(account: TradingAccount) -> None:
    """Close what the account holds, as if it had been sold."""
    Position.objects.filter(account=account).update(is_open=False, size=0, closed_at=NOW, closed_size=1)


def delete(world: World, account: TradingAccount, actor: str = "tom"):
    return world.clients[actor].delete(f"/api/v1/accounts/{account.id}")


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_it_is_hidden_and_its_rows_stay(world: World):
    answer = delete(world, world.spare)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    spare = TradingAccount.objects.get(pk=world.spare.pk)
    assert (spare.deleted_at is not None, spare.transfers.count(), reconcile(spare).difference) == (True, 1, 0)


def test_an_admin_may_do_it_for_others(world: World):
    assert delete(world, world.spare, "ada").status_code == 200


def test_a_second_time_it_is_not_there(world: World):
    delete(world, world.spare)
    assert code(delete(world, world.spare)) == (404, "NOT_FOUND")


def test_one_with_an_open_position_stays(world: World):
    assert code(delete(world, world.member)) == (409, "ACCOUNT_IN_USE")
    assert GroupMember.objects.filter(account=world.member).exists()
    assert AccountScope.objects.filter(account=world.member).count() == 2
    assert TradingAccount.objects.living().filter(pk=world.member.pk).exists()


@pytest.mark.parametrize("status", [status for status in OrderStatus if status not in OVER])
def test_one_with_an_order_under_way_stays(world: World, status: OrderStatus):
    end_all(world.member)
    Order.objects.filter(pk=world.order.pk).update(status=status)
    assert code(delete(world, world.member)) == (409, "ACCOUNT_IN_USE")


@pytest.mark.parametrize("status", OVER)
def test_one_whose_orders_are_over_goes(world: World, status: OrderStatus):
    end_all(world.member)
    Order.objects.filter(pk=world.order.pk).update(status=status)
    assert delete(world, world.member).status_code == 200


def test_what_others_do_is_not_in_its_way(world: World):
    assert Position.objects.open().exclude(account=world.spare).exists()
    assert delete(world, world.spare).status_code == 200


@pytest.fixture
def gone(world: World) -> World:
    """The world without its member and its directly connected account, which both had traded."""
    for account in (world.member, world.direct):
        end_all(account)
        close_account(account.id, now=timezone.now())
    return world


@pytest.mark.parametrize("name", BELOW_AN_ACCOUNT)
def test_no_address_below_it_answers(gone: World, name: str):
    expected = [status if status in (401, 403) else 404 for status in ROWS[name]]
    assert [status_of(gone, name, actor) for actor in ACTORS] == expected


def test_an_order_that_names_it_finds_nothing(gone: World):
    body = gone.filled(BODIES["POST /api/v1/orders"])
    assert code(gone.clients["tom"].post("/api/v1/orders", body)) == (404, "NOT_FOUND")


def test_it_has_left_groups_and_bots(gone: World):
    assert not GroupMember.objects.exists()
    assert set(BotConnection.objects.values_list("account", "group")) == {(None, gone.group.pk)}
    assert not AccountScope.objects.exists()
    assert not accounts_of(gone.bot).exists()


def test_a_group_that_changes_later_does_not_take_it_back(gone: World):
    gone.clients["ada"].post(f"/api/v1/groups/{gone.group.pk}/accounts/{gone.spare.pk}")
    assert set(AccountScope.objects.values_list("account", flat=True)) == {gone.spare.pk}


def test_what_it_did_can_still_be_read(gone: World):
    assert gone.clients["tom"].get(f"/api/v1/orders/{gone.order.pk}").status_code == 200
    assert Fill.objects.filter(account=gone.member).exists()


def test_a_payment_that_comes_too_late_moves_nothing(gone: World):
    with pytest.raises(AccountMissing):
        deposit(gone.member.id, amount=Decimal(1), reference="late", now=NOW)
    assert not gone.member.transfers.filter(reference="late").exists()


def test_a_bot_that_comes_too_late_is_not_connected(gone: World):
    with pytest.raises(AccountMissing):
        connect_account(gone.bot, gone.direct)
    assert not BotConnection.objects.filter(account=gone.direct).exists()


def test_it_has_no_hour_any_more(gone: World):
    assert keep_hourly_equity(timezone.now() + timedelta(hours=1)) == 1


def test_a_share_of_it_shows_nothing(gone: World):
    assert Share.objects.filter(scope_id=gone.member.pk).exists()
    assert gone.clients["vic"].get("/api/v1/accounts").json()["total"] == 0


def test_the_service_refuses_too(world: World):
    with pytest.raises(AccountInUse, match=r"1 open position\(s\) and 0 order"):
        close_account(world.member.id, now=NOW)

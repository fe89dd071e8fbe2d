"""What a bot trades: accounts alone and through groups, each once, and no coin of an account twice."""

import pytest
from django.utils import timezone

from accounts.models import TradingAccount
from bots.models import Bot, BotConnection
from bots.selectors.accounts import account_ids_by_bot, accounts_of
from bots.selectors.bots import BotMissing
from bots.services.connections import (
    CoinTaken,
    NotTheOwners,
    connect_account,
    connect_group,
    disconnect_account,
    disconnect_group,
)
from bots.services.deletion import delete_bot
from core.errors import Conflict, Missing
from groups.models import GroupMember
from groups.selectors.groups import GroupMissing
from groups.services.changes import delete_group
from groups.services.membership import add_accounts, remove_account
from trading.models import AccountScope


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


def covered(scope_type, scope_id):
    scopes = AccountScope.objects.filter(scope_type=scope_type, scope_id=scope_id)
    return set(scopes.values_list("account_id", flat=True))


def traded(bot):
    """The accounts that a bot trades, which three places must agree on."""
    ids = list(accounts_of(bot).values_list("pk", flat=True))
    assert ids == account_ids_by_bot([bot])[bot.id] == sorted(ids)
    assert covered("bot", bot.id) == set(ids)
    return ids


def test_a_new_bot_trades_nothing(tom, bot_of):
    assert traded(bot_of(tom)) == []


def test_a_connected_account_is_traded_and_covered(tom, account, bot_of):
    bot = bot_of(tom)
    connect_account(bot, account)
    assert traded(bot) == [account.id]


def test_a_connected_group_is_traded_with_all_its_members(tom, account_of, bot_of, group_of):
    accounts = [account_of(tom) for _ in range(3)]
    bot, group = bot_of(tom), group_of(*accounts)
    connect_group(bot, group)
    assert traded(bot) == sorted(account.id for account in accounts)
    assert covered("group", group.id) == {account.id for account in accounts}


def test_a_bot_that_was_deleted_meanwhile_is_connected_to_nothing(tom, account, bot_of):
    bot = bot_of(tom)
    delete_bot(bot, now=timezone.now())
    with pytest.raises(BotMissing):
        connect_account(bot, account)
    assert not BotConnection.objects.exists()


def test_a_group_that_was_deleted_meanwhile_is_connected_to_nothing(tom, account, bot_of, group_of):
    bot, group = bot_of(tom), group_of(account)
    delete_group(group.id, now=timezone.now())
    with pytest.raises(GroupMissing):
        connect_group(bot, group)
    assert not BotConnection.objects.exists()


def test_an_account_that_comes_both_ways_is_traded_once(tom, account, account_of, bot_of, group_of):
    bot, other = bot_of(tom), account_of(tom)
    connect_account(bot, account)
    connect_group(bot, group_of(account, other))
    connect_group(bot, group_of(account, name="Second"))
    assert traded(bot) == sorted([account.id, other.id])


def test_the_order_of_accounts_is_that_of_their_ids(tom, account_of, bot_of):
    bot, accounts = bot_of(tom), [account_of(tom) for _ in range(8)]
    [connect_account(bot, account) for account in accounts]
    assert traded(bot) == sorted(account.id for account in accounts)


def test_who_joins_a_group_is_traded_and_who_leaves_is_not(tom, account, account_of, bot_of, group_of):
    bot, group, late = bot_of(tom), group_of(account), account_of(tom)
    connect_group(bot, group)
    add_accounts(group, [late.id])
    assert traded(bot) == sorted([account.id, late.id])
    remove_account(group, account.id)
    assert (traded(bot), covered("group", group.id)) == ([late.id], {late.id})


def test_who_leaves_a_group_and_is_connected_alone_is_traded_on(tom, account, bot_of, group_of):
    bot, group = bot_of(tom), group_of(account)
    connect_group(bot, group)
    connect_account(bot, account)
    remove_account(group, account.id)
    assert traded(bot) == [account.id]


def test_a_disconnected_group_is_not_traded(tom, account, bot_of, group_of):
    bot, group = bot_of(tom), group_of(account)
    connect_group(bot, group)
    disconnect_group(bot, group.id)
    assert (traded(bot), covered("group", group.id)) == ([], {account.id})


def test_a_disconnected_account_is_not_traded(tom, account, bot_of):
    bot = bot_of(tom)
    connect_account(bot, account)
    disconnect_account(bot, account.id)
    assert traded(bot) == []


def test_a_deleted_account_is_not_traded(tom, account, account_of, bot_of, group_of):
    bot, other = bot_of(tom), account_of(tom)
    connect_group(bot, group_of(account))
    connect_account(bot, other)
    TradingAccount.objects.filter(pk__in=[account.id, other.id]).update(deleted_at=timezone.now())
    assert list(accounts_of(bot)) == account_ids_by_bot([bot])[bot.id] == []


@pytest.mark.parametrize("disconnect", [disconnect_account, disconnect_group])
def test_what_is_not_connected_cannot_be_disconnected(tom, account, bot_of, disconnect):
    with pytest.raises(Missing):
        disconnect(bot_of(tom), account.id)


def test_the_same_account_is_connected_once(tom, account, bot_of):
    bot = bot_of(tom)
    connect_account(bot, account)
    with pytest.raises(Conflict):
        connect_account(bot, account)
    assert BotConnection.objects.count() == 1


def test_the_same_group_is_connected_once(tom, account, bot_of, group_of):
    bot, group = bot_of(tom), group_of(account)
    connect_group(bot, group)
    with pytest.raises(Conflict):
        connect_group(bot, group)
    assert BotConnection.objects.count() == 1


@pytest.fixture
def connect(group_of):
    """Connect a bot to an account, alone or through a group of its own."""

    def by(way, bot, account):
        alone = lambda: connect_account(bot, account)  # noqa: E731
        through = lambda: connect_group(bot, group_of(account, name=bot.name))  # noqa: E731
        return {"alone": alone, "group": through}[way]()

    return by


@pytest.mark.parametrize("first", ["alone", "group"])
@pytest.mark.parametrize("second", ["alone", "group"])
@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC-USD"])
def test_a_coin_of_an_account_is_traded_by_one_bot(tom, account, bot_of, connect, first, second, symbol):
    holder, late = bot_of(tom, name="Holder"), bot_of(tom, name="Late", symbol=symbol)
    connect(first, holder, account)
    with pytest.raises(CoinTaken, match="Holder"):
        connect(second, late, account)
    assert (traded(holder), traded(late), BotConnection.objects.count()) == ([account.id], [], 1)


@pytest.mark.parametrize("first", ["alone", "group"])
@pytest.mark.parametrize("second", ["alone", "group"])
def test_two_bots_may_share_an_account_with_two_coins(tom, account, bot_of, connect, first, second):
    bots = bot_of(tom, name="One"), bot_of(tom, name="Other", symbol="ETHUSDT")
    connect(first, bots[0], account)
    connect(second, bots[1], account)
    assert [traded(bot) for bot in bots] == [[account.id]] * 2


def test_a_group_is_refused_whole_for_one_of_its_members(tom, account, account_of, bot_of, group_of):
    connect_account(bot_of(tom, name="Holder"), account)
    late = bot_of(tom, name="Late")
    with pytest.raises(CoinTaken):
        connect_group(late, group_of(account_of(tom), account))
    assert traded(late) == []


@pytest.mark.parametrize("way", ["alone", "group"])
def test_an_account_with_the_coin_taken_cannot_join_a_bots_group(tom, account, bot_of, group_of, connect, way):
    connect(way, bot_of(tom, name="Holder"), account)
    group, late = group_of(name="Joined"), bot_of(tom, name="Late")
    connect_group(late, group)
    with pytest.raises(CoinTaken):
        add_accounts(group, [account.id])
    assert (traded(late), covered("group", group.id)) == ([], set())
    assert not GroupMember.objects.filter(group=group).exists()


def test_of_several_that_join_one_that_is_refused_refuses_all(tom, account, account_of, bot_of, group_of):
    connect_account(bot_of(tom, name="Holder"), account)
    group = group_of(name="Joined")
    connect_group(bot_of(tom, name="Late"), group)
    with pytest.raises(CoinTaken):
        add_accounts(group, [account_of(tom).id, account.id])
    assert not GroupMember.objects.exists()


def test_two_bots_of_a_coin_cannot_wait_on_an_empty_group(tom, account, bot_of, group_of):
    # the first account that joins would be traded by both
    group = group_of()
    connect_group(bot_of(tom, name="Holder"), group)
    with pytest.raises(CoinTaken, match="Holder"):
        connect_group(bot_of(tom, name="Late"), group)
    add_accounts(group, [account.id])
    assert AccountScope.objects.filter(scope_type="bot").count() == 1


def test_a_deleted_bot_holds_no_coin(tom, account, bot_of):
    holder, late = bot_of(tom, name="Holder"), bot_of(tom, name="Late")
    connect_account(holder, account)
    Bot.objects.filter(pk=holder.pk).update(deleted_at=timezone.now())
    connect_account(late, account)
    assert traded(late) == [account.id]


def test_a_freed_coin_can_be_taken(tom, account, bot_of):
    holder, late = bot_of(tom, name="Holder"), bot_of(tom, name="Late")
    connect_account(holder, account)
    disconnect_account(holder, account.id)
    connect_account(late, account)
    assert traded(late) == [account.id]


def test_the_accounts_of_many_bots_are_two_statements(tom, account_of, bot_of, django_assert_num_queries):
    bots = [bot_of(tom, name=str(number)) for number in range(5)]
    accounts = [account_of(tom) for _ in bots]
    [connect_account(bot, account) for bot, account in zip(bots, accounts, strict=True)]
    with django_assert_num_queries(2):
        found = account_ids_by_bot(bots)
    assert found == {bot.id: [account.id] for bot, account in zip(bots, accounts, strict=True)}


def test_an_account_of_somebody_else_cannot_join_a_traders_bots_group(
    tom, mallory, account, account_of, bot_of, group_of
):
    bot, group = bot_of(tom), group_of(account)
    connect_group(bot, group)
    with pytest.raises(NotTheOwners):
        add_accounts(group, [account_of(mallory).id])
    assert (traded(bot), GroupMember.objects.count()) == ([account.id], 1)

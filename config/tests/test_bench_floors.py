"""The floors of `make bench` are honest: by hand they leave the very rows that the road leaves."""

import pytest

from accounts.models import TradingAccount
from accounts.selectors.ledger import reconcile
from config.bench.desks import make_bot, make_owner, open_accounts
from config.bench.floors import least, named_by_the_least
from config.bench.hands import hands
from config.bench.main_job import BUY, alert, down_the_road, twins
from config.bench.recording import changes, copied, record, snapshot

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("still_market", "no_slippage"),
    pytest.mark.parametrize("way", [0, -1], ids=["first way", "last way"]),
]

ACCOUNTS = 3


@pytest.fixture
def hand(way):
    """A bare connection, by the first or the last of this database's ways to write."""
    with hands() as ways:
        yield list(ways.values())[way]


@pytest.fixture
def traded(hand):
    """What one alert on three accounts wrote: its recording, all of it as one commit, and the accounts."""
    owner = make_owner()
    accounts = open_accounts(owner, ACCOUNTS)
    bot = make_bot(owner, accounts)
    before = snapshot(hand.read)
    recording = record(lambda: down_the_road(*alert(bot, BUY)), read=hand.read)
    return recording, changes(before, snapshot(hand.read)), accounts


def sizes(commit):
    return {(change.table, change.key is None): len(change.rows) for change in commit}


def rows(commit):
    """Cells by table, whatever their order."""
    return {(change.table, change.columns): sorted(map(repr, change.rows)) for change in commit}


def test_the_floor_leaves_exactly_the_rows_of_the_road(traded, hand):
    recording, whole, accounts = traded
    standing_for = twins(accounts[0].owner, accounts)
    [*commits, expected] = copied([*recording.commits, whole], standing_for)
    before = snapshot(hand.read)
    hand.play(hand.script(commits))
    assert rows(changes(before, snapshot(hand.read))) == rows(expected)


def test_the_books_of_the_floor_reconcile(traded, hand):
    recording, _, accounts = traded
    standing_for = twins(accounts[0].owner, accounts)
    hand.play(hand.script(copied(recording.commits, standing_for)))
    copies = TradingAccount.objects.filter(pk__in=standing_for.values())
    assert {(account.balance < 10_000, reconcile(account).difference) for account in copies} == {(True, 0)}


def test_the_recording_knows_each_commit_of_the_road(traded):
    recording, whole, _ = traded
    assert len(recording.commits) > 3
    assert sizes(whole)['"trading_order"', True] == ACCOUNTS
    assert sum('"trading_order"' in {change.table for change in commit} for commit in recording.commits) == 1


def test_the_least_is_one_commit_of_orders_fills_ledger_and_balances(traded, hand):
    recording, _, accounts = traded
    commits = copied(recording.commits, twins(accounts[0].owner, accounts))
    before = snapshot(hand.read)
    hand.play(hand.script([named_by_the_least(commits), least(commits)]))
    left = sizes(changes(before, snapshot(hand.read)))
    assert set(left.values()) == {1, ACCOUNTS}
    assert {table for table, _ in left if left[table, _] == ACCOUNTS} == {
        '"accounts_tradingaccount"',
        '"accounts_transfer"',
        '"trading_fill"',
        '"trading_order"',
        '"trading_position"',
    }

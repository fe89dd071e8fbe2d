"""What a share shows: of an account everything, of a bot or a group what was done in its name, and nothing else."""

import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from bots.services.connections import connect_account, connect_group, disconnect_group
from conftest import NOW
from groups.services.membership import remove_account
from market.models import Instrument
from trading.decisions import IntentSide
from trading.intents import Intent
from trading.models import Fill, Order, OrderSide, Position, SignalSource
from trading.services.orders import OrderRequest, place_order
from trading.services.signals import open_signal, run_signal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

SCOPES = ("account", "group", "bot")


@pytest.fixture
def send(btcusdt):
    """Buy 0.1 BTC in somebody's name: `send([account], bot_id=…)`."""

    def run(accounts, *, side=IntentSide.BUY, source=SignalSource.ALERT, **names):
        signal = open_signal(
            signal_id=uuid.uuid4(),
            source=source,
            intent=Intent(side=side, size="0.1", leverage=5),
            instrument=btcusdt,
            account_ids=[account.id for account in accounts],
            received_at=NOW,
            **names,
        )
        return run_signal(signal.id, clock=lambda: NOW)

    return run


@pytest.fixture
def ether():
    """Buy ether by hand: `ether(account)`."""

    def buy(account):
        instrument = Instrument.objects.get(symbol="ETHUSDT")
        request = OrderRequest(instrument=instrument, side=OrderSide.BUY, quantity=Decimal(1), leverage=5)
        return place_order(account, request=request, clock=lambda: NOW)

    return buy


class Desk:
    """Tom's accounts: a bot bought BTC on `member` through a group, on `direct` by itself; he bought ether on both."""

    def __init__(self, member, direct, group, bot):
        self.member, self.direct, self.group, self.bot, self.account = member, direct, group, bot, member


@pytest.fixture
def desk(tom, account_of, bot_of, group_of, send, ether):
    member, direct = account_of(tom, name="Member"), account_of(tom, name="Direct")
    made = Desk(member, direct, group_of(member), bot_of(tom))
    connect_group(made.bot, made.group)
    connect_account(made.bot, direct)
    made.signal = send([member, direct], bot_id=made.bot.id, user_id=tom.id)
    made.own = [ether(member), ether(direct)]
    return made


@pytest.fixture
def shown(desk):
    """Share something of the desk: `shown(vic, "bot")`."""

    def share(user, scope_type):
        return Share.objects.create(user=user, scope_type=scope_type, scope_id=getattr(desk, scope_type).id)

    return share


def seen_by(user):
    """Return what a user sees as account name and symbol: orders, fills, positions."""
    sets = (Order.objects.visible_to(user), Fill.objects.visible_to(user), Position.objects.visible_to(user))
    return [sorted(rows.values_list("account__name", "instrument__symbol")) for rows in sets]


WITHIN = {
    "account": [("Member", "BTCUSDT"), ("Member", "ETHUSDT")],
    "group": [("Member", "BTCUSDT")],
    "bot": [("Direct", "BTCUSDT"), ("Member", "BTCUSDT")],
}


@pytest.mark.parametrize("scope_type", SCOPES)
@pytest.mark.parametrize("who", ["vic", "eve", "mallory"])
def test_a_share_shows_what_was_done_within_it(desk, shown, request, who, scope_type):
    user = request.getfixturevalue(who)
    assert seen_by(user) == [[], [], []]
    shown(user, scope_type)
    assert seen_by(user) == [WITHIN[scope_type]] * 3


@pytest.mark.parametrize(("scope_type", "names"), [("account", 1), ("group", 1), ("bot", 2)])
def test_a_share_shows_the_signal_with_its_outcomes(desk, shown, vic, client_of, scope_type, names):
    address = f"/api/v1/signals/{desk.signal.id}"
    api = client_of(vic)
    assert api.get(address).status_code == 404
    shown(vic, scope_type)
    assert len(api.get(address).json()["results"]) == names
    assert api.get("/api/v1/signals").json()["total"] == 1


@pytest.mark.parametrize("scope_type", ["group", "bot"])
def test_of_the_account_itself_it_shows_nothing(desk, shown, vic, client_of, scope_type):
    shown(vic, scope_type)
    api, address = client_of(vic), f"/api/v1/accounts/{desk.member.id}"
    assert [api.get(f"{address}{rest}").status_code for rest in ("", "/ledger", "/reconcile")] == [404] * 3
    assert api.get("/api/v1/accounts").json()["total"] == 0


@pytest.mark.parametrize("kind", ["orders", "positions"])
@pytest.mark.parametrize(("scope_type", "total"), [("account", 2), ("group", 1), ("bot", 1)])
def test_below_a_members_path_stands_what_may_be_seen(desk, shown, vic, client_of, kind, scope_type, total):
    api, address = client_of(vic), f"/api/v1/accounts/{desk.member.id}/{kind}"
    assert api.get(address).status_code == 404
    shown(vic, scope_type)
    rows = api.get(address).json()
    assert (rows["total"], api.get(f"{address}/{rows['items'][-1]['id']}").status_code) == (total, 200)


def test_the_path_of_an_account_that_is_no_member_is_a_404(desk, shown, vic, client_of):
    shown(vic, "group")
    assert client_of(vic).get(f"/api/v1/accounts/{desk.direct.id}/orders").status_code == 404


def test_the_owners_own_trades_are_not_found(desk, shown, vic, client_of):
    shown(vic, "bot")
    api, order = client_of(vic), desk.own[0]
    position = Position.objects.get(account=desk.member, instrument=order.instrument)
    addresses = [f"/api/v1/orders/{order.id}", f"/api/v1/accounts/{desk.member.id}/positions/{position.id}"]
    assert [api.get(address).status_code for address in addresses] == [404, 404]


def test_a_group_shows_what_was_traded_in_its_own_name(desk, shown, vic, send, tom):
    shown(vic, "group")
    before = Order.objects.visible_to(vic).count()
    names = {"group_id": desk.group.id, "user_id": tom.id}
    send([desk.member], side=IntentSide.CLOSE, source=SignalSource.GROUP_TRADE, **names)
    assert Order.objects.visible_to(vic).count() == before + 1


def test_a_group_of_another_bot_shows_nothing_of_this_one(desk, vic, group_of, account_of, tom):
    other = group_of(desk.direct, name="Other")
    Share.objects.create(user=vic, scope_type="group", scope_id=other.id)
    assert seen_by(vic) == [[], [], []]


@pytest.mark.parametrize("leave", ["account", "bot"])
def test_who_leaves_a_group_is_not_shown_by_it_any_more(desk, shown, vic, leave):
    shown(vic, "group")
    ways = {
        "account": lambda: remove_account(desk.group, desk.member.id),
        "bot": lambda: disconnect_group(desk.bot, desk.group.id),
    }
    ways[leave]()
    assert seen_by(vic) == [[], [], []]


@pytest.mark.parametrize("scope_type", SCOPES)
def test_a_share_that_is_taken_back_shows_nothing(desk, shown, vic, scope_type):
    shown(vic, scope_type).delete()
    assert seen_by(vic) == [[], [], []]


@pytest.mark.parametrize("scope_type", SCOPES)
def test_a_share_lets_nobody_change_anything(desk, shown, mallory, scope_type):
    shown(mallory, scope_type)
    models = (type(desk.member), type(desk.group), type(desk.bot), Order, Position, Fill)
    assert [model.objects.all().writable_by(mallory).count() for model in models] == [0] * len(models)


def statements(api, address):
    with CaptureQueriesContext(connection) as queries:
        assert api.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("path", ["orders", "signals", "accounts", "bots", "groups", "webhook/deliveries"])
def test_the_statements_of_a_list_do_not_grow_with_the_shares(
    desk, shown, vic, client_of, send, tom, account_of, bot_of, group_of, path
):
    for scope_type in SCOPES:
        shown(vic, scope_type)
    api, address = client_of(vic), f"/api/v1/{path}"
    few = statements(api, address)
    for number in range(5):
        account = account_of(tom, name=str(number))
        group, bot = group_of(account, name=f"Group {number}"), bot_of(tom, name=f"Bot {number}")
        connect_group(bot, group)
        send([account], bot_id=bot.id, user_id=tom.id)
        rows = [("account", account), ("group", group), ("bot", bot)]
        Share.objects.bulk_create([Share(user=vic, scope_type=kind, scope_id=row.id) for kind, row in rows])
    assert statements(api, address) == few

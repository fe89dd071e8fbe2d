"""Halting and resuming over HTTP: everything by admins, their own by traders; what must not fill is cancelled."""

import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from bots.services.bots import create_bot
from bots.services.connections import connect_account
from conftest import NOW
from core.errors import AppError
from groups.services.membership import create_group
from trading.models import Order, OrderType, Position, Switch
from trading.services.risk.monitor import watch

HALT, RESUME = "/api/v1/trading/halt", "/api/v1/trading/resume"
SCOPES = ["system", "user", "account", "bot", "group", "symbol"]
FIELDS = {"scope_type", "scope_id", "state", "flattening", "reason", "changed_at", "cancelled_orders"}

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def bot(tom, account):
    bot = create_bot(owner=tom, name="Trend", symbol="BTCUSDT", config={})
    connect_account(bot, account)
    return bot


@pytest.fixture
def scopes(ada, tom, account, bot, btcusdt):
    group = create_group(name="Desk", created_by=ada, accounts=[account])
    ids = {"user": tom.pk, "account": account.pk, "bot": bot.pk, "group": group.pk, "symbol": btcusdt.pk}
    return {"system": None} | {name: str(pk) for name, pk in ids.items()}


@pytest.fixture
def rest(account, order_of, bot):
    """Let an order rest below the market: `rest()`, `rest(bot_id=None)`."""

    def place(**asked):
        asked = {"order_type": OrderType.LIMIT, "price": Decimal(40000), "bot_id": bot.id, **asked}
        return order_of(account, "buy", "0.01", **asked)

    return place


def status_of(order):
    return Order.objects.get(pk=order.pk).status


@pytest.mark.parametrize("scope", SCOPES)
def test_an_admin_halts_and_resumes_every_scope(ada, client_of, account, order_of, bot, scopes, scope):
    api, body = client_of(ada), {"scope_type": scope.upper(), "scope_id": scopes[scope], "reason": "Fire."}
    told = api.post(HALT, body).json()
    assert (told.keys(), told["state"], told["reason"]) == (FIELDS, "halted", "Fire.")
    with pytest.raises(AppError, match="halted"):
        order_of(account, "buy", "0.1", bot_id=bot.id)
    assert api.post(RESUME, {**body, "reason": ""}).json()["state"] == "active"
    assert order_of(account, "buy", "0.1", bot_id=bot.id).status == "filled"


@pytest.mark.parametrize("address", [HALT, RESUME])
@pytest.mark.parametrize(
    ("scope", "status"),
    [("user", 200), ("account", 200), ("bot", 200), ("group", 404), ("system", 403), ("symbol", 403)],
)
def test_a_trader_turns_what_is_theirs(tom, client_of, scopes, address, scope, status):
    told = client_of(tom).post(address, {"scope_type": scope, "scope_id": scopes[scope]})
    assert (told.status_code, Switch.objects.count()) == (status, int(status == 200))


@pytest.mark.parametrize("address", [HALT, RESUME])
@pytest.mark.parametrize("scope", ["user", "account", "bot", "group"])
def test_what_is_anothers_is_not_there(mallory, client_of, scopes, address, scope):
    told = client_of(mallory).post(address, {"scope_type": scope, "scope_id": scopes[scope]})
    assert (told.status_code, Switch.objects.count()) == (404, 0)


@pytest.mark.parametrize("who", ["vic", "mallory"])
def test_what_is_only_shown_is_not_halted(request, ada, client_of, account, who):
    person = request.getfixturevalue(who)
    Share.objects.create(user=person, scope_type="account", scope_id=account.pk, created_by=ada)
    told = client_of(person).post(HALT, {"scope_type": "account", "scope_id": str(account.pk)})
    assert (told.status_code, Switch.objects.count()) == (403, 0)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_halt_cancels_what_works(ada, client_of, rest, scopes, scope):
    order = rest()
    told = client_of(ada).post(HALT, {"scope_type": scope, "scope_id": scopes[scope], "reason": "Fire."}).json()
    assert (told["cancelled_orders"], status_of(order)) == (1, "cancelled")


def test_a_halted_bot_loses_its_own_orders_only(tom, client_of, rest, scopes):
    its, mine = rest(), rest(bot_id=None)
    client_of(tom).post(HALT, {"scope_type": "bot", "scope_id": scopes["bot"]})
    assert (status_of(its), status_of(mine)) == ("cancelled", "pending")


def test_orders_that_protect_stay(tom, client_of, rest, scopes):
    order = rest()
    Order.objects.update(origin="stop_loss")
    told = client_of(tom).post(HALT, {"scope_type": "account", "scope_id": scopes["account"]}).json()
    assert (told["cancelled_orders"], status_of(order)) == (0, "pending")


def test_orders_of_others_stay(ada, mallory, client_of, account_of, order_of, rest, scopes):
    other = order_of(account_of(mallory), "buy", "0.01", order_type=OrderType.LIMIT, price=Decimal(40000))
    rest()
    for scope in ("user", "account", "group", "bot"):
        client_of(ada).post(HALT, {"scope_type": scope, "scope_id": scopes[scope]})
    assert status_of(other) == "pending"


def test_reducing_lets_reduce_and_keeps_orders_that_only_can(tom, client_of, account, order_of, rest, scopes):
    order_of(account, "buy", "0.2")
    exits = order_of(account, "sell", "0.1", order_type=OrderType.LIMIT, price=Decimal(60000), reduce_only=True)
    entry = rest()
    body = {"scope_type": "account", "scope_id": scopes["account"], "state": "REDUCING"}
    assert client_of(tom).post(HALT, body).json()["state"] == "reducing"
    assert (status_of(exits), status_of(entry)) == ("pending", "cancelled")
    assert order_of(account, "sell", "0.1").status == "filled"


@pytest.mark.parametrize("state", ["halted", "reducing"])
def test_flatten_closes_all_and_ends_halted(tom, client_of, account, order_of, scopes, state):
    order_of(account, "buy", "0.2")
    body = {"scope_type": "account", "scope_id": scopes["account"], "state": state, "flatten": True}
    told = client_of(tom).post(HALT, body).json()
    assert (told["state"], told["flattening"]) == (state, True)
    watch(clock=lambda: NOW)
    assert (Position.objects.open().count(), Order.objects.filter(origin="flatten").count()) == (0, 1)
    assert Switch.objects.values_list("state", "flattening").get() == ("halted", False)


def test_flatten_asks_a_worker_at_once(
    tom, client_of, account, scopes, monkeypatch, django_capture_on_commit_callbacks
):
    asked = []
    monkeypatch.setattr("trading.api.risk.nudge_flatten", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        client_of(tom).post(HALT, {"scope_type": "account", "scope_id": scopes["account"], "flatten": True})
    assert asked == [Switch.objects.get().pk]


def test_a_second_halt_does_not_stop_the_flattening_and_a_resume_does(tom, client_of, scopes):
    api, body = client_of(tom), {"scope_type": "account", "scope_id": scopes["account"]}
    api.post(HALT, {**body, "flatten": True})
    assert api.post(HALT, body).json()["flattening"] is True
    assert api.post(RESUME, body).json()["flattening"] is False


@pytest.mark.parametrize("address", [HALT, RESUME])
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scope_id": None}, "scope_id"),
        ({"scope_type": "system"}, "scope_id"),
        ({"scope_type": "planet"}, "scope_type"),
        ({"reason": "x" * 301}, "reason"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(ada, client_of, scopes, address, changes, field):
    told = client_of(ada).post(address, {"scope_type": "account", "scope_id": scopes["account"], **changes})
    assert (told.status_code, list(told.json()["errors"]), Switch.objects.count()) == (422, [field], 0)


def test_a_symbol_is_halted_by_its_name_and_resumed(ada, client_of, btcusdt):
    scope = {"scope_type": "symbol", "symbol": "btc/usdt"}
    answer = client_of(ada).post("/api/v1/trading/halt", scope).json()
    assert (answer["scope_id"], answer["state"]) == (str(btcusdt.pk), "halted")
    assert client_of(ada).post("/api/v1/trading/resume", scope).json()["state"] == "active"


def test_a_symbol_of_another_scope_is_refused(ada, client_of):
    answer = client_of(ada).post("/api/v1/trading/halt", {"scope_type": "system", "symbol": "BTCUSDT"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["symbol"])


@pytest.mark.parametrize("state", ["active", "resting", ""])
def test_a_halt_is_halted_or_reducing(tom, client_of, scopes, state):
    told = client_of(tom).post(HALT, {"scope_type": "account", "scope_id": scopes["account"], "state": state})
    assert (told.status_code, list(told.json()["errors"])) == (422, ["state"])


def test_the_same_key_halts_once(tom, client_of, scopes):
    api, body = client_of(tom), {"scope_type": "account", "scope_id": scopes["account"]}
    first = api.post(HALT, body, headers={"Idempotency-Key": "k"})
    api.post(RESUME, body)
    again = api.post(HALT, body, headers={"Idempotency-Key": "k"})
    assert (again.json(), Switch.objects.get().state) == (first.json(), "active")


def test_nothing_has_this_id(ada, client_of):
    for scope in ("user", "account", "group", "bot", "symbol"):
        told = client_of(ada).post(HALT, {"scope_type": scope, "scope_id": str(uuid.uuid4())})
        assert (told.status_code, Switch.objects.count()) == (404, 0)


@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_turned_is_told_to_whom_it_covers(ada, tom, client_of, scopes, scope):
    turned = client_of(ada).post(HALT, {"scope_type": scope, "scope_id": scopes[scope], "reason": "Fire."}).json()
    del turned["cancelled_orders"]
    assert client_of(tom).get(HALT).json() == {"items": [turned], "total": 1, "limit": 50, "offset": 0}
    client_of(ada).post(RESUME, {"scope_type": scope, "scope_id": scopes[scope]})
    assert client_of(tom).get(HALT).json()["items"] == []


@pytest.mark.parametrize("scope", ["user", "account", "bot", "group"])
def test_what_covers_somebody_else_is_not_told(ada, mallory, client_of, scopes, scope):
    client_of(ada).post(HALT, {"scope_type": scope, "scope_id": scopes[scope]})
    assert client_of(mallory).get(HALT).json()["total"] == 0


def test_what_is_turned_is_read_in_as_many_statements_whatever_there_is(ada, tom, client_of, account_of):
    asked = []
    for _ in range(2):
        client_of(ada).post(HALT, {"scope_type": "account", "scope_id": str(account_of(tom).pk)})
        api = client_of(tom)
        with CaptureQueriesContext(connection) as queries:
            asked.append(api.get(HALT).json()["total"])
        asked.append(len(queries))
    assert asked == [1, asked[1], 2, asked[1]]
